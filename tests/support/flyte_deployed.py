"""Deploys the tasks below as `flyte deploy` does: flyte_deployed.py HOST:PORT VERSION

The working directory is that of this file.
"""

import sys
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Optional

import flyte
from flyte.io import File

env = flyte.TaskEnvironment(
    "model",
    secrets=[flyte.Secret("my_secret", as_env_var="MY_SECRET")],
    # A trace that is recorded before its watch is open is not reported, and would be waited for.
    env_vars={"_F_TRACE_COMPLETION_TIMEOUT": "1"},
)
VERSION = sys.argv[2] if len(sys.argv) > 2 else ""


class Colour(Enum):
    RED = "red"
    GREEN = "green"


@dataclass
class Record:
    name: str
    n: int = 1


# The control plane here checks the keys of cached results.
CACHE = flyte.Cache("override", version_override="v1")


@env.task(cache=CACHE)
async def score(rows: list[int], factor: float = 0.5, note: Optional[str] = None) -> float:
    """Scores rows.

    Args:
        rows: The rows.
        factor: What the sum is multiplied with.
    """
    if note == "fail":
        raise ValueError("there is nothing to score")
    return sum(rows) * factor


@env.task
async def show(
    when: datetime,
    wait: timedelta,
    colour: Colour,
    record: Record,
    table: dict[str, int],
    flag: bool,
    either: int | str,
    perhaps: int | None,
) -> str:
    return f"{when.isoformat()} {wait} {colour.value} {record} {table} {flag} {either!r} {perhaps}"


@env.task
async def split(text: str) -> tuple[str, int]:
    return text.upper(), len(text)


@env.task(cache=CACHE)
async def variants(
    number: int | float, colour: str | Colour, perhaps: Optional[Colour], when: Optional[date], records: list[Optional[Record]]
) -> str:
    return f"{number!r} {colour!r} {perhaps} {when} {records}"


@env.task
async def needs_nothing(note: Optional[str]) -> str:
    return f"{note!r}"


@env.task
async def record(name: str) -> Record:
    return Record(name, 2)


@flyte.trace
async def charge() -> int:
    return 5


@env.task
async def traced() -> int:
    return await charge()


@env.task
async def size(data: File) -> int:
    async with data.open("rb") as content:
        return len(await content.read())


# The path is one of the pod, not of the caller.
@env.task
async def named(data: File = File.from_existing_remote("/etc/hostname")) -> str:
    return data.path


if __name__ == "__main__":
    flyte.init(
        endpoint=f"dns:///{sys.argv[1]}",
        insecure=True,
        project="flytesnacks",
        domain="development",
        root_dir=Path(__file__).parent,
    )
    flyte.deploy(env, version=VERSION)

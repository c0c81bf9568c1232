"""Decodes and encodes literals with the official SDK: one JSON question and answer per line."""

import asyncio
import datetime
import enum
import json
import sys
from dataclasses import dataclass
from typing import Optional

from flyte.io import Dir, File
from flyte.types import TypeEngine
from flyteidl2.core.literals_pb2 import Literal


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


@dataclass
class Inner:
    n: int


@dataclass
class Record:
    a: int
    b: str
    flag: bool
    ratio: float
    when: datetime.datetime
    day: datetime.date
    took: datetime.timedelta
    xs: list[int]
    m: dict[str, float]
    inner: Inner
    c: Optional[float] = None
    o: Optional[Inner] = None


TYPES = {
    "integer": int,
    "float": float,
    "boolean": bool,
    "string": str,
    "datetime": datetime.datetime,
    "date": datetime.date,
    "duration": datetime.timedelta,
    "list": list[int],
    "lists": list[list[str]],
    "map": dict[str, int],
    "object": dict,
    "enum": Colour,
    "file": File,
    "dir": Dir,
    "list of files": list[File],
    "optional file": Optional[File],
    "optional integer": Optional[int],
    "optional list": Optional[list[str]],
    "struct": Record,
    "optional struct": Optional[Record],
    "list of structs": list[Inner],
}


async def answer(question):
    python_type = TYPES[question["type"]]
    literal_type = TypeEngine.to_literal_type(python_type)
    literal = Literal.FromString(bytes.fromhex(question["literal"]))
    value = await TypeEngine.to_python_value(literal, python_type)
    again = await TypeEngine.to_literal(value, python_type, literal_type)
    return {
        "literal_type": literal_type.SerializeToString(deterministic=True).hex(),
        "literal": again.SerializeToString(deterministic=True).hex(),
        "value": repr(value),
    }


async def main():
    for line in sys.stdin:
        print(json.dumps(await answer(json.loads(line))))


asyncio.run(main())

"""Serializes tasks with the official SDK, and decodes those of sealkit: one JSON question and answer per line.

The tasks are those of `specs.rs`, written as a user of the official SDK writes them.
"""

import asyncio
import datetime
import enum
import json
import pathlib
import sys
from dataclasses import dataclass
from typing import NamedTuple, Optional

import flyte
from flyte._deploy import _update_interface_inputs_and_outputs_docstring
from flyte._internal.runtime.convert import convert_upload_default_inputs
from flyte._internal.runtime.task_serde import translate_task_to_wire
from flyte._internal.runtime.trigger_serde import to_task_trigger
from flyte.io import Dir, File
from flyte.models import SerializationContext
from flyteidl2.task.task_definition_pb2 import TaskSpec, TaskTrigger
from google.protobuf.json_format import MessageToDict

SECOND = datetime.timedelta(seconds=1)
MOUNT = pathlib.Path("/etc/flyte/secrets")


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
    when: datetime.datetime
    took: datetime.timedelta
    xs: list[float]
    m: dict[str, float]
    inner: Inner
    o: Optional[Inner] = None


TASKS = {}


def task(secrets=None, environment={}, **options):
    """Declares a task with its own secrets and settings: `env.task` takes those of the environment."""

    def register(function):
        TASKS[function.__name__] = (function, secrets, environment, options)

    return register


@task()
def nothing() -> None: ...


@task(secrets=flyte.Secret("k"))
def secret_in_environment() -> None: ...


@task(secrets=flyte.Secret("x", group="g-h"))
def secret_of_group() -> None: ...


@task(secrets=flyte.Secret("k", mount=MOUNT))
def secret_in_file() -> None: ...


@task(secrets=flyte.Secret("k", group="g", mount=MOUNT))
def secret_of_group_in_file() -> None: ...


@task(secrets=flyte.Secret("my-key", as_env_var="HF_TOKEN"))
def secret_in_named_variable() -> None: ...


@task(
    secrets=[
        flyte.Secret("z", mount=MOUNT),
        flyte.Secret("a-b"),
        flyte.Secret("c", group="g", as_env_var="MINE"),
        "k",
    ]
)
def secrets_of_all_kinds() -> None: ...


@task(retries=3, timeout=90)
def limited() -> None: ...


@task(
    retries=flyte.RetryStrategy(count=5, backoff=flyte.Backoff(base=SECOND, factor=2.0, cap=300 * SECOND)),
    timeout=flyte.Timeout(max_runtime=30, max_queued_time=60, deadline=3600),
)
def limited_in_every_way() -> None: ...


@task(retries=flyte.RetryStrategy(count=2, backoff=flyte.Backoff(base=1.5 * SECOND)), timeout=flyte.Timeout(deadline=5))
def limited_with_constant_delays() -> None: ...


@task(timeout=datetime.timedelta(milliseconds=1500))
def limited_to_a_fraction() -> None: ...


@task()
def inputs_of_simple_kinds(
    number: int,
    ratio: float,
    flag: bool,
    text: str,
    when: datetime.datetime,
    took: datetime.timedelta,
) -> None: ...


@task()
def inputs_of_other_kinds(
    list: list[int],
    lists: list[list[str]],
    map: dict[str, int],
    colour: Colour,
    perhaps: Optional[int] = None,
    perhaps_list: Optional[list[str]] = None,
) -> None: ...


@task()
def inputs_of_large_kinds(
    record: Record,
    records: list[Inner],
    file: File,
    dir: Dir,
    perhaps_record: Optional[Record] = None,
) -> Record: ...


@task()
def inputs_with_defaults(
    number: int = 3,
    ratio: float = 0.5,
    text: str = "all",
    list: list[int] = [1, 2],
    record: Inner = Inner(n=4),
    perhaps: Optional[int] = 5,
    colour: Colour = Colour.GREEN,
) -> None:
    """
    Args:
        number: How many.
    """


@task(
    environment={"env_vars": {"LEVEL": "info"}, "resources": flyte.Resources(cpu=("1", "2"), memory=("1Gi", "2Gi"))},
    service_account="reader",
    interruptible=True,
)
def configured() -> None: ...


@task(
    secrets=[flyte.Secret("k"), flyte.Secret("own")],
    environment={
        "env_vars": {"MODE": "fast", "LEVEL": "debug"},
        "resources": flyte.Resources(cpu=2, gpu="A100:2", disk="10Gi"),
        "service_account": "shared",
        "interruptible": True,
    },
)
def configured_by_its_environment() -> None: ...


@task(environment={"resources": flyte.Resources(gpu=flyte.GPU("A100", 1, "1g.5gb"))})
def with_a_part_of_a_gpu() -> None: ...


@task(environment={"resources": flyte.Resources(gpu=flyte.TPU("V5E", "2x2"))})
def with_a_tpu() -> None: ...


@task(cache=flyte.Cache("override", version_override="v1"))
def cached() -> None: ...


@task(
    cache=flyte.Cache(
        "override",
        version_override="v2",
        ignored_inputs=("b",),
        max_age=datetime.timedelta(hours=1),
        serialize=True,
    )
)
def cached_in_every_way(a: int, b: int) -> int: ...


@task(cache="auto")
def cached_automatically() -> None: ...


@task(triggers=flyte.Trigger("schedule", flyte.Cron("0 9 * * 1-5", timezone="Europe/Paris")))
def scheduled(x: int = 4, y: str = "b") -> int: ...


@task(
    triggers=(
        flyte.Trigger("daily", flyte.Cron("@daily"), auto_activate=False),
        flyte.Trigger("often", flyte.FixedRate(360, start_time=datetime.datetime(2026, 1, 1, 9, 30))),
        flyte.Trigger("quarterly", flyte.FixedRate(15)),
    )
)
def scheduled_in_every_way() -> None: ...


@task(
    triggers=(
        flyte.Trigger(
            "schedule", flyte.Cron("0 9 * * 1-5", timezone="Europe/Paris"), inputs={"start": flyte.TriggerTime}
        ),
        flyte.Trigger("often", flyte.FixedRate(15), inputs={"start": flyte.TriggerTime}),
    )
)
def scheduled_with_its_time(start: datetime.datetime, x: int = 7) -> None: ...


@task()
def output_tuple() -> tuple[int, str, Optional[list[float]]]: ...


class Split(NamedTuple):
    rows: int
    file: File


@task()
def output_named(file: File) -> Split: ...


@task()
def output_number() -> int: ...


@task()
def output_perhaps() -> Optional[str]: ...


@task()
def output_map(map: dict[str, list[float]]) -> dict[str, list[float]]: ...


@task()
def output_colour(colour: Colour) -> Colour: ...


@task()
def output_file(file: File) -> File: ...


@task()
def output_dir(dir: Dir) -> Dir: ...


def fields(spec):
    return MessageToDict(spec, preserving_proto_field_name=True)


def read(data):
    spec = TaskSpec.FromString(data)
    known = TaskSpec.FromString(data)
    known.DiscardUnknownFields()
    assert known.ByteSize() == spec.ByteSize(), "fields that the official package does not know"
    return spec


def official(question):
    function, secrets, environment, options = TASKS[question["task"]]
    # A list is a request and a limit.
    resources = {k: tuple(v) if isinstance(v, list) else v for k, v in question["resources"].items()}
    env = flyte.TaskEnvironment(
        name="specs",
        image=flyte.Image.from_base(question["image"]),
        secrets=secrets,
        **{"env_vars": dict(question["environment"]), "resources": flyte.Resources(**resources), **environment},
    )
    task = env.task(function, **options)
    context = SerializationContext(
        org=question["org"],
        project=question["project"],
        domain=question["domain"],
        version=question["version"],
        root_dir=pathlib.Path(__file__).parent,
    )
    defaults = asyncio.run(convert_upload_default_inputs(task.interface))
    spec = translate_task_to_wire(task, context, default_inputs=defaults)
    # As `flyte deploy` does.
    interface = spec.task_template.interface
    interface.CopyFrom(_update_interface_inputs_and_outputs_docstring(interface, task.native_interface))
    inputs = spec.task_template.interface.inputs
    triggers = [asyncio.run(to_task_trigger(one, task.name, inputs, defaults)) for one in task.triggers]
    return spec, triggers


for line in sys.stdin:
    question = json.loads(line)
    ours = fields(read(bytes.fromhex(question["spec"])))
    ours["triggers"] = [fields(TaskTrigger.FromString(bytes.fromhex(one))) for one in question["triggers"]]
    spec, triggers = official(question)
    theirs = fields(read(spec.SerializeToString()))
    theirs["triggers"] = [fields(one) for one in triggers]
    print(json.dumps({"ours": ours, "theirs": theirs}))

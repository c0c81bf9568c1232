"""The arguments and the environment of pods."""

import re
from dataclasses import dataclass
from datetime import datetime

from flyteidl2.common.identifier_pb2 import ActionIdentifier
from flyteidl2.core.literals_pb2 import Literal
from flyteidl2.core.tasks_pb2 import TaskTemplate
from flyteidl2.task.common_pb2 import Inputs

TEMPLATE = re.compile(r"\{\{\s*[.$](?P<name>\w+)(?:\.(?P<input>\w+))?\s*\}\}")
# The first runtime version that gets the start time of a run.
SUPPORTS_START_TIME = (2, 3, 6)


@dataclass(frozen=True)
class Paths:
    """The URIs of an attempt."""

    input: str
    output: str
    previous_output: str | None


def fill(text: str, paths: Paths, template: TaskTemplate, started: datetime, inputs: Inputs) -> str:
    """Replaces templates by their values. Templates that Flyte does not know are kept."""
    values = {
        "input": paths.input,
        "inputprefix": paths.input.rpartition("/")[0],
        "outputprefix": paths.output,
        "rawoutputdataprefix": paths.output,
        "checkpointoutputprefix": f"{paths.output}/_flytecheckpoints",
        "prevcheckpointprefix": f"{paths.previous_output}/_flytecheckpoints" if paths.previous_output else '""',
        "namespace": "flyte",
    }
    if version(template.metadata.runtime.version) >= SUPPORTS_START_TIME:
        values["runstarttime"] = started.strftime("%Y-%m-%dT%H:%M:%SZ")
    literals = {literal.name: literal.value for literal in inputs.literals}

    def value(match: re.Match[str]) -> str:
        name, argument = match["name"].lower(), match["input"]
        if argument is not None:
            return render(literals[argument]) if name == "inputs" and argument in literals else match[0]
        return values.get(name, match[0])

    return TEMPLATE.sub(value, text)


def version(text: str) -> tuple[int, ...]:
    """Parses a version, or returns an empty tuple."""
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(part) for part in match.groups()) if match else ()


def render(literal: Literal) -> str:
    """Renders an input as text."""
    primitive = literal.scalar.primitive
    member = primitive.WhichOneof("value")
    if member is None:
        return literal.scalar.blob.uri
    value = getattr(primitive, member)
    return value.ToJsonString() if member in ("datetime", "duration") else str(value)


def environment(id: ActionIdentifier, template: TaskTemplate, attempt: int, run_base: str) -> dict[str, str]:
    """Returns the variables that the backend sets in every pod."""
    run, task = id.run, template.id
    variables = {
        "RUN_NAME": run.name,
        "ACTION_NAME": id.name,
        "FLYTE_ATTEMPT_NUMBER": str(attempt),
        "FLYTE_INTERNAL_EXECUTION_ID": run.name,
        "FLYTE_INTERNAL_EXECUTION_PROJECT": run.project,
        "FLYTE_INTERNAL_EXECUTION_DOMAIN": run.domain,
        "_U_RUN_BASE": run_base,
        "_U_ORG_NAME": "local",
        "_F_PN": f"{run.name}-{id.name}-{attempt}",
    }
    for prefix in ("FLYTE_INTERNAL_TASK", "FLYTE_INTERNAL"):
        for name in ("project", "domain", "name", "version"):
            variables[f"{prefix}_{name.upper()}"] = getattr(task, name)
    return variables

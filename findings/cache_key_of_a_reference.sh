#!/usr/bin/env bash
# flyte 2.12.1: a cached task that another task calls as a function, and the same deployed task called by its name with
# `flyte.remote.Task.get`. One would expect one cache key: task, version and inputs are equal. The keys differ as soon as the docstring
# describes an input. `flyte deploy` writes that text into the interface of the deployed task, a call of the function does not, and the
# interface is part of the key. Without the `Args:` of the docstring the keys are equal.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install --quiet --disable-pip-version-check flyte==2.12.1

cat >"$directory/tasks.py" <<'PYTHON'
import flyte

env = flyte.TaskEnvironment("e", cache=flyte.Cache("override", version_override="v1"))


@env.task
async def described(n: int) -> int:
    """Doubles a number.

    Args:
        n: The number.
    """
    return 2 * n


@env.task
async def undescribed(n: int) -> int:
    """Doubles a number."""
    return 2 * n
PYTHON

cat >"$directory/keys.py" <<'PYTHON'
from flyte._deploy import _update_interface_inputs_and_outputs_docstring as describe
from flyte._internal.runtime.convert import generate_cache_key_hash
from flyte.extras import serialize
from flyteidl2.task.common_pb2 import Inputs

import tasks

for task in tasks.described, tasks.undescribed:
    # As a pod makes the interface of a task that it calls as a function, and as `flyte deploy` sends it.
    called = serialize(task).task_template.interface
    deployed = describe(called, task.native_interface)
    keys = [generate_cache_key_hash(task.name, "inputs", of, "v1", [], Inputs()) for of in (called, deployed)]
    print(task.name, "one key" if keys[0] == keys[1] else "two keys")
PYTHON

found=$(cd "$directory" && venv/bin/python keys.py)
printf '%s\n' "$found"
[[ $found == $'e.described two keys\ne.undescribed one key' ]]

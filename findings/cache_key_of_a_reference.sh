#!/usr/bin/env bash
# flyte 2.12.1: the description of an input is a part of the cache key. One would expect that a docstring changes no key. The key has a
# hash of the interface, and one step of `flyte deploy` writes the `Args:` of the docstring into the interface that it sends. A task that
# is called as a function is sent without this step: with `Args:` in its docstring, its key differs from that of the deployed interface,
# which a call through `flyte.remote.Task.get` uses. Run here are that step and the function that makes keys, not the two calls.
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

#!/usr/bin/env bash
# flyte 2.12.1 with protobuf 7.36.2: the cache key of a task depends on the implementation of protobuf, for ordinary dataclasses. One would
# expect that `SerializeToString(deterministic=True)`, from which the key is made, has one result for one message. The JSON schema of a
# dataclass is in the interface as a map by field name, and the implementations sort a key and a longer one that begins with it the other
# way round: `n` before `name` in pure Python, `name` before `n` in upb, the default. Where wheels with upb are missing, or
# PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION is set, the same call has another key. A dataclass without such names has one key.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install --quiet --disable-pip-version-check flyte==2.12.1 protobuf==7.36.2

cat >"$directory/tasks.py" <<'PYTHON'
from dataclasses import dataclass

import flyte

env = flyte.TaskEnvironment("e", cache=flyte.Cache("override", version_override="v1"))


@dataclass
class Prefixed:
    n: int
    name: str


@dataclass
class Others:
    count: int
    name: str


@env.task
async def prefixed(record: Prefixed) -> int:
    return record.n


@env.task
async def others(record: Others) -> int:
    return record.count
PYTHON

cat >"$directory/keys.py" <<'PYTHON'
from flyte._internal.runtime.convert import generate_cache_key_hash
from flyte.extras import serialize
from flyteidl2.task.common_pb2 import Inputs
from google.protobuf.internal import api_implementation

import tasks

print(api_implementation.Type())
for task in tasks.prefixed, tasks.others:
    interface = serialize(task).task_template.interface
    print(task.name, generate_cache_key_hash(task.name, "inputs", interface, "v1", [], Inputs()))
PYTHON

keys() {
    (cd "$directory" && PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=$1 venv/bin/python keys.py)
}
key() {
    grep "^e\.$1 " <<<"$2"
}
upb=$(keys upb)
python=$(keys python)
printf '%s\n' "$upb" "$python"
prefixed=("$(key prefixed "$upb")" "$(key prefixed "$python")")
others=("$(key others "$upb")" "$(key others "$python")")
[[ $(head -n 1 <<<"$upb") == upb && $(head -n 1 <<<"$python") == python ]]
[[ -n ${prefixed[0]} && -n ${prefixed[1]} && "${prefixed[0]}" != "${prefixed[1]}" ]]
[[ -n ${others[0]} && "${others[0]}" == "${others[1]}" ]]

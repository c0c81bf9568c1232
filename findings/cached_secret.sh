#!/usr/bin/env bash
# flyte 2.12.1: a cached task that requests a secret. One would expect that a new value of the secret is a new call. The key of a cached
# result is made of the name, the interface, the inputs and the version of the cache, and not of the secret: the result of the old value
# is returned until the version changes. `cache="auto"` makes the version of the code, which does not change either.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install --quiet --disable-pip-version-check flyte==2.12.1

cat >"$directory/tasks.py" <<'PYTHON'
import os

import flyte

env = flyte.TaskEnvironment("e", secrets=[flyte.Secret("my_secret", as_env_var="MY_SECRET")])


@env.task(cache="auto")
async def length(n: int) -> int:
    print("the task runs")
    return len(os.environ["MY_SECRET"])
PYTHON

run() {
    env -C "$directory" HOME="$directory" MY_SECRET="$1" venv/bin/flyte run --local tasks.py length --n 1 2>&1 |
        grep --only-matching --extended-regexp 'the task runs|o0=[0-9]+' | paste --serial --delimiters ' '
}

first=$(run short)
second=$(run much-longer)
printf 'a secret of 5 bytes:  %s\na secret of 11 bytes: %s\n' "$first" "$second"
[[ $first == "the task runs o0=5" ]]
[[ $second == "o0=5" ]]

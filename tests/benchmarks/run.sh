#!/usr/bin/env bash
# What running a task as a pod costs, beside starting the program alone and beside flytekit:
#
#     bash tests/benchmarks/run.sh
#
# Everything is built before, and in a home that is thrown away. It needs hyperfine (apt-get install hyperfine). flytekit is
# compared with if TEST_PYTHON names a Python that has it.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v hyperfine >/dev/null || {
    echo "this needs hyperfine: apt-get install hyperfine" >&2
    exit 1
}
echo "building" >&2
cargo build --quiet --release --package sealkit-cli
cargo build --quiet --release --package examples --bin using_secrets
cargo build --quiet --release --package tests --bin pods
sealkit=$PWD/target/release/sealkit
program=$PWD/target/release/using_secrets
pods=$PWD/target/release/pods

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export HOME=$scratch
unset XDG_CONFIG_HOME XDG_DATA_HOME
for secret in my_secret loot token "my_file_secret --group certs"; do
    # One word each, but for the last one.
    # shellcheck disable=SC2086
    printf 'k3Jq-71xT/wPz' | "$sealkit" create secret $secret -f - 2>/dev/null
done

commands=(
    "$program --help"
    "$sealkit run $program t1"
    "$sealkit run $program main"
    "$sealkit run $pods fan_out --width 1000"
)
if [[ -n ${TEST_PYTHON:-} ]]; then
    cat >"$scratch/workflow.py" <<'PYTHON'
from flytekit import Secret, current_context, task

@task(secret_requests=[Secret(group="g", key="my_secret")])
def t1() -> int:
    return len(current_context().secrets.get(group="g", key="my_secret"))
PYTHON
    export _FSEC_G_MY_SECRET=k3Jq-71xT/wPz
    commands+=("$(dirname "$TEST_PYTHON")/pyflyte run $scratch/workflow.py t1")
fi
hyperfine -N --warmup 3 "${commands[@]}"

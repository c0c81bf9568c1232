#!/usr/bin/env bash
# flyte 2.12.1: the entry point `a0` passes the arguments after `--resolver MODULE.CLASS` to the resolver. One would expect all of them
# to arrive. An argument that is also an option of `a0`, such as `--inputs`, is taken out of them, and replaces the option that stands
# before. Only the arguments after `--` arrive as they are.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install --quiet --disable-pip-version-check flyte==2.12.1

cat >"$directory/show.py" <<'PYTHON'
class Resolver:
    def load_task(self, args):
        print("the resolver got:", *args, flush=True)
        raise SystemExit(0)
PYTHON

show() {
    env -C "$directory" RUN_NAME=r ACTION_NAME=a0 FLYTE_INTERNAL_EXECUTION_PROJECT=p FLYTE_INTERNAL_EXECUTION_DOMAIN=d \
        _U_ORG_NAME=o _U_RUN_BASE="$directory" PYTHONPATH="$directory" \
        venv/bin/a0 --inputs first.pb --outputs-path "$directory" --version v --resolver show.Resolver "$@" 2>/dev/null |
        grep "the resolver got" || true
}

without=$(show program --inputs second.pb)
with=$(show -- program --inputs second.pb)
printf 'without --: %s\nwith --:    %s\n' "$without" "$with"
[[ $without == "the resolver got: program" ]]
[[ $with == "the resolver got: program --inputs second.pb" ]]

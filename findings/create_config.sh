#!/usr/bin/env bash
# flyte 2.12.1: `flyte create config --endpoint URL` writes a configuration that differs from the URL. `http://` is dropped, so the
# commands that read the file use TLS, unless `--insecure` is given too. The first label of a host with three labels becomes the
# organization, although only some servers name their organizations so.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install --quiet --disable-pip-version-check flyte==2.12.1

create() {
    "$directory/venv/bin/flyte" create config --endpoint "$1" --force -o "$directory/config.yaml" >/dev/null </dev/null
    printf '%s:\n%s\n' "$1" "$(cat "$directory/config.yaml")"
}

plain=$(create http://flyte.example.com)
short=$(create https://flyte.example)
printf '%s\n%s\n' "$plain" "$short"
grep --quiet "endpoint: dns:///flyte.example.com" <<<"$plain"
! grep --quiet "insecure" <<<"$plain"
grep --quiet "org: flyte" <<<"$plain"
! grep --quiet "org:" <<<"$short"

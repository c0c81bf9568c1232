#!/usr/bin/env bash
# flyte 2.12.1: `FLYTE_IMAGE_REGISTRY` names the registry of images. One would expect it to apply to all images that the SDK names. The
# default image, which has no layers of one's own, keeps its public registry. With one more layer the variable applies.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install --quiet --disable-pip-version-check flyte==2.12.1

names=$(FLYTE_IMAGE_REGISTRY=registry.example.com/team "$directory/venv/bin/python" - <<'PYTHON'
import flyte

image = flyte.Image.from_debian_base()
print("default:  ", image.uri)
print("one layer:", image.with_pip_packages("requests").uri)
PYTHON
)
printf '%s\n' "$names"
grep --quiet "default:   ghcr.io/flyteorg/flyte:" <<<"$names"

"""Runs a pipeline as `flyte run` does, and prints its output: flyte_pipeline.py HOST:PORT FILE TASK NAME=TEXT ...

The working directory is that of the pipeline.
"""

import importlib
import sys
from pathlib import Path

import flyte
import flyte.errors

endpoint, file, task, *inputs = sys.argv[1:]
sys.path.insert(0, ".")
flyte.init(
    endpoint=f"dns:///{endpoint}", insecure=True, project="flytesnacks", domain="development", root_dir=Path.cwd()
)
module = importlib.import_module(Path(file).stem)
run = flyte.run(getattr(module, task), **dict(text.split("=", 1) for text in inputs))
run.wait(quiet=True)
try:
    print(run.outputs()[0])
except RuntimeError:
    print(run.action_details.error_info.message, file=sys.stderr)
    sys.exit(1)

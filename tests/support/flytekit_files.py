"""Prints the types and the literals of files and directories of flytekit as JSON: a list of {"name", "type", "literal"}."""

import json

from flytekit import FlyteContextManager
from flytekit.core.type_engine import TypeEngine
from flytekit.types.directory import FlyteDirectory
from flytekit.types.file import FlyteFile

CASES = {
    "file": (FlyteFile, FlyteFile("s3://bucket/rows.csv", remote_path=False)),
    "csv file": (FlyteFile["csv"], FlyteFile["csv"]("s3://bucket/rows.csv", remote_path=False)),
    "directory": (FlyteDirectory, FlyteDirectory("s3://bucket/images", remote_directory=False)),
    "jpg directory": (FlyteDirectory["jpg"], FlyteDirectory["jpg"]("s3://bucket/images", remote_directory=False)),
}

answers = []
context = FlyteContextManager.current_context()
for name, (python_type, value) in CASES.items():
    literal_type = TypeEngine.to_literal_type(python_type)
    literal = TypeEngine.to_literal(context, value, python_type, literal_type)
    type_bytes, literal_bytes = (m.to_flyte_idl().SerializeToString(deterministic=True).hex() for m in (literal_type, literal))
    answers.append({"name": name, "type": type_bytes, "literal": literal_bytes})
print(json.dumps(answers))

"""Reads secrets with flytekit's SecretsManager: one JSON question and answer per line."""

import json
import os
import sys

from flytekit.configuration import SecretsConfig
from flytekit.core.context_manager import ExecutionState, FlyteContextManager, SecretsManager


def outcome(look, encode):
    try:
        return {"ok": encode(look())}
    except Exception as error:
        return {"error": type(error).__name__}


def as_hex(value):
    if isinstance(value, bytes):
        return value.hex()
    return value.encode("utf-8", "surrogateescape").hex()


def answer(question):
    os.environ.clear()
    for name, value in question["environment"]:
        os.environb[name.encode()] = bytes.fromhex(value)
    secrets = SecretsManager(SecretsConfig.auto())
    names = {part: question[part] for part in ("group", "key", "group_version")}
    return {
        "text": outcome(lambda: secrets.get(**names), as_hex),
        "bytes": outcome(lambda: secrets.get(**names, encode_mode="rb"), as_hex),
        "file": outcome(lambda: secrets.get_secrets_file(**names), str),
        "variable": outcome(lambda: secrets.get_secrets_env_var(**names), str),
    }


def main():
    for line in sys.stdin:
        question = json.loads(line)
        mode = ExecutionState.Mode.TASK_EXECUTION if question["pod"] else ExecutionState.Mode.LOCAL_TASK_EXECUTION
        context = FlyteContextManager.current_context()
        execution = context.new_execution_state().with_params(mode=mode)
        with FlyteContextManager.with_context(context.with_execution_state(execution)):
            print(json.dumps(answer(question)))


main()

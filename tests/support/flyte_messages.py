"""Decodes and encodes messages with the official classes: one JSON question and answer per line."""

import importlib
import json
import sys

from google.protobuf.json_format import MessageToDict

for line in sys.stdin:
    question = json.loads(line)
    module, name = question["message"].rsplit(".", 1)
    message = getattr(importlib.import_module(f"flyteidl2.{module}_pb2"), name).FromString(
        bytes.fromhex(question["bytes"])
    )
    print(
        json.dumps(
            {
                "bytes": message.SerializeToString(deterministic=True).hex(),
                "fields": MessageToDict(message, preserving_proto_field_name=True),
            }
        )
    )

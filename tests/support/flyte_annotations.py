"""Converts the secret requests of a task to the annotations of its pod: one JSON question and answer per line.

An annotation is the text form of the message in base32, with the backend's own alphabet and without padding.
A question is the bytes of a request, or of a whole task as `{"task_spec": …}`.
"""

import base64
import json
import sys

from flyteidl2.core.security_pb2 import Secret
from flyteidl2.task.task_definition_pb2 import TaskSpec
from google.protobuf import text_format

OFFICIAL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567="
BACKEND = b"abcdefghijklmnopqrstuvwxyz123456"



def annotation(secret):
    text = text_format.MessageToString(secret)
    encoded = base64.b32encode(text.encode()).rstrip(b"=").translate(bytes.maketrans(OFFICIAL[:32], BACKEND))
    return {"text": text, "annotation": encoded.decode()}


def answer(question):
    if isinstance(question, str):
        return annotation(Secret.FromString(bytes.fromhex(question)))
    template = TaskSpec.FromString(bytes.fromhex(question["task_spec"])).task_template
    secrets = enumerate(template.security_context.secrets)
    return {f"flyte.secrets/s{i}": annotation(secret) for i, secret in secrets}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))

"""Writes secret requests as the annotations of a pod: a JSON question and answer a line.

An annotation is the text form of the message in base32, with the backend's own alphabet and without padding.
"""

import base64
import json
import sys

from flyteidl2.core.security_pb2 import Secret
from google.protobuf import text_format

OFFICIAL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567="
BACKEND = b"abcdefghijklmnopqrstuvwxyz123456"

for line in sys.stdin:
    secret = Secret.FromString(bytes.fromhex(json.loads(line)))
    text = text_format.MessageToString(secret)
    encoded = base64.b32encode(text.encode()).rstrip(b"=").translate(bytes.maketrans(OFFICIAL[:32], BACKEND))
    print(json.dumps({"text": text, "annotation": encoded.decode()}))

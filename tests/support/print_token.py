"""Prints a token, like an external authentication command.

    print_token.py CA_PEM TOKEN_ENDPOINT CLIENT SECRET_FILE
"""

import base64
import json
import ssl
import sys
import urllib.parse
import urllib.request
from pathlib import Path

_, ca, endpoint, client, secret = sys.argv
quoted = urllib.parse.quote_plus(Path(secret).read_text().strip())
basic = base64.b64encode(f"{client}:{quoted}".encode()).decode()
request = urllib.request.Request(
    endpoint, data=b"grant_type=client_credentials", headers={"Authorization": f"Basic {basic}"}
)
print(json.load(urllib.request.urlopen(request, context=ssl.create_default_context(cafile=ca)))["access_token"])

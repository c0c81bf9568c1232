"""A token server for the registry of Docker, which exits at the end of standard input.

    token_server.py CERTIFICATE USER PASSWORD

Writes the certificate that its tokens are verified with, and prints its port. The user gets a token for every requested scope,
with the password or with the identity token `identity-PASSWORD`; others get a token without access.
"""

import base64
import json
import secrets
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

CERTIFICATE, USER, PASSWORD = sys.argv[1:]

key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
now = datetime.now(timezone.utc)
certificate = (
    x509.CertificateBuilder()
    .subject_name(name)
    .issuer_name(name)
    .public_key(key.public_key())
    .serial_number(x509.random_serial_number())
    .not_valid_before(now - timedelta(hours=1))
    .not_valid_after(now + timedelta(days=2))
    .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    .sign(key, hashes.SHA256())
)
Path(CERTIFICATE).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def encode(content: bytes) -> str:
    """Encodes a part of a token."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def token(service: str, scopes: list[str]) -> str:
    """Returns a token with access to `TYPE:NAME:ACTION,ACTION` for each scope."""
    chain = base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
    parts = [scope.split(":") for scope in scopes]
    access = [{"type": kind, "name": name, "actions": actions.split(",")} for kind, name, actions in parts]
    start = int(time.time()) - 60
    claims = {"iss": "tests", "sub": USER, "aud": service, "nbf": start, "iat": start, "exp": start + 3600}
    claims |= {"jti": secrets.token_hex(8), "access": access}
    header = {"typ": "JWT", "alg": "RS256", "x5c": [chain]}
    signed = f"{encode(json.dumps(header).encode())}.{encode(json.dumps(claims).encode())}"
    return f"{signed}.{encode(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


class Handler(BaseHTTPRequestHandler):
    """Answers requests for tokens."""

    def do_GET(self) -> None:
        """Authenticates with a user name and a password."""
        basic = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        authorization = self.headers.get("Authorization")
        if authorization not in (None, basic):
            self.send_error(401)
            return
        self.answer(parse_qs(urlsplit(self.path).query), authorization == basic)

    def do_POST(self) -> None:
        """Authenticates with an identity token."""
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        known = form.get("grant_type") == ["refresh_token"] and form.get("refresh_token") == [f"identity-{PASSWORD}"]
        if not known or "client_id" not in form:
            self.send_error(401)
            return
        # The specification separates scopes by spaces here.
        self.answer(form | {"scope": form["scope"][0].split(" ")}, True)

    def answer(self, question: dict[str, list[str]], is_user: bool) -> None:
        """Sends a token."""
        made = token(question["service"][0], question["scope"] if is_user else [])
        body = json.dumps({"access_token": made}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Prints nothing."""


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()

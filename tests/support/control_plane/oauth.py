"""An authorization server: client credentials, PKCE, the device flow and refreshing."""

import base64
import hashlib
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode

from connectrpc.code import Code
from connectrpc.errors import ConnectError

from faults import Record
from web import Receive, Scope, Send, answer, answer_json, headers_of, read_body

CLIENT_ID = "robot"
# Contains characters that a client must quote, but no colon: that is the separator in an API key.
CLIENT_SECRET = "s3cret/with+odd &chars=%"
PUBLIC_CLIENT_ID = "sealkit-test"
SCOPES = ["all", "offline"]
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass
class Tokens:
    """The valid tokens, and the number of issued tokens by grant type."""

    header: str = "authorization"
    life: float = 3600
    access: dict[str, float] = field(default_factory=dict)
    refresh: set[str] = field(default_factory=set)
    issued: Counter[str] = field(default_factory=Counter)

    def issue(self, grant: str) -> dict[str, Any]:
        """Issues an access token, and a refresh token after a login of a user."""
        self.issued[grant] += 1
        token = f"access-{secrets.token_urlsafe(24)}"
        self.access[token] = time.monotonic() + self.life
        response = {"access_token": token, "token_type": "Bearer", "expires_in": int(self.life)}
        if grant != "client_credentials":
            response["refresh_token"] = f"refresh-{secrets.token_urlsafe(24)}"
            self.refresh.add(response["refresh_token"])
        return response

    def check(self, headers: dict[str, str]) -> None:
        """Raises UNAUTHENTICATED if a request has no valid token."""
        scheme, _, token = headers.get(self.header, "").partition(" ")
        if scheme.lower() != "bearer" or self.access.get(token, 0) < time.monotonic():
            raise ConnectError(Code.UNAUTHENTICATED, "token is missing, unknown or expired")

    def expire(self, refresh: bool = False) -> None:
        """Revokes all access tokens, and optionally the refresh tokens."""
        self.access.clear()
        if refresh:
            self.refresh.clear()


class OAuthError(Exception):
    """An error code of OAuth."""


@dataclass
class OAuth:
    """The HTTP endpoints under `/oauth2`."""

    tokens: Tokens
    record: Record
    redirect_uri: str
    interval: int = 1
    device_answers: list[str] = field(default_factory=lambda: ["authorization_pending"] * 2 + ["slow_down"])
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    devices: dict[str, list[str]] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = scope["path"].rpartition("/")[2]
        text = scope["query_string"] if endpoint == "authorize" else await read_body(receive)
        form = {name: values[0] for name, values in parse_qs(text.decode(), keep_blank_values=True).items()}
        headers = headers_of(scope)
        self.record.append({"service": "oauth2", "method": endpoint, "headers": headers, "request": form})
        try:
            if endpoint == "authorize":
                await answer(send, 302, headers={"location": self.authorize(form)})
            elif endpoint == "device_authorization":
                address = f"{scope['scheme']}://{headers['host']}"
                await answer_json(send, self.device(form, address))
            elif endpoint == "token":
                await answer_json(send, self.token(form, headers))
            else:
                await answer(send, 404)
        except OAuthError as error:
            await answer_json(send, {"error": str(error)}, 401 if str(error) == "invalid_client" else 400)

    def authorize(self, form: dict[str, str]) -> str:
        """Approves a login, and returns the redirect URI with its code."""
        if form.get("client_id") != PUBLIC_CLIENT_ID or form.get("redirect_uri") != self.redirect_uri:
            raise OAuthError("invalid_client")
        if form.get("response_type") != "code" or form.get("code_challenge_method") != "S256":
            raise OAuthError("invalid_request")
        code = secrets.token_urlsafe(16)
        self.codes[code] = form
        return f"{self.redirect_uri}?{urlencode({'code': code, 'state': form.get('state', '')})}"

    def device(self, form: dict[str, str], address: str) -> dict[str, Any]:
        """Starts a device flow, which succeeds after its configured answers."""
        if form.get("client_id") != PUBLIC_CLIENT_ID:
            raise OAuthError("invalid_client")
        code = secrets.token_urlsafe(16)
        self.devices[code] = list(self.device_answers)
        return {
            "device_code": code,
            "user_code": "SEAL-KIT1",
            "verification_uri": f"{address}/activate",
            "verification_uri_complete": f"{address}/activate?user_code=SEAL-KIT1",
            "expires_in": 600,
            "interval": self.interval,
        }

    def token(self, form: dict[str, str], headers: dict[str, str]) -> dict[str, Any]:
        """Issues a token for a grant."""
        grant = form.get("grant_type", "")
        if grant == "client_credentials":
            if credentials(headers) != (CLIENT_ID, CLIENT_SECRET):
                raise OAuthError("invalid_client")
        elif form.get("client_id") != PUBLIC_CLIENT_ID:
            raise OAuthError("invalid_client")
        elif grant == "authorization_code":
            self.redeem(form)
        elif grant == "refresh_token":
            if form.get("refresh_token") not in self.tokens.refresh:
                raise OAuthError("invalid_grant")
            self.tokens.refresh.remove(form["refresh_token"])
        elif grant == DEVICE:
            if form.get("device_code") not in self.devices:
                raise OAuthError("expired_token")
            if answers := self.devices[form["device_code"]]:
                raise OAuthError(answers.pop(0))
            del self.devices[form["device_code"]]
        else:
            raise OAuthError("unsupported_grant_type")
        return self.tokens.issue("device_code" if grant == DEVICE else grant)

    def redeem(self, form: dict[str, str]) -> None:
        """Redeems a code, and checks its verifier and redirect URI."""
        request = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if request is None or request["redirect_uri"] != form.get("redirect_uri"):
            raise OAuthError("invalid_grant")
        if request.get("code_challenge") != challenge:
            raise OAuthError("invalid_grant")


def credentials(headers: dict[str, str]) -> tuple[str, str] | None:
    """Returns the client id and the secret of basic authentication."""
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme != "Basic":
        return None
    client, _, secret = base64.b64decode(encoded).decode().partition(":")
    return client, unquote_plus(secret)

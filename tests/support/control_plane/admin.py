"""The HTTP API for tests: recorded requests, faults and stored data.

    GET    /requests            all requests since the start or the last DELETE, one JSON object per line
    DELETE /requests
    POST   /faults              a JSON object with the fields of `faults.Fault`, or a list of them
    DELETE /faults
    GET    /secrets             all secrets with their values in hexadecimal, one JSON object per line
    PUT    /secrets             `{"names": [NAME, ...]}`, creates global secrets with the same value
    DELETE /secrets
    GET    /pods                arguments, environment and exit code of all processes, one JSON object per line
    GET    /tokens              the number of issued tokens by grant type
    POST   /tokens/expire       revokes all access tokens; with `{"refresh": true}` also the refresh tokens
    POST   /oauth               `{"life": SECONDS, "interval": SECONDS, "device_answers": [ERROR, ...]}`, all optional
    POST   /reset               deletes requests, faults and secrets
    GET    /uploads             the URIs of all uploads, one per line
    PUT    /upload?...          a signed URL of CreateUploadLocation; faults of the method `PUT` apply
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import parse_qs

from google.protobuf.timestamp_pb2 import Timestamp

from backend import Backend
from faults import Faults, Record
from oauth import OAuth
from secret_service import Stored
from uploads import Rejected, Uploads
from web import Receive, Scope, Send, answer, answer_json, headers_of, lifespan, read_body


@dataclass
class Admin:
    """Handles the requests of tests."""

    record: Record
    faults: Faults
    backend: Backend
    oauth: OAuth | None
    uploads: Uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await lifespan(receive, send)
        body = await read_body(receive)
        try:
            match scope["method"], scope["path"]:
                case "GET", "/requests":
                    await answer_lines(send, self.record)
                case "GET", "/secrets":
                    await answer_lines(send, self.secrets())
                case "GET", "/pods":
                    await answer_lines(send, map(asdict, self.backend.pods))
                case "GET", "/uploads":
                    await answer_lines(send, self.uploads.received)
                case "PUT", "/upload":
                    await self.upload(scope, body, send)
                case "GET", "/tokens":
                    await answer_json(send, self.oauth.tokens.issued if self.oauth else {})
                case _:
                    self.change(scope, body)
                    await answer(send, 204)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            await answer(send, 400, f"{type(error).__name__}: {error}\n".encode())
        except LookupError:
            await answer(send, 404, b"no such endpoint\n")

    def change(self, scope: Scope, body: bytes) -> None:
        """Handles requests without a response body."""
        match scope["method"], scope["path"]:
            case "POST", "/faults":
                self.faults.add(json.loads(body))
            case "DELETE", "/requests":
                self.record.clear()
            case "DELETE", "/faults":
                self.faults.faults.clear()
            case "PUT", "/secrets":
                for name in json.loads(body)["names"]:
                    self.backend.secrets.stored["", "", name] = Stored(b"value", "string", 0, Timestamp())
            case "DELETE", "/secrets":
                self.backend.secrets.stored.clear()
            case "POST", "/reset":
                for data in (self.record, self.faults.faults, self.backend.secrets.stored):
                    data.clear()
            case "POST", "/tokens/expire":
                self.oauth.tokens.expire(**json.loads(body or b"{}"))
            case "POST", "/oauth":
                for name, value in json.loads(body).items():
                    setattr(self.oauth.tokens if name == "life" else self.oauth, name, value)
            case _:
                raise LookupError

    async def upload(self, scope: Scope, body: bytes, send: Send) -> None:
        """Stores an uploaded object."""
        fault = self.faults.take("PUT")
        if fault.http:
            return await answer(send, fault.http, fault.body.encode(), "application/xml")
        try:
            self.uploads.put(parse_qs(scope["query_string"].decode()), headers_of(scope), body)
        except Rejected as error:
            return await answer(send, error.status, error.body, "application/xml")
        await answer(send, 200)

    def secrets(self) -> list[dict[str, Any]]:
        """Returns all secrets with their values."""
        return [
            {"project": project, "domain": domain, "name": name, "kind": secret.kind, "hex": secret.value.hex()}
            for (project, domain, name), secret in sorted(self.backend.secrets.stored.items())
        ]


async def answer_lines(send: Send, values: Iterable[Any]) -> None:
    """Sends one JSON object per line."""
    await answer(send, 200, b"".join(json.dumps(value).encode() + b"\n" for value in values), "application/jsonl")

"""The SecretServices of Flyte 2 and of Union, which share their secrets."""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

from connectrpc.code import Code
from connectrpc.errors import ConnectError
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from rpc import Call, Handler

CLUSTER = "flyte-devbox"
LARGEST = 1 << 20
ESCAPES = ["\x1b[31mred\x1b[0m", "bell\x07", "new\r\nline", "\x1b]0;title\x07", "\u202ereversed", "x" * 100_000]


@dataclass
class Stored:
    """A stored secret."""

    value: bytes
    kind: str
    type: int
    created: Timestamp


@dataclass
class Secrets:
    """All secrets by project, domain and name."""

    stored: dict[tuple[str, str, str], Stored] = field(default_factory=dict)

    def find(self, project: str, domain: str, name: str) -> bytes | None:
        """Returns the value for a pod: of its project, its domain or its organization, in this order."""
        for scope in ((project, domain), ("", domain), ("", "")):
            if (*scope, name) in self.stored:
                return self.stored[(*scope, name)].value
        return None

    def handlers(self) -> dict[str, Handler]:
        """Returns the methods of both services."""
        return {
            "CreateSecret": self.create,
            "UpdateSecret": self.update,
            "GetSecret": self.get,
            "DeleteSecret": self.delete,
            "ListSecrets": self.list,
        }

    def existing(self, id: Any) -> tuple[tuple[str, str, str], Stored]:
        """Returns a secret, or raises NOT_FOUND."""
        key = key_of(id)
        if key not in self.stored:
            raise ConnectError(Code.NOT_FOUND, f"secret {id.name} not found")
        return key, self.stored[key]

    async def create(self, request: Any, call: Call) -> Message:
        key = key_of(request.id)
        if not re.fullmatch(r"[-._a-zA-Z0-9]+", request.id.name):
            raise ConnectError(Code.INTERNAL, f"Secret is invalid: data[{request.id.name}]: Invalid value")
        if key in self.stored:
            raise ConnectError(Code.ALREADY_EXISTS, f'secrets "{request.id.name}" already exists')
        value, kind = value_of(request.secret_spec)
        created = Timestamp()
        created.GetCurrentTime()
        self.stored[key] = Stored(value, kind, request.secret_spec.type, created)
        return call.output()

    async def update(self, request: Any, call: Call) -> Message:
        _, secret = self.existing(request.id)
        secret.value, secret.kind = value_of(request.secret_spec)
        return call.output()

    async def get(self, request: Any, call: Call) -> Message:
        _, secret = self.existing(request.id)
        return call.output(secret={"id": request.id, "secret_metadata": metadata(secret, call)})

    async def delete(self, request: Any, call: Call) -> Message:
        key, _ = self.existing(request.id)
        del self.stored[key]
        return call.output()

    async def list(self, request: Any, call: Call) -> Message:
        scope_of(request)
        if call.fault.hostile:
            return hostile(call)
        keys = [key for key in sorted(self.stored, key=object_name) if within(key, request)]
        union = call.service.startswith("cloudidl.")
        token = request.per_cluster_tokens.get(CLUSTER, "") if union else request.token
        start = int(base64.urlsafe_b64decode(token)) if token else 0
        end = start + request.limit if request.limit else len(keys)
        following = base64.urlsafe_b64encode(b"%d" % end).decode() if end < len(keys) else ""
        secrets = [
            {
                "id": {"project": project, "domain": domain, "name": name},
                "secret_metadata": metadata(self.stored[project, domain, name], call),
            }
            for project, domain, name in keys[start:end]
        ]
        if union:
            return call.output(secrets=secrets, per_cluster_tokens={CLUSTER: following})
        return call.output(secrets=secrets, token=following)


def scope_of(id: Any) -> tuple[str, str]:
    """Returns the project and the domain of a request. A project requires a domain."""
    if id.project and not id.domain:
        message = "project-scoped secrets must also specify a domain"
        raise ConnectError(Code.INVALID_ARGUMENT, f'{message}, got project="{id.project}" domain=""')
    return id.project, id.domain


def key_of(id: Any) -> tuple[str, str, str]:
    """Returns the key of a secret."""
    return (*scope_of(id), id.name)


def object_name(key: tuple[str, str, str]) -> str:
    """Returns the name of the Kubernetes object of a secret. Lists are in the order of these names."""
    project, domain, name = key
    return hashlib.md5(f"u__org__flyte__domain__{domain}__project__{project}__key__{name}".encode()).hexdigest()


def within(key: tuple[str, str, str], request: Any) -> bool:
    """Returns whether a list of a scope contains a secret. The list of a domain includes its projects."""
    project, domain, _ = key
    return request.domain in ("", domain) and request.project in ("", project)


def value_of(spec: Any) -> tuple[bytes, str]:
    """Returns the bytes of a value, and the name of its field."""
    match spec.WhichOneof("value"):
        case "string_value":
            value = spec.string_value.encode()
        case "binary_value":
            value = spec.binary_value
        case _:
            raise ConnectError(Code.INVALID_ARGUMENT, "string or binary value expected, got <nil>")
    if len(value) > LARGEST:
        raise ConnectError(Code.INTERNAL, f"Secret is invalid: data: Too long: must have at most {LARGEST} bytes")
    return value, spec.WhichOneof("value").removesuffix("_value")


def metadata(secret: Stored, call: Call) -> dict[str, Any]:
    """Returns the metadata of a secret. Only Union returns the type."""
    return {
        "created_time": secret.created,
        "secret_status": {
            "overall_status": "FULLY_PRESENT",
            "cluster_status": [{"cluster": {"name": CLUSTER}, "presence_status": "PRESENT"}],
        },
        "type": secret.type if call.service.startswith("cloudidl.") else 0,
    }


def hostile(call: Call) -> Message:
    """Returns a hostile response."""
    if call.fault.hostile == "endless":
        secrets = [{"id": {"name": "again"}}]
        return call.output(secrets=secrets, token="again", per_cluster_tokens={CLUSTER: "again"})
    names = ESCAPES
    if call.fault.hostile == "million":
        names = [f"name-{number}" for number in range(1_000_000)]
    return call.output(secrets=[{"id": {"name": name}} for name in names])

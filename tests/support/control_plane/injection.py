"""The injection of secrets into pods, as the embedded secret manager of Flyte does it."""

import base64
from collections.abc import Iterable
from pathlib import Path

from flyteidl2.core.security_pb2 import Secret
from google.protobuf import text_format

from kubernetes import check_lengths
from secret_service import Secrets

PREFIX = "_UNION_"


class NotAdmitted(Exception):
    """The rejection of a pod by the webhook."""


def inject(requests: Iterable[Secret], secrets: Secrets, scope: tuple[str, str], directory: Path) -> dict[str, str]:
    """Writes the secret files of a pod, and returns its variables."""
    variables: dict[str, str] = {}
    files = ""
    for request in requests:
        value = secrets.find(*scope, request.key) if request.key else None
        if value is None:
            raise not_admitted(request)
        if request.mount_requirement == Secret.FILE:
            directory.mkdir(parents=True, exist_ok=True)
            (directory / request.key).write_bytes(value)
            variables["FLYTE_SECRETS_DEFAULT_DIR"] = str(directory)
            variables["FLYTE_SECRETS_FILE_PREFIX"] = ""
            if request.env_var and not files:
                variables[request.env_var] = str(directory / request.key.lower())
            files += f"{request.key}={base64.b64encode(value).decode()}\n"
        else:
            try:
                variables[request.env_var or PREFIX + request.key.upper()] = value.decode()
            except UnicodeDecodeError:
                raise not_admitted(request) from None
            variables["FLYTE_SECRETS_ENV_PREFIX"] = PREFIX
    # An init container gets all files in one variable.
    check_lengths([f"SECRETS={files}"])
    return variables


def not_admitted(request: Secret) -> NotAdmitted:
    """Returns the message of the webhook for a missing secret. It contains the request and no value."""
    text = text_format.MessageToString(request, as_one_line=True).replace(": ", ":")
    return NotAdmitted(
        'admission webhook "flyte-pod-webhook.flyte.org" denied the request: '
        f"none of the secret managers injected secret [{text}]: "
        f"failed to inject secret [{text}] using any of the enabled secret managers: [Global Embedded]. "
        "Possible reasons: the secret cannot be found or an internal error occurred"
    )

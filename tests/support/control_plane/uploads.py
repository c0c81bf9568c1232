"""Uploads: locations in the object store, and signed URLs for them.

Keys, headers and errors are those of Flyte 2. An object is found again only if it was uploaded with the signed headers.
"""

import base64
import hashlib
import posixpath
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from connectrpc.code import Code
from connectrpc.errors import ConnectError

from directory import require_project
from storage import Storage

LARGEST = 100 << 20
LONGEST_SECONDS = 3600


class Rejected(Exception):
    """The object store rejects an upload."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()


@dataclass
class Uploads:
    """The locations below `uploads`. `url` is the base of signed URLs."""

    storage: Storage
    url: str
    digests: dict[str, bytes] = field(default_factory=dict)
    """The digests in the metadata of objects."""
    received: list[str] = field(default_factory=list)
    """The URIs of all uploads."""

    def locate(self, request: Any) -> dict[str, Any]:
        """Returns the fields of a CreateUploadLocationResponse."""
        require_project(request.project, request.domain)
        if not request.filename_root and not request.content_md5:
            raise ConnectError(Code.INVALID_ARGUMENT, "either filename_root or content_md5 must be provided")
        if request.content_length > LARGEST:
            message = f"content_length ({request.content_length} bytes) exceeds maximum allowed size of {LARGEST} bytes"
            raise ConnectError(Code.INVALID_ARGUMENT, message)
        if request.expires_in.seconds > LONGEST_SECONDS:
            raise ConnectError(Code.INVALID_ARGUMENT, f"expires_in exceeds maximum allowed duration of {LONGEST_SECONDS} s")
        root = request.filename_root or base64.b32encode(request.content_md5).decode()
        path = posixpath.normpath(posixpath.join("uploads", request.project, request.domain, root, request.filename))
        uri = f"{self.storage.root}/{quote(path, safe='/:$&+,;=@') if self.storage.s3 else path}"
        if request.filename_root and self.storage.read(uri) is not None:
            self.check_overwrite(uri, request.content_md5)
        md5 = base64.b64encode(request.content_md5).decode()
        # The length is that of the digest, as in Flyte.
        headers = {"Content-Length": str(len(md5)), "Content-MD5": md5, "x-amz-meta-flyteContentMD5": md5}
        query = urlencode({"uri": uri, "md5": md5, "signature": "c2lnbmF0dXJl"})
        return {
            "signed_url": f"{self.url}/upload?{query}",
            "native_url": uri,
            "headers": headers if request.content_md5 else {},
        }

    def check_overwrite(self, uri: str, md5: bytes) -> None:
        """Rejects a location with another object."""
        if not md5:
            message = f"file already exists at [{uri}]; content_md5 is required to verify safe overwrite"
            raise ConnectError(Code.ALREADY_EXISTS, message)
        if self.digests.get(uri) != md5:
            message = f"file already exists at [{uri}] with different content (hash mismatch)"
            raise ConnectError(Code.ALREADY_EXISTS, message)

    def put(self, query: dict[str, list[str]], headers: dict[str, str], body: bytes) -> None:
        """Stores an object."""
        [uri], [md5] = query["uri"], query.get("md5", [""])
        signed = [headers.get(name, "") for name in ("content-md5", "x-amz-meta-flytecontentmd5")]
        if query.get("signature") != ["c2lnbmF0dXJl"] or signed != [md5, md5]:
            raise Rejected(403, "SignatureDoesNotMatch", "The request signature does not match.")
        if base64.b64decode(md5) != hashlib.md5(body).digest():
            raise Rejected(400, "BadDigest", "The Content-MD5 does not match.")
        self.storage.write(uri, body)
        self.digests[uri] = base64.b64decode(md5)
        self.received.append(uri)

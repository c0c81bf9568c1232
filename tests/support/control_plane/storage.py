"""The storage of runs: a directory or an S3 bucket."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit


@dataclass
class Storage:
    """The objects below a root, by their URIs. `environment` contains the variables for pods."""

    root: str
    environment: dict[str, str] = field(default_factory=dict)
    s3: Any = None

    def read(self, uri: str) -> bytes | None:
        """Returns the bytes of an object, or None if it does not exist."""
        address = urlsplit(uri)
        if address.scheme == "file":
            path = Path(address.path)
            return path.read_bytes() if path.is_file() else None
        try:
            return self.s3.get_object(Bucket=address.netloc, Key=key_of(address.path))["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return None

    def write(self, uri: str, body: bytes) -> None:
        """Writes an object."""
        address = urlsplit(uri)
        if address.scheme == "file":
            Path(address.path).parent.mkdir(parents=True, exist_ok=True)
            Path(address.path).write_bytes(body)
        else:
            self.s3.put_object(Bucket=address.netloc, Key=key_of(address.path), Body=body)

    def sharded(self, base: str, shard: str) -> str:
        """Inserts a shard into a URI, after the bucket or the directory. The path of an object is encoded, as in Flyte."""
        if not base.startswith(f"{self.root}/"):
            return base.rstrip("/")
        sharded = f"{self.root}/{shard}/{base.removeprefix(self.root).strip('/')}"
        return quote(unquote(sharded), safe="/:$&+,;=@") if self.s3 else sharded


def key_of(path: str) -> str:
    """Returns the decoded key of an object."""
    return unquote(path).strip("/")


def open_storage(place: str) -> Storage:
    """Opens a directory or `s3://BUCKET[/PREFIX]`. Without FLYTE_AWS_ENDPOINT, a local S3 server is started."""
    if not place.startswith("s3://"):
        return Storage(f"file://{Path(place).resolve()}")
    import boto3

    environment = {
        "FLYTE_AWS_ENDPOINT": os.environ.get("FLYTE_AWS_ENDPOINT") or serve_s3(),
        "FLYTE_AWS_ACCESS_KEY_ID": os.environ.get("FLYTE_AWS_ACCESS_KEY_ID", "minio"),
        "FLYTE_AWS_SECRET_ACCESS_KEY": os.environ.get("FLYTE_AWS_SECRET_ACCESS_KEY", "miniostorage"),
    }
    s3 = boto3.client(
        "s3",
        endpoint_url=environment["FLYTE_AWS_ENDPOINT"],
        aws_access_key_id=environment["FLYTE_AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["FLYTE_AWS_SECRET_ACCESS_KEY"],
        region_name="us-east-1",
    )
    s3.create_bucket(Bucket=urlsplit(place).netloc)
    return Storage(place.rstrip("/"), environment, s3)


def serve_s3() -> str:
    """Starts a local S3 server, and returns its address."""
    import logging

    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    return f"http://{host}:{port}"

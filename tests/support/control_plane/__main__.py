"""A small control plane of Flyte 2 and Union, built from the official messages and services.

It prints its addresses as one line of JSON, and exits at the end of its standard input. One port serves gRPC,
gRPC-Web and Connect. Tasks run as local processes. `admin.py` documents the API for tests.
"""

import argparse
import asyncio
import base64
import json
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

from flyteidl2.actions import actions_service_pb2
from flyteidl2.auth import auth_service_pb2
from flyteidl2.cluster import service_pb2 as cluster_service_pb2
from flyteidl2.dataproxy import dataproxy_service_pb2
from flyteidl2.project import project_service_pb2
from flyteidl2.secret import secret_pb2
from flyteidl2.task import task_service_pb2
from flyteidl2.trigger import trigger_service_pb2
from flyteidl2.workflow import run_service_pb2
from flyteidl.service import auth_pb2 as auth_v1_pb2
from google.protobuf.descriptor import FileDescriptor
from hypercorn.asyncio import serve
from hypercorn.config import Config
from union.internal.secret import secret_pb2 as union_secret_pb2

from actions import Actions
from actions_service import Children
from admin import Admin
from backend import Backend
from certificates import write_certificates
from data_proxy import DataProxy
from directory import auth_metadata_handlers, cluster_handlers, project_handlers
from faults import Record, Faults
from front import Front
from oauth import CLIENT_ID, CLIENT_SECRET, PUBLIC_CLIENT_ID, OAuth, Tokens
from rpc import Entry, Handler, Service
from run_service import Runs, Tasks
from run_tree import RunTree
from secret_service import Secrets
from storage import open_storage
from uploads import Uploads
from web import App


def options() -> argparse.Namespace:
    """Parses the command line."""
    parser = argparse.ArgumentParser(prog="control_plane")
    parser.add_argument("--tls", action="store_true", help="serve TLS with a generated certificate")
    parser.add_argument("--auth", action="store_true", help="require a token with every call")
    parser.add_argument("--union1", action="store_true", help="serve the services of Union 1 only")
    parser.add_argument("--strict", action="store_true", help="validate requests by the rules in their messages")
    parser.add_argument("--authorization-key", default="authorization", help="the header of the token")
    parser.add_argument("--token-life", type=float, default=3600, metavar="SECONDS")
    parser.add_argument("--lockstep", action="store_true", help="end a phase only after a client has received it")
    parser.add_argument("--restarts", action="store_true", help="read the outcome of each pod twice, as a new executor")
    parser.add_argument("--relaunch", action="store_true", help="replace failed pods forever, as the real backend")
    parser.add_argument("--slots", type=int, metavar="PODS", help="the number of pods that fit into the cluster")
    parser.add_argument("--page", type=int, default=1000, metavar="ACTIONS", help="the size of snapshots of a run")
    parser.add_argument("--storage", metavar="DIR|s3://BUCKET", help="the storage of inputs and outputs")
    parser.add_argument("--program", action="append", default=[], metavar="IMAGE_PATH=LOCAL_PATH")
    return parser.parse_args()


def listener() -> socket.socket:
    """Returns a socket that listens on a free port."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen()
    return bound


def address_of(bound: socket.socket) -> str:
    """Returns the address of a socket."""
    return f"127.0.0.1:{bound.getsockname()[1]}"


async def serve_on(app: App, bound: socket.socket, tls: list[Path]) -> None:
    """Serves an application until the process exits."""
    config = Config()
    config.bind = [f"fd://{bound.fileno()}"]
    # Tests cause errors on purpose.
    config.loglevel = "CRITICAL"
    config.keep_alive_timeout = 600
    config.h2_max_inbound_frame_size = 1 << 20
    if tls:
        config.certfile, config.keyfile = map(str, tls)
    await serve(app, config, shutdown_trigger=asyncio.Event().wait)


async def main() -> None:
    """Starts all servers, prints their addresses, and waits for the end of standard input."""
    arguments = options()
    directory = Path(tempfile.mkdtemp(prefix="control-plane-"))
    front_socket, admin_socket, callback = listener(), listener(), listener()
    front, admin = address_of(front_socket), f"http://{address_of(admin_socket)}"
    authority, *certificate = write_certificates(directory) if arguments.tls else (None,)
    scheme = "https" if arguments.tls else "http"

    record: Record = []
    faults = Faults()
    tokens = Tokens(arguments.authorization_key, arguments.token_life) if arguments.auth else None
    redirect = f"http://localhost:{callback.getsockname()[1]}/callback"
    callback.close()
    oauth = OAuth(tokens, record, redirect) if tokens else None
    storage = open_storage(arguments.storage or str(directory / "storage"))
    secrets, tasks = Secrets(), Tasks()
    insecure = "false" if arguments.tls else "true"
    pod_variables = {"_U_EP_OVERRIDE": front, "_U_INSECURE": insecure, "_U_USE_ACTIONS": "1"}
    if authority:
        pod_variables["SSL_CERT_FILE"] = str(authority)
    if tokens:
        key = f"{scheme}://{front}:{CLIENT_ID}:{CLIENT_SECRET}:"
        pod_variables["_UNION_EAGER_API_KEY"] = base64.b64encode(key.encode()).decode()
    programs = dict(program.split("=", 1) for program in arguments.program)
    backend = Backend(
        storage,
        secrets,
        Actions(),
        directory / "pods",
        programs,
        pod_variables,
        arguments.lockstep,
        arguments.relaunch,
    )
    backend.rounds = 2 if arguments.restarts else 1
    if arguments.slots:
        backend.slots = asyncio.Semaphore(arguments.slots)
    runs = Runs(backend, tasks).handlers() | RunTree(backend, arguments.page).handlers()

    uploads = Uploads(storage, admin)

    auth_metadata = auth_metadata_handlers(f"{scheme}://{front}", oauth)
    handlers: list[tuple[FileDescriptor, str, dict[str, Handler]]] = [
        (secret_pb2.DESCRIPTOR, "SecretService", secrets.handlers()),
        (union_secret_pb2.DESCRIPTOR, "SecretService", secrets.handlers()),
        (cluster_service_pb2.DESCRIPTOR, "ClusterService", cluster_handlers(scheme)),
        (project_service_pb2.DESCRIPTOR, "ProjectService", project_handlers()),
        (auth_service_pb2.DESCRIPTOR, "AuthMetadataService", auth_metadata),
        (auth_v1_pb2.DESCRIPTOR, "AuthMetadataService", auth_metadata),
        (task_service_pb2.DESCRIPTOR, "TaskService", tasks.handlers()),
        (trigger_service_pb2.DESCRIPTOR, "TriggerService", tasks.triggers.handlers()),
        (run_service_pb2.DESCRIPTOR, "RunService", runs),
        (actions_service_pb2.DESCRIPTOR, "ActionsService", Children(backend, tasks).handlers()),
        (dataproxy_service_pb2.DESCRIPTOR, "DataProxyService", DataProxy(backend, uploads).handlers()),
    ]
    if arguments.union1:
        handlers = [entry for entry in handlers if not entry[0].package.startswith("flyteidl2.")]
    entry = Entry(tokens, arguments.strict)
    services = [Service(file.services_by_name[name], methods, record, entry) for file, name, methods in handlers]

    servers = [
        asyncio.create_task(serve_on(Front(services, oauth, faults, record), front_socket, certificate)),
        asyncio.create_task(serve_on(Admin(record, faults, backend, oauth, uploads), admin_socket, [])),
    ]
    print(
        json.dumps(
            {
                "grpc": front,
                "connect": front,
                "endpoint": f"{scheme}://{front}",
                "admin": admin,
                "ca": str(authority) if authority else None,
                "storage": storage.root,
                "s3": storage.environment,
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
                "public_client_id": PUBLIC_CLIENT_ID,
                "redirect_uri": redirect,
            }
        ),
        flush=True,
    )
    ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    await asyncio.wait([ended, *servers], return_when=asyncio.FIRST_COMPLETED)
    backend.stop()
    shutil.rmtree(directory, ignore_errors=True)
    # Exits without waiting for hanging calls.
    os._exit(0)


asyncio.run(main())

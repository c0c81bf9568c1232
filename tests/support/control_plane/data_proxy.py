"""The DataProxyService: inputs, outputs, logs and uploads."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from connectrpc.code import Code
from connectrpc.errors import ConnectError
from flyteidl2.common.phase_pb2 import ACTION_PHASE_ABORTED, ACTION_PHASE_RECOVERED, ACTION_PHASE_SUCCEEDED
from flyteidl2.task.common_pb2 import Inputs, Outputs
from google.protobuf.message import Message

from actions import Log
from backend import Backend
from directory import require_project
from rpc import Call, Handler
from uploads import Uploads


@dataclass
class DataProxy:
    """The service of the data of runs."""

    backend: Backend
    uploads: Uploads

    def handlers(self) -> dict[str, Handler]:
        """Returns the methods of the DataProxyService."""
        return {
            "GetActionData": self.data,
            "TailLogs": self.logs,
            "UploadInputs": self.upload_inputs,
            "CreateUploadLocation": self.upload_location,
        }

    async def data(self, request: Any, call: Call) -> Message:
        action = self.backend.actions.find(request.action_id)
        inputs = self.backend.storage.read(action.input_uri)
        has_outputs = action.details.status.phase in (ACTION_PHASE_SUCCEEDED, ACTION_PHASE_RECOVERED)
        outputs_uri = f"{action.output_uri}/outputs.pb" if has_outputs and action.output_uri else ""
        outputs = self.backend.storage.read(outputs_uri) if outputs_uri else None
        return call.output(
            inputs=Inputs.FromString(inputs or b""),
            outputs=Outputs.FromString(outputs or b""),
            inputs_uri=action.input_uri,
            outputs_uri=outputs_uri,
        )

    async def logs(self, request: Any, call: Call) -> AsyncIterator[Message]:
        id = request.action_id
        action = (self.backend.actions.find_run(id.run) or {}).get(id.name)
        attempts = action.details.attempts if action else []
        if not 1 <= request.attempt <= len(attempts):
            run = f'project:"{id.run.project}" domain:"{id.run.domain}" name:"{id.run.name}"'
            message = f'no event found for action run:{{{run}}} name:"{id.name}" attempt {request.attempt}'
            raise ConnectError(Code.NOT_FOUND, message)
        aborted = action.details.status.phase == ACTION_PHASE_ABORTED
        if aborted or not attempts[request.attempt - 1].logs_available:
            raise ConnectError(Code.NOT_FOUND, f"no log context found for action {id.name}")
        return self.tail(action.logs[request.attempt - 1], call)

    async def tail(self, log: Log, call: Call) -> AsyncIterator[Message]:
        """Yields the log lines of a pod until it exits."""
        async for lines in log.follow():
            yield call.output(logs=[{"lines": lines}])

    async def upload_inputs(self, request: Any, call: Call) -> Message:
        id = request.run_id if request.HasField("run_id") else request.project_id
        project = id.project if request.HasField("run_id") else id.name
        require_project(project, id.domain)
        body = request.inputs.SerializeToString(deterministic=True)
        digest = base64.urlsafe_b64encode(fnv_64a(body).to_bytes(8, "big")).rstrip(b"=").decode()
        uri = f"{self.backend.storage.root}/{project}/{id.domain}/offloaded-inputs/{digest}"
        self.backend.storage.write(uri, body)
        return call.output(offloaded_input_data={"uri": uri, "inputs_hash": digest})

    async def upload_location(self, request: Any, call: Call) -> Message:
        return call.output(**self.uploads.locate(request))


def fnv_64a(body: bytes) -> int:
    """Returns the 64-bit FNV-1a hash."""
    value = 0xCBF29CE484222325
    for byte in body:
        value = (value ^ byte) * 0x100000001B3 % (1 << 64)
    return value

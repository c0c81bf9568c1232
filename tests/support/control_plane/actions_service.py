"""The service through which a task calls other tasks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from connectrpc.code import Code
from connectrpc.errors import ConnectError
from flyte._internal.runtime.convert import generate_cache_key_hash, generate_inputs_hash_from_proto
from flyteidl2.common.phase_pb2 import ACTION_PHASE_ABORTED, ACTION_PHASE_FAILED
from flyteidl2.task.common_pb2 import Inputs
from flyteidl2.workflow.run_definition_pb2 import ActionDetails, ErrorInfo
from flyteidl2.workflow.state_service_pb2 import ActionUpdate
from google.protobuf.message import Message

from actions import Action, key_of
from backend import Backend
from rpc import Call, Handler
from run_service import Tasks, metadata_of


@dataclass
class Children:
    """The service of child actions."""

    backend: Backend
    tasks: Tasks

    def handlers(self) -> dict[str, Handler]:
        """Returns the methods of the ActionsService."""
        return {"Enqueue": self.enqueue, "WatchForUpdates": self.watch, "Abort": self.abort}

    async def enqueue(self, request: Any, call: Call) -> Message:
        child = request.action
        if child.WhichOneof("spec") == "trace":
            # A trace is shown, but no snapshot has it.
            read = self.backend.storage.read
            if read(child.input_uri) is None or read(child.trace.outputs.output_uri) is None:
                raise ConnectError(Code.INVALID_ARGUMENT, "the files of the trace do not exist")
            parent = self.backend.actions.run(child.action_id.run)[child.parent_action_name]
            parent.record_trace(child.action_id, child.trace.outputs.output_uri)
            return call.output()
        if child.WhichOneof("spec") != "task":
            raise ConnectError(Code.UNIMPLEMENTED, "only tasks can be started here")
        actions = self.backend.actions.run(child.action_id.run)
        if child.parent_action_name not in actions:
            message = f"failed to get parent TaskAction {child.action_id.run.name}-{child.parent_action_name}"
            raise ConnectError(Code.INTERNAL, message)
        parent = actions[child.parent_action_name]
        if parent.terminal:
            raise ConnectError(Code.ABORTED, f"action {child.parent_action_name} has ended")
        spec = child.task.spec if child.task.HasField("spec") else self.tasks.find(child.task.id).spec
        metadata = metadata_of(spec, parent=child.parent_action_name, group=child.group)
        details = ActionDetails(id=child.action_id, metadata=metadata, task=spec)
        changed = self.backend.actions.changed
        # All actions of a run have its labels, annotations and variables.
        action = Action(details, parent.run_spec, child.input_uri, child.run_output_base, changed)
        action.cache_key = self.cache_key(spec, child)
        self.backend.start(action)
        parent.start_child()
        return call.output()

    def cache_key(self, spec: Any, child: Any) -> str:
        """Returns the cache key of a child, which has to be the one that the official SDK sends."""
        template, sent = spec.task_template, child.task.cache_key.value
        metadata = template.metadata
        inputs = Inputs.FromString(self.backend.storage.read(child.input_uri) or b"")
        ignored = list(metadata.cache_ignore_input_vars)
        hashed = generate_inputs_hash_from_proto(inputs)
        expected = generate_cache_key_hash(
            template.id.name, hashed, template.interface, metadata.discovery_version, ignored, inputs
        )
        # The official SDK describes variables only in deployments, and the description would be a part of the key.
        described = [entry.key for entry in template.interface.inputs.variables if entry.value.description]
        if described and all(spec != deployed.spec for deployed in self.tasks.deployed.values()):
            raise ConnectError(Code.INVALID_ARGUMENT, f"inputs {described} have descriptions")
        if sent != (expected if metadata.discoverable else ""):
            raise ConnectError(Code.INVALID_ARGUMENT, f"cache key {sent!r}, but the official SDK sends {expected!r}")
        return sent

    async def watch(self, request: Any, call: Call) -> AsyncIterator[Message]:
        id = request.parent_action_id
        self.backend.actions.find(id)
        return self.updates(id, call)

    async def updates(self, id: Any, call: Call) -> AsyncIterator[Message]:
        """Yields the current states, the sentinel, and then each change of a child."""
        actions = self.backend.actions
        seen: dict[str, int] = {}
        for action in actions.family(id):
            seen[action.details.id.name] = len(action.history)
            update = update_of(action, action.history[-1])
            if call.fault.hostile == "bare_output_uri":
                update.output_uri = f"{action.output_base.rstrip('/')}/{action.details.id.name}"
            yield call.output(action_update=update)
        yield call.output(control_message={"sentinel": True})
        parent = actions.find(id)
        traces = len(parent.traces)
        while True:
            for update in parent.traces[traces:]:
                yield call.output(action_update=update)
            traces = len(parent.traces)
            for action in actions.family(id):
                name = action.details.id.name
                sent = seen.get(name, 0)
                seen[name] = len(action.history)
                if name != id.name:
                    for state in action.history[sent:]:
                        yield call.output(action_update=update_of(action, state))
            is_seen = all(seen.get(action.details.id.name) == len(action.history) for action in actions.family(id))
            if is_seen and traces == len(parent.traces):
                await actions.changed.wait()

    async def abort(self, request: Any, call: Call) -> Message:
        id = request.action_id
        action = self.backend.actions.runs.get(key_of(id.run), {}).get(id.name)
        # Aborted actions are deleted.
        if action is None or action.details.status.phase == ACTION_PHASE_ABORTED:
            name = f"{id.run.name}-{id.name}"
            raise ConnectError(Code.INTERNAL, f'failed to get TaskAction {name}: taskactions "{name}" not found')
        await self.backend.abort(action, request.reason or "User requested abort")
        return call.output()


def update_of(action: Action, state: ActionDetails) -> ActionUpdate:
    """Converts a state to an update."""
    attempts = state.attempts
    output = attempts[-1].outputs.output_uri if attempts else ""
    update = ActionUpdate(action_id=state.id, phase=state.status.phase, output_uri=output)
    if state.status.phase == ACTION_PHASE_FAILED:
        error = state.error_info
        update.error.code, update.error.message = error.code, error.message
        update.error.kind = {ErrorInfo.KIND_USER: "USER", ErrorInfo.KIND_SYSTEM: "SYSTEM"}[error.kind]
    return update

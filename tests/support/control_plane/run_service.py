"""The TaskService and the RunService."""

import re
import secrets
import string
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from connectrpc.code import Code
from connectrpc.errors import ConnectError
from flyteidl2.common.identifier_pb2 import ActionIdentifier, RunIdentifier
from flyteidl2.task.common_pb2 import Inputs
from flyteidl2.task.task_definition_pb2 import TaskDetails, TaskIdentifier, TaskSpec
from flyteidl2.workflow.run_definition_pb2 import ActionDetails, ActionMetadata
from google.protobuf.message import Message

from actions import ROOT, Action
from backend import Backend
from directory import require_project
from rpc import Call, Handler
from trigger_service import Triggers

RUN_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


@dataclass
class Tasks:
    """The deployed tasks by project, domain, name and version."""

    deployed: dict[tuple[str, str, str, str], TaskDetails] = field(default_factory=dict)
    triggers: Triggers = field(default_factory=Triggers)

    def handlers(self) -> dict[str, Handler]:
        """Returns the methods of the TaskService."""
        return {"DeployTask": self.deploy, "GetTaskDetails": self.details, "ListTasks": self.list}

    def find(self, id: TaskIdentifier) -> TaskDetails:
        """Returns a task, or raises NOT_FOUND."""
        details = self.deployed.get((id.project, id.domain, id.name, id.version))
        if details is None:
            raise ConnectError(Code.NOT_FOUND, f"task {id.name} of version {id.version} not found")
        return details

    async def deploy(self, request: Any, call: Call) -> Message:
        id = request.task_id
        require_project(id.project, id.domain)
        details = TaskDetails(task_id=id, spec=request.spec)
        details.metadata.short_name = request.spec.short_name
        details.metadata.deployed_at.GetCurrentTime()
        self.deployed[id.project, id.domain, id.name, id.version] = details
        self.triggers.deploy(id, list(request.triggers))
        return call.output()

    async def details(self, request: Any, call: Call) -> Message:
        return call.output(details=self.find(request.task_id))

    async def list(self, request: Any, call: Call) -> Message:
        """Lists tasks, the latest first. The only filter is equality of the name."""
        names = [value for one in request.request.filters if one.field == "name" for value in one.values]
        tasks = [details for details in self.deployed.values() if not names or details.task_id.name in names]
        tasks.reverse()
        return call.output(tasks=[{"task_id": one.task_id, "metadata": one.metadata} for one in tasks])


@dataclass
class Runs:
    """The service of runs."""

    backend: Backend
    tasks: Tasks

    def handlers(self) -> dict[str, Handler]:
        """Returns the methods of the RunService."""
        return {
            "CreateRun": self.create,
            "GetRunDetails": self.run_details,
            "GetActionDetails": self.action_details,
            "WatchActionDetails": self.watch,
            "AbortRun": self.abort,
            "AbortAction": self.abort_action,
        }

    async def create(self, request: Any, call: Call) -> Message:
        run = run_id(request)
        require_project(run.project, run.domain)
        spec = self.tasks.find(request.task_id).spec if request.HasField("task_id") else request.task_spec
        base = f"{self.backend.storage.root}/{run.project}/{run.domain}/{run.name}"
        if request.HasField("offloaded_input_data"):
            input_uri = request.offloaded_input_data.uri
        else:
            input_uri = f"{base}/inputs/inputs.pb"
            self.backend.storage.write(input_uri, with_defaults(request.inputs, spec).SerializeToString())
        details = ActionDetails(
            id=ActionIdentifier(run=run, name=ROOT), metadata=metadata_of(spec, source=request.source), task=spec
        )
        action = Action(details, request.run_spec, input_uri, base, self.backend.actions.changed)
        self.backend.start(action)
        created = {"id": details.id, "metadata": details.metadata, "status": details.status}
        return call.output(run={"action": created})

    async def run_details(self, request: Any, call: Call) -> Message:
        root = self.backend.actions.run(request.run_id)[ROOT]
        return call.output(details={"run_spec": root.run_spec, "action": root.details})

    async def action_details(self, request: Any, call: Call) -> Message:
        return call.output(details=self.backend.actions.find(request.action_id).details)

    async def watch(self, request: Any, call: Call) -> AsyncIterator[Message]:
        action = self.backend.actions.find(request.action_id)
        return (call.output(details=state) async for state in action.watch())

    async def abort(self, request: Any, call: Call) -> Message:
        root = self.backend.actions.run(request.run_id)[ROOT]
        await self.backend.abort(root, request.reason or "User requested abort")
        return call.output()

    async def abort_action(self, request: Any, call: Call) -> Message:
        action = self.backend.actions.find(request.action_id)
        await self.backend.abort(action, request.reason or "User requested abort")
        return call.output()


def run_id(request: Any) -> RunIdentifier:
    """Returns the requested identifier, or a new one in the requested project."""
    if request.HasField("run_id"):
        if not RUN_NAME.fullmatch(request.run_id.name) or len(request.run_id.name) > 30:
            raise ConnectError(Code.INVALID_ARGUMENT, f"invalid run name: {request.run_id.name}")
        return request.run_id
    name = "r" + "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(19))
    project = request.project_id
    return RunIdentifier(org=project.organization, project=project.name, domain=project.domain, name=name)


def with_defaults(inputs: Inputs, spec: TaskSpec) -> Inputs:
    """Returns the inputs with the defaults of missing ones."""
    whole = Inputs()
    whole.CopyFrom(inputs)
    names = {literal.name for literal in inputs.literals}
    for default in spec.default_inputs:
        if default.name not in names and default.parameter.HasField("default"):
            whole.literals.add(name=default.name, value=default.parameter.default)
    return whole


def metadata_of(spec: TaskSpec, **fields: Any) -> ActionMetadata:
    """Returns the metadata of the action of a task."""
    template = spec.task_template
    id = template.id
    task = TaskIdentifier(org=id.org, project=id.project, domain=id.domain, name=id.name, version=id.version)
    return ActionMetadata(
        task={"id": task, "task_type": template.type, "short_name": spec.short_name},
        action_type="ACTION_TYPE_TASK",
        environment_name=spec.environment.name,
        funtion_name=spec.short_name,
        **fields,
    )

"""The TriggerService: the triggers of deployed tasks."""

from dataclasses import dataclass, field
from typing import Any

from connectrpc.code import Code
from connectrpc.errors import ConnectError
from flyteidl2.common.identifier_pb2 import TriggerName
from flyteidl2.task.task_definition_pb2 import TaskTrigger
from flyteidl2.trigger.trigger_definition_pb2 import Trigger
from google.protobuf.message import Message

from rpc import Call, Handler

PAGE = 2
Key = tuple[str, str, str, str]


@dataclass
class Triggers:
    """All triggers by project, domain, task and name."""

    stored: dict[Key, Trigger] = field(default_factory=dict)

    def deploy(self, id: Any, triggers: list[TaskTrigger]) -> None:
        """Replaces the triggers of a task. Without new ones, the old ones stay, as in the open-source backend."""
        of_task = [key for key in self.stored if key[:3] == (id.project, id.domain, id.name)]
        for key in of_task if triggers else []:
            del self.stored[key]
        for one in triggers:
            name = TriggerName(
                org=id.org, project=id.project, domain=id.domain, name=one.name, task_name=id.name
            )
            trigger = Trigger(id={"name": name}, active=one.spec.active, automation_spec=one.automation_spec)
            trigger.status.deployed_at.GetCurrentTime()
            if one.name == "often":
                trigger.status.triggered_at.FromJsonString("2026-01-02T03:04:05Z")
            self.stored[key_of(name)] = trigger

    def handlers(self) -> dict[str, Handler]:
        """Returns the methods of the TriggerService."""
        return {"ListTriggers": self.list, "UpdateTriggers": self.update, "DeleteTriggers": self.delete}

    async def list(self, request: Any, call: Call) -> Message:
        """Lists the triggers of a project, in small pages."""
        scope = (request.project_id.name, request.project_id.domain)
        found = [trigger for key, trigger in self.stored.items() if key[:2] == scope]
        start = int(request.request.token or "0")
        token = str(start + PAGE) if start + PAGE < len(found) else ""
        return call.output(triggers=found[start : start + PAGE], token=token)

    async def update(self, request: Any, call: Call) -> Message:
        for name in request.names:
            if key_of(name) not in self.stored:
                raise ConnectError(Code.NOT_FOUND, f"trigger {name.name} not found")
            self.stored[key_of(name)].active = request.active
        return call.output()

    async def delete(self, request: Any, call: Call) -> Message:
        for name in request.names:
            self.stored.pop(key_of(name), None)
        return call.output()


def key_of(name: TriggerName) -> Key:
    """Returns the key of a trigger."""
    return (name.project, name.domain, name.task_name, name.name)

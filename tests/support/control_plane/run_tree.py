"""The methods of the RunService that list and watch runs and their actions, as the open-source backend serves them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from connectrpc.code import Code
from connectrpc.errors import ConnectError
from flyteidl2.common.list_pb2 import Sort
from flyteidl2.workflow.run_definition_pb2 import Action as ActionMessage
from flyteidl2.workflow.run_definition_pb2 import ActionMetadata, EnrichedAction
from google.protobuf.message import Message

from actions import ROOT, Action, RunActions
from backend import Backend
from rpc import Call, Handler

DEFAULT_LIMIT, MAX_LIMIT = 50, 200


@dataclass
class RunTree:
    """Lists runs, and watches the actions of a run in snapshots of at most `page` actions."""

    backend: Backend
    page: int

    def handlers(self) -> dict[str, Handler]:
        """Returns the methods."""
        return {"WatchActions": self.watch, "ListActions": self.list_actions, "ListRuns": self.list_runs}

    async def watch(self, request: Any, call: Call) -> AsyncIterator[Message]:
        if request.filter:
            raise ConnectError(Code.INVALID_ARGUMENT, f"unsupported filter field: {request.filter[0].field}")
        return self.updates(self.backend.actions.find_run(request.run_id), call)

    async def updates(self, actions: RunActions | None, call: Call) -> AsyncIterator[Message]:
        """Yields the snapshot and then each change with all ancestors. Never ends, nor reports an unknown run."""
        if actions is None:
            await asyncio.Event().wait()
        seen = {name: len(action.history) for name, action in actions.items()}
        snapshot = [enriched(action) for action in actions.values()]
        for start in range(0, len(snapshot), self.page):
            yield call.output(enriched_actions=snapshot[start : start + self.page])
        while True:
            changed = [(name, action) for name, action in actions.items() if seen.get(name, 0) < len(action.history)]
            for name, action in changed:
                seen[name] = len(action.history)
                yield call.output(enriched_actions=[enriched(one) for one in lineage(actions, action)])
            if not changed:
                await self.backend.actions.changed.wait()

    async def list_actions(self, request: Any, call: Call) -> Message:
        actions = self.backend.actions.find_run(request.run_id) or {}
        found = [message_of(action) for action in actions.values()]
        for action in found:
            kept = ActionMetadata(parent=action.metadata.parent, group=action.metadata.group)
            action.metadata.CopyFrom(kept)
        found, token = page_of(found, request.request)
        return call.output(actions=found, token=token)

    async def list_runs(self, request: Any, call: Call) -> Message:
        scope = request.project_id if request.HasField("project_id") else None
        runs = [
            actions[ROOT]
            for (project, domain, _), actions in self.backend.actions.runs.items()
            if scope is None or (project, domain) == (scope.name, scope.domain)
        ]
        for sort in request.request.sort_by_fields:
            if sort.key != "created_at":
                raise ConnectError(Code.INVALID_ARGUMENT, f"invalid sort field: {sort.key}")
            runs.sort(key=created_at, reverse=sort.direction == Sort.DESCENDING)
        runs, token = page_of(runs, request.request)
        # Runs have the fields that updates lack.
        found = [
            {"action": {"id": run.details.id, "metadata": run.details.metadata, "status": run.details.status}}
            for run in runs
        ]
        return call.output(runs=found, token=token)


def created_at(action: Action) -> int:
    """Returns when an action was created."""
    return action.details.status.start_time.ToNanoseconds()


def page_of(items: list[Any], request: Any) -> tuple[list[Any], str]:
    """Returns the requested page, and the token of the next one, which is an offset."""
    if request.limit > MAX_LIMIT:
        message = f"invalid limit: {request.limit} (exceeds maximum of {MAX_LIMIT})"
        raise ConnectError(Code.INVALID_ARGUMENT, message)
    if request.token and not request.token.isdecimal():
        raise ConnectError(Code.INVALID_ARGUMENT, f'invalid token: "{request.token}"')
    start = int(request.token or 0)
    end = start + (request.limit or DEFAULT_LIMIT)
    return items[start:end], str(end) if end < len(items) else ""


def message_of(action: Action) -> ActionMessage:
    """Converts an action as updates contain it: without its type and without the organization."""
    state = action.history[-1]
    message = ActionMessage(id=state.id, metadata=state.metadata, status=state.status)
    message.id.run.org = ""
    message.metadata.ClearField("action_type")
    message.metadata.task.id.org = ""
    return message


def lineage(actions: RunActions, action: Action) -> list[Action]:
    """Returns all ancestors of an action, and the action itself at the end."""
    parent = actions.get(action.details.metadata.parent)
    return [*(lineage(actions, parent) if parent else []), action]


def enriched(action: Action) -> EnrichedAction:
    """Converts an action for an update."""
    return EnrichedAction(action=message_of(action), meets_filter=True)

"""The actions of runs: their states, watchers and logs."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from connectrpc.code import Code
from connectrpc.errors import ConnectError
from flyteidl2.common.identifier_pb2 import ActionIdentifier, RunIdentifier
from flyteidl2.common.phase_pb2 import ActionPhase
from flyteidl2.logs.dataplane.payload_pb2 import LogLine
from flyteidl2.task.run_pb2 import RunSpec
from flyteidl2.workflow.run_definition_pb2 import ActionAttempt, ActionDetails
from flyteidl2.workflow.state_service_pb2 import ActionUpdate
from google.protobuf.timestamp_pb2 import Timestamp

TERMINAL = {
    ActionPhase.Value(f"ACTION_PHASE_{name}") for name in ("SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT", "RECOVERED")
}
ROOT = "a0"
RunKey = tuple[str, str, str]


class Notifier:
    """Wakes all tasks that wait for a change."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    def notify(self) -> None:
        """Wakes all waiting tasks."""
        self.event.set()
        self.event = asyncio.Event()

    async def wait(self) -> None:
        """Waits for the next change."""
        await self.event.wait()


@dataclass
class Log:
    """The lines of one pod."""

    lines: list[LogLine] = field(default_factory=list)
    closed: bool = False
    changed: Notifier = field(default_factory=Notifier)

    def add(self, text: str) -> None:
        """Adds a line."""
        line = LogLine(message=text, originator="USER")
        line.timestamp.GetCurrentTime()
        self.lines.append(line)
        self.changed.notify()

    def close(self) -> None:
        """Closes the log."""
        self.closed = True
        self.changed.notify()

    async def follow(self) -> AsyncIterator[list[LogLine]]:
        """Yields all lines until the log is closed, in batches."""
        sent = 0
        while True:
            if sent < len(self.lines):
                batch = self.lines[sent : sent + 100]
                sent += len(batch)
                yield batch
            elif self.closed:
                return
            else:
                await self.changed.wait()


@dataclass
class Action:
    """An action. `history` contains its states, of which clients have received the first `received`.

    A watch ends with the state at `closes_at`, in which the last attempt has ended but the action has not.
    """

    details: ActionDetails
    run_spec: RunSpec
    input_uri: str
    output_base: str
    changed: Notifier
    history: list[ActionDetails] = field(default_factory=list)
    received: int = 0
    closes_at: int | None = None
    logs: list[Log] = field(default_factory=list)
    cache_key: str = ""
    # The traces below it, as updates. No snapshot has them.
    traces: list[ActionUpdate] = field(default_factory=list)
    process: asyncio.subprocess.Process | None = None

    @property
    def terminal(self) -> bool:
        """Whether the action has ended."""
        return self.details.status.phase in TERMINAL

    @property
    def attempt(self) -> ActionAttempt:
        """Returns the latest attempt."""
        return self.details.attempts[-1]

    @property
    def output_uri(self) -> str:
        """Returns the output URI of the latest attempt."""
        return self.attempt.outputs.output_uri if self.details.attempts else ""

    def record_trace(self, id: ActionIdentifier, output_uri: str) -> None:
        """Reports a trace to open watches. Flyte reports a failed one as a success, too."""
        self.traces.append(ActionUpdate(action_id=id, phase="ACTION_PHASE_SUCCEEDED", output_uri=output_uri))
        self.changed.notify()

    def enter(self, phase: str) -> None:
        """Changes the phase of the action and of its latest attempt, unless it has ended, and notifies watchers."""
        if self.terminal:
            return
        value, now, status = ActionPhase.Value(f"ACTION_PHASE_{phase}"), Timestamp(), self.details.status
        now.GetCurrentTime()
        status.phase = value
        status.attempts = len(self.details.attempts)
        if not self.history:
            status.start_time.CopyFrom(now)
        if value in TERMINAL:
            status.end_time.CopyFrom(now)
            status.duration_ms = now.ToMilliseconds() - status.start_time.ToMilliseconds()
        if self.details.attempts and self.attempt.phase not in TERMINAL:
            self.enter_attempt(value, now)
        self.publish()

    def end_attempt(self, phase: str) -> None:
        """Ends the latest attempt before the action itself."""
        now = Timestamp()
        now.GetCurrentTime()
        self.enter_attempt(ActionPhase.Value(f"ACTION_PHASE_{phase}"), now)
        self.publish()
        self.history[-1].ClearField("error_info")
        self.closes_at = len(self.history)

    def relaunch(self) -> None:
        """Replaces the pod of the latest attempt: the attempt is queued, its transitions stay."""
        self.attempt.phase = ActionPhase.Value("ACTION_PHASE_QUEUED")
        self.publish()

    def start_child(self) -> None:
        """Forgets the number of attempts."""
        self.details.status.attempts = 0
        self.publish()

    def retry(self) -> None:
        """Marks the latest attempt as failed and queues the next one."""
        now = Timestamp()
        now.GetCurrentTime()
        self.enter_attempt(ActionPhase.Value("ACTION_PHASE_FAILED"), now)
        self.details.status.phase = ActionPhase.Value("ACTION_PHASE_QUEUED")
        self.publish()

    def enter_attempt(self, phase: int, now: Timestamp) -> None:
        """Changes the phase of the latest attempt."""
        attempt = self.attempt
        attempt.phase = phase
        if attempt.phase_transitions:
            attempt.phase_transitions[-1].end_time.CopyFrom(now)
        attempt.phase_transitions.add(phase=phase, start_time=now)
        if phase in TERMINAL:
            attempt.end_time.CopyFrom(now)

    def publish(self) -> None:
        """Adds the current state to the history, and notifies watchers."""
        state = ActionDetails()
        state.CopyFrom(self.details)
        self.history.append(state)
        self.changed.notify()

    async def watch(self) -> AsyncIterator[ActionDetails]:
        """Yields the current state and then each change, until the last attempt has ended."""
        seen = len(self.history) - 1
        while True:
            while seen < len(self.history):
                yield self.history[seen]
                seen += 1
                if seen > self.received:
                    self.received = seen
                    self.changed.notify()
                if seen == self.closes_at:
                    return
            if self.terminal:
                return
            await self.changed.wait()

    async def delivered(self) -> None:
        """Waits until a client has received the current state."""
        while self.received < len(self.history):
            await self.changed.wait()


RunActions = dict[str, Action]


@dataclass
class Actions:
    """All actions of all runs."""

    runs: dict[RunKey, RunActions] = field(default_factory=dict)
    changed: Notifier = field(default_factory=Notifier)

    def find_run(self, id: RunIdentifier) -> RunActions | None:
        """Returns the actions of a run, if it exists."""
        return self.runs.get(key_of(id))

    def run(self, id: RunIdentifier) -> RunActions:
        """Returns the actions of a run."""
        actions = self.find_run(id)
        if actions is None:
            raise ConnectError(Code.NOT_FOUND, f"run not found: {id.project}/{id.domain}/{id.name}")
        return actions

    def find(self, id: ActionIdentifier) -> Action:
        """Returns an action."""
        actions = self.run(id.run)
        if id.name not in actions:
            raise ConnectError(Code.NOT_FOUND, f"action {id.name} of run {id.run.name} not found")
        return actions[id.name]

    def add(self, action: Action) -> None:
        """Adds an action to its run."""
        id = action.details.id
        actions = self.runs.setdefault(key_of(id.run), {})
        if id.name in actions:
            raise ConnectError(Code.ALREADY_EXISTS, f"action {id.name} of run {id.run.name} already exists")
        actions[id.name] = action
        action.enter("QUEUED")

    def family(self, id: ActionIdentifier) -> list[Action]:
        """Returns an action and its children, in the order of their creation."""
        actions = self.run(id.run)
        return [
            action for name, action in actions.items() if name == id.name or action.details.metadata.parent == id.name
        ]

    def descendants(self, action: Action) -> list[Action]:
        """Returns an action and all its descendants."""
        id = action.details.id
        children = [child for child in self.family(id) if child is not action]
        return [action, *(descendant for child in children for descendant in self.descendants(child))]


def key_of(id: RunIdentifier) -> RunKey:
    """Returns the key of a run, without its organization."""
    return id.project, id.domain, id.name

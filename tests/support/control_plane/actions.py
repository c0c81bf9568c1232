"""The actions of runs: their state, whoever watches it, and their logs."""

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
from google.protobuf.timestamp_pb2 import Timestamp

TERMINAL = {
    ActionPhase.Value(f"ACTION_PHASE_{name}") for name in ("SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT", "RECOVERED")
}
RunKey = tuple[str, str, str]


class Bell:
    """Wakes everyone who waits for something to have changed."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    def ring(self) -> None:
        """Wakes those who wait now."""
        self.event.set()
        self.event = asyncio.Event()

    async def wait(self) -> None:
        """Waits for the next ring."""
        await self.event.wait()


@dataclass
class Log:
    """The lines of one pod."""

    lines: list[LogLine] = field(default_factory=list)
    closed: bool = False
    bell: Bell = field(default_factory=Bell)

    def add(self, text: str) -> None:
        """Adds a line."""
        line = LogLine(message=text, originator="USER")
        line.timestamp.GetCurrentTime()
        self.lines.append(line)
        self.bell.ring()

    def close(self) -> None:
        """Ends the log."""
        self.closed = True
        self.bell.ring()

    async def follow(self) -> AsyncIterator[list[LogLine]]:
        """Every line there is and will be, some at a time."""
        told = 0
        while True:
            if told < len(self.lines):
                batch = self.lines[told : told + 100]
                told += len(batch)
                yield batch
            elif self.closed:
                return
            else:
                await self.bell.wait()


@dataclass
class Action:
    """One action; `history` holds its state after each change, and clients have received the first `received` of them."""

    details: ActionDetails
    run_spec: RunSpec
    input_uri: str
    output_base: str
    bell: Bell
    history: list[ActionDetails] = field(default_factory=list)
    received: int = 0
    logs: list[Log] = field(default_factory=list)
    process: asyncio.subprocess.Process | None = None

    @property
    def terminal(self) -> bool:
        """Whether nothing will change any more."""
        return self.details.status.phase in TERMINAL

    @property
    def attempt(self) -> ActionAttempt:
        """The latest attempt."""
        return self.details.attempts[-1]

    @property
    def output_uri(self) -> str:
        """Where the latest attempt writes."""
        return self.attempt.outputs.output_uri if self.details.attempts else ""

    def enter(self, phase: str) -> None:
        """Changes the phase of the action and of its latest attempt, unless it has ended, and tells everyone."""
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
        if self.details.attempts:
            self.enter_attempt(value, now)
        self.tell()

    def retry(self) -> None:
        """Ends the latest attempt as failed, while the action waits for the next."""
        now = Timestamp()
        now.GetCurrentTime()
        self.enter_attempt(ActionPhase.Value("ACTION_PHASE_FAILED"), now)
        self.details.status.phase = ActionPhase.Value("ACTION_PHASE_QUEUED")
        self.tell()

    def enter_attempt(self, phase: int, now: Timestamp) -> None:
        """Changes the phase of the latest attempt."""
        attempt = self.attempt
        attempt.phase = phase
        if attempt.phase_transitions:
            attempt.phase_transitions[-1].end_time.CopyFrom(now)
        attempt.phase_transitions.add(phase=phase, start_time=now)
        if phase in TERMINAL:
            attempt.end_time.CopyFrom(now)

    def tell(self) -> None:
        """Lets everyone who watches see the state as it is now."""
        state = ActionDetails()
        state.CopyFrom(self.details)
        self.history.append(state)
        self.bell.ring()

    async def watch(self) -> AsyncIterator[ActionDetails]:
        """The state now, then each change, until nothing changes any more."""
        seen = len(self.history) - 1
        while True:
            while seen < len(self.history):
                yield self.history[seen]
                seen += 1
                if seen > self.received:
                    self.received = seen
                    self.bell.ring()
            if self.terminal:
                return
            await self.bell.wait()

    async def delivered(self) -> None:
        """Waits until a client has received the current state."""
        while self.received < len(self.history):
            await self.bell.wait()


@dataclass
class Actions:
    """Every action of every run."""

    runs: dict[RunKey, dict[str, Action]] = field(default_factory=dict)
    bell: Bell = field(default_factory=Bell)

    def run(self, id: RunIdentifier) -> dict[str, Action]:
        """The actions of a run."""
        if key_of(id) not in self.runs:
            raise ConnectError(Code.NOT_FOUND, f"run {id.name} not found")
        return self.runs[key_of(id)]

    def find(self, id: ActionIdentifier) -> Action:
        """One action."""
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
        """An action and its children, in the order of their birth."""
        actions = self.run(id.run)
        return [
            action for name, action in actions.items() if name == id.name or action.details.metadata.parent == id.name
        ]

    def descendants(self, action: Action) -> list[Action]:
        """An action, its children, theirs, and so on."""
        id = action.details.id
        children = [child for child in self.family(id) if child is not action]
        return [action, *(descendant for child in children for descendant in self.descendants(child))]


def key_of(id: RunIdentifier) -> RunKey:
    """What names a run; the organization does not."""
    return id.project, id.domain, id.name

"""The executor: runs attempts of actions as local processes."""

import asyncio
import contextlib
import hashlib
import os
import signal
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from flyteidl2.core.execution_pb2 import LogContext
from flyteidl2.task.common_pb2 import Inputs
from flyteidl2.workflow.run_definition_pb2 import ErrorInfo

from actions import Action, Actions, Log
from injection import NotAdmitted, inject
from kubernetes import NeverStarts, check_lengths, container_environment, expand
from outcome import Failure, read_outcome
from pods import Paths, environment, fill
from secret_service import Secrets
from storage import Storage

GRACE_SECONDS = 2
# An action ends later than its last attempt.
END_LAG_SECONDS = 0.02
RELAUNCH_SECONDS = 0.05


@dataclass
class Pod:
    """A process and its directory."""

    run: str
    action: str
    attempt: int
    directory: str
    arguments: list[str]
    environment: dict[str, str]
    exit: int | None = None


@dataclass
class Backend:
    """Runs actions. `programs` maps paths in an image to local paths. The outcome of each pod is read in some `rounds`.

    Attempts wait in the queue until one of the `slots` is free.

    With `relaunch`, a pod whose program fails is replaced in the same attempt forever, as in the open-source backend.
    """

    storage: Storage
    secrets: Secrets
    actions: Actions
    directory: Path
    programs: dict[str, str]
    address: dict[str, str]
    lockstep: bool
    relaunch: bool
    rounds: int = 1
    slots: AbstractAsyncContextManager[object] = field(default_factory=contextlib.nullcontext)
    pods: list[Pod] = field(default_factory=list)
    cache: dict[tuple[str, ...], bytes] = field(default_factory=dict)
    running: set[asyncio.Task[None]] = field(default_factory=set)

    def start(self, action: Action) -> None:
        """Adds an action and runs it."""
        self.actions.add(action)
        self.keep(asyncio.create_task(self.run(action)))

    def keep(self, task: asyncio.Task[None]) -> None:
        """Keeps a reference to a task until it is done."""
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def run(self, action: Action) -> None:
        """Runs attempts of an action until one succeeds or no retry is left."""
        retries = action.details.task.task_template.metadata.retries.retries
        for attempt in range(retries + 1):
            if action.terminal:
                return
            try:
                async with self.slots:
                    failure = await self.attempt(action, attempt)
            except NeverStarts:
                return
            except NotAdmitted as error:
                failure = Failure("BadRequest", str(error), user=False)
            except Exception as error:
                failure = Failure("RuntimeFailure", f"{type(error).__name__}: {error}", user=False)
            if action.terminal:
                return
            if failure is None:
                self.store(action)
                return await self.end(action, "SUCCEEDED")
            if failure.endless:
                return
            error = ErrorInfo(
                message=failure.message, kind="KIND_USER" if failure.user else "KIND_SYSTEM", code=failure.code
            )
            action.attempt.error_info.CopyFrom(error)
            if not failure.recoverable or attempt == retries:
                action.details.error_info.CopyFrom(error)
                return await self.end(action, "FAILED")
            action.retry()

    async def end(self, action: Action, phase: str) -> None:
        """Ends the latest attempt and then the action."""
        action.end_attempt(phase)
        await asyncio.sleep(END_LAG_SECONDS)
        action.enter(phase)

    def key(self, action: Action) -> tuple[str, ...]:
        """Returns the key of the cached result, which does not depend on the version of the task."""
        template = action.details.task.task_template
        inputs = Inputs.FromString(self.storage.read(action.input_uri) or b"")
        ignored = template.metadata.cache_ignore_input_vars
        values = [one.SerializeToString(deterministic=True).hex() for one in inputs.literals if one.name not in ignored]
        id = template.id
        return (id.project, id.domain, id.name, template.metadata.discovery_version, action.cache_key, *values)

    def store(self, action: Action) -> None:
        """Caches the result of an action."""
        outputs = self.storage.read(f"{action.output_uri}/outputs.pb")
        if action.details.task.task_template.metadata.discoverable and outputs is not None:
            self.cache[self.key(action)] = outputs

    async def attempt(self, action: Action, attempt: int) -> Failure | None:
        """Runs one pod, and returns its failure."""
        if action.terminal:
            return None
        if action.details.task.task_template.metadata.discoverable and self.key(action) in self.cache:
            output = self.output_uri(action, attempt)
            self.storage.write(f"{output}/outputs.pb", self.cache[self.key(action)])
            action.details.attempts.add(attempt=attempt + 1, outputs={"output_uri": output})
            action.logs.append(Log())
            action.logs[attempt].close()
            return None
        previous = action.output_uri or None
        output = self.output_uri(action, attempt)
        started = action.details.attempts.add(attempt=attempt + 1, outputs={"output_uri": output})
        action.logs.append(Log())
        await self.delivered(action)
        action.enter("INITIALIZING")
        await self.delivered(action)
        while True:
            pod = self.admit(action, attempt, Paths(action.input_uri, output, previous))
            self.pods.append(pod)
            started.logs_available = True
            started.log_context.CopyFrom(log_context(pod))
            action.enter("RUNNING")
            log = action.logs[attempt]
            try:
                failure = await self.process(action, pod, log)
            finally:
                log.close()
            if failure is None or action.terminal or not (self.relaunch and pod.exit):
                return failure or read_outcome(self.storage, action.details.task.task_template, output, self.rounds)
            action.logs[attempt] = Log()
            action.relaunch()
            await asyncio.sleep(RELAUNCH_SECONDS)

    async def delivered(self, action: Action) -> None:
        """In lockstep, waits until a client has received the current phase of a root action."""
        if self.lockstep and not action.details.metadata.parent:
            await action.delivered()

    def output_uri(self, action: Action, attempt: int) -> str:
        """Returns the output URI of an attempt, which is sharded as in Flyte."""
        id = action.details.id
        shard = hashlib.sha256(f"flyte/{id.run.name}-{id.name}".encode()).hexdigest()[:2]
        return f"{self.storage.sharded(action.output_base, shard)}/{id.name}/{attempt + 1}"

    def admit(self, action: Action, attempt: int, paths: Paths) -> Pod:
        """Returns a pod with its arguments, environment and secrets."""
        details = action.details
        id, template = details.id, details.task.task_template
        inputs = Inputs.FromString(self.storage.read(action.input_uri) or b"")
        began = details.status.start_time.ToDatetime()
        arguments = [
            fill(argument, paths, template, began, inputs)
            for argument in (*template.container.command, *template.container.args)
        ]
        directory = self.directory / f"{id.run.name}-{id.name}-{attempt}"
        directory.mkdir(parents=True, exist_ok=True)
        scope = id.run.project, id.run.domain
        injected = inject(template.security_context.secrets, self.secrets, scope, directory / "secrets")
        pairs = [(pair.key, pair.value) for pair in (*template.container.env, *action.run_spec.envs.values)]
        own = self.storage.environment | self.address | environment(id, template, attempt, action.output_base)
        others = [pair for pair in (*pairs, *own.items()) if pair[0] not in injected]
        variables = container_environment((*injected.items(), *others))
        arguments = [expand(argument, variables) for argument in arguments]
        check_lengths(arguments)
        if arguments:
            arguments[0] = self.programs.get(arguments[0], arguments[0])
        return Pod(id.run.name, id.name, attempt, str(directory), arguments, variables)

    async def process(self, action: Action, pod: Pod, log: Log) -> Failure | None:
        """Runs the process of a pod, and returns its failure."""
        try:
            process = await asyncio.create_subprocess_exec(
                *pod.arguments,
                env=pod.environment,
                cwd=pod.directory,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                limit=1 << 24,
            )
        except FileNotFoundError:
            message = f'failed to create containerd task: exec: "{pod.arguments[0]}": executable file not found in $PATH'
            return Failure("StartError", message, recoverable=True)
        except (OSError, TypeError, ValueError) as error:
            return Failure("ContainerCannotRun", f"the container cannot run: {error}", recoverable=True)
        action.process = process
        if action.terminal:
            send(action, signal.SIGKILL)
        while line := await process.stdout.readline():
            log.add(line.decode(errors="replace").removesuffix("\n"))
        pod.exit = await process.wait()
        if pod.exit == 0:
            return None
        code = pod.exit if pod.exit > 0 else 128 - pod.exit
        last = "\n".join(line.message for line in log.lines[-10:])
        message = f"[primary] terminated with exit code ({code}). Reason [Error]. Message: \n{last}"
        return Failure("Error", message, recoverable=True)

    async def abort(self, action: Action, reason: str) -> None:
        """Aborts an action and its descendants."""
        for one in self.actions.descendants(action):
            if not one.terminal:
                one.details.abort_info.reason = reason
                one.enter("ABORTED")
                self.keep(asyncio.create_task(terminate(one)))

    def stop(self) -> None:
        """Kills all processes."""
        for actions in self.actions.runs.values():
            for action in actions.values():
                send(action, signal.SIGKILL)


def log_context(pod: Pod) -> LogContext:
    """Returns the containers of a pod that starts now."""
    name = f"{pod.run}-{pod.action}-{pod.attempt}"
    context = LogContext(primary_pod_name=name)
    container = context.pods.add(pod_name=name, primary_container_name=name).containers.add(container_name=name)
    container.process.container_start_time.GetCurrentTime()
    return context


async def terminate(action: Action) -> None:
    """Sends SIGTERM to the process of an action, and SIGKILL after the grace period."""
    send(action, signal.SIGTERM)
    await asyncio.sleep(GRACE_SECONDS)
    send(action, signal.SIGKILL)


def send(action: Action, number: signal.Signals) -> None:
    """Sends a signal to the process group of an action."""
    if action.process is not None and action.process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(action.process.pid, number)

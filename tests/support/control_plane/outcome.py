"""The outcome of an attempt, as the executor reads it from the files of the pod."""

from dataclasses import dataclass

from flyteidl2.core.execution_pb2 import ContainerError, ErrorDocument, ExecutionError
from flyteidl2.core.tasks_pb2 import TaskTemplate
from flyteidl2.task.common_pb2 import Outputs

from storage import Storage

LARGEST_FILE = 2 << 20
# Kubernetes rejects a condition with a longer message.
LONGEST_MESSAGE = 32_768


@dataclass(frozen=True)
class Failure:
    """The failure of an attempt."""

    code: str
    message: str
    user: bool = True
    recoverable: bool = False

    @property
    def endless(self) -> bool:
        """Whether the action never ends: its state cannot be stored, or its pod is started again without a new attempt."""
        return len(self.message.encode()) > LONGEST_MESSAGE or (self.recoverable and not self.user)


def read_outcome(storage: Storage, template: TaskTemplate, output: str, rounds: int) -> Failure | None:
    """Returns the failure in the files of a finished pod. A restarted executor reads them in a second round."""
    failure = None
    for _ in range(rounds):
        failure = read_once(storage, template, output)
    return failure


def read_once(storage: Storage, template: TaskTemplate, output: str) -> Failure | None:
    """Returns the failure in the files of a finished pod, or completes the files of one that has succeeded."""
    error = storage.read(f"{output}/error.pb")
    # Flyte ignores an error document that is too large.
    if error is not None and len(error) <= LARGEST_FILE:
        document = ErrorDocument.FromString(error).error
        user = document.origin != ExecutionError.SYSTEM
        return Failure(document.code, document.message, user, document.kind == ContainerError.RECOVERABLE)
    outputs = storage.read(f"{output}/outputs.pb")
    if outputs is None and template.interface.outputs.variables:
        return Failure("OutputsNotFound", f"the task wrote no {output}/outputs.pb", user=False)
    if outputs is not None and len(outputs) > LARGEST_FILE:
        return Failure("OutputsTooLarge", f"{output}/outputs.pb is larger than {LARGEST_FILE} bytes")
    if outputs is not None and not Outputs.FromString(outputs).literals:
        missing = ErrorDocument()
        missing.error.code = "No outputs produced"
        missing.error.message = f"outputs not found at [{output}/outputs.pb]"
        missing.error.kind = ContainerError.RECOVERABLE
        storage.write(f"{output}/error.pb", missing.SerializeToString())
    return None

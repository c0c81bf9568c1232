"""Injected faults, and the record of requests."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from connectrpc.code import Code
from connectrpc.errors import ConnectError


@dataclass
class Fault:
    """A fault of a method. `times` is the number of calls that fail, and None means all."""

    method: str
    times: int | None = None
    code: str | None = None
    message: str | None = None
    delay: float = 0
    hang: bool = False
    cut_after: int | None = None
    hostile: str | None = None
    http: int | None = None
    body: str = ""

    def error(self) -> ConnectError:
        """Returns the error of this fault."""
        code = Code[(self.code or "unknown").upper()]
        return ConnectError(code, f"{self.method} fails on demand" if self.message is None else self.message)

    async def strike(self) -> None:
        """Delays, hangs or fails before the method is called."""
        await asyncio.sleep(self.delay)
        if self.hang:
            await asyncio.Event().wait()
        if self.cut_after is None and (self.code or self.message is not None):
            raise self.error()


@dataclass
class Faults:
    """The injected faults."""

    faults: list[Fault] = field(default_factory=list)

    def add(self, request: dict[str, Any] | list[dict[str, Any]]) -> None:
        """Adds one fault or a list of faults."""
        for fields in request if isinstance(request, list) else [request]:
            fault = Fault(**fields)
            fault.error()
            self.faults.append(fault)

    def take(self, method: str) -> Fault:
        """Returns the next fault of a method, or one without effect."""
        for fault in self.faults:
            if fault.method == method and fault.times != 0:
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return Fault(method)


Record = list[dict[str, Any]]

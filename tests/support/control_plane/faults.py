"""What goes wrong on demand, and the record of what was asked."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from connectrpc.code import Code
from connectrpc.errors import ConnectError


@dataclass
class Fault:
    """One way in which calls of a method fail; `times` counts down, and none means always."""

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
        """The error this fault answers with."""
        code = Code[(self.code or "unknown").upper()]
        return ConnectError(code, f"{self.method} fails on demand" if self.message is None else self.message)

    async def strike(self) -> None:
        """Waits and fails as the fault says, before the method itself is reached."""
        await asyncio.sleep(self.delay)
        if self.hang:
            await asyncio.Event().wait()
        if self.cut_after is None and (self.code or self.message is not None):
            raise self.error()


@dataclass
class Trouble:
    """The faults that wait for their method."""

    faults: list[Fault] = field(default_factory=list)

    def add(self, asked: dict[str, Any] | list[dict[str, Any]]) -> None:
        """Adds one fault or several, as JSON tells them."""
        for fields in asked if isinstance(asked, list) else [asked]:
            fault = Fault(**fields)
            fault.error()
            self.faults.append(fault)

    def take(self, method: str) -> Fault:
        """The first fault of a method that is not used up, or one that does nothing."""
        for fault in self.faults:
            if fault.method == method and fault.times != 0:
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return Fault(method)


Record = list[dict[str, Any]]

"""Services of the official descriptors, for gRPC, gRPC-Web and Connect."""

from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import protovalidate
from connectrpc.code import Code
from connectrpc.errors import ConnectError
from connectrpc.method import IdempotencyLevel, MethodInfo
from connectrpc.request import RequestContext
from connectrpc.server import ConnectASGIApplication, Endpoint
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from faults import Fault, Record
from oauth import Tokens

Handler = Callable[[Any, "Call"], Any]


@dataclass
class Wire:
    """The HTTP exchange of a call."""

    fault: Fault
    cut: bool = False


wire: ContextVar[Wire] = ContextVar("wire")


@dataclass
class Call:
    """A call of a method, which its handler gets."""

    service: str
    output: type[Message]
    headers: dict[str, str]
    fault: Fault


@dataclass(frozen=True)
class Entry:
    """The checks of a call: its token, and with `strict` the rules in its message.

    The open-source server never looks at those rules.
    """

    tokens: Tokens | None
    strict: bool


class Service(ConnectASGIApplication):
    """A service of an official descriptor, with handlers by the names of methods."""

    def __init__(
        self, descriptor: ServiceDescriptor, handlers: dict[str, Handler], record: Record, entry: Entry
    ) -> None:
        self.name = descriptor.full_name
        self.record = record
        self.entry = entry
        unknown = handlers.keys() - {method.name for method in descriptor.methods}
        assert not unknown, unknown
        endpoints = {
            f"{self.path}/{method.name}": self.endpoint(method, handlers.get(method.name, unimplemented))
            for method in descriptor.methods
        }
        super().__init__(service=self, endpoints=lambda _: endpoints)

    @property
    def path(self) -> str:
        """Returns the path of this service."""
        return f"/{self.name}"

    def endpoint(self, method: MethodDescriptor, handler: Handler) -> Endpoint:
        """Returns the endpoint of a method."""
        info = MethodInfo(
            name=method.name,
            service_name=self.name,
            input=GetMessageClass(method.input_type),
            output=GetMessageClass(method.output_type),
            idempotency_level=IdempotencyLevel.UNKNOWN,
        )

        async def unary(request: Message, context: RequestContext) -> Message:
            return await handler(request, await self.admit(info, request, context))

        async def stream(request: Message, context: RequestContext) -> AsyncIterator[Message]:
            call = await self.admit(info, request, context)
            sent = 0
            cut_if_due(call.fault, sent)
            answers = handler(request, call)
            async for message in answers if hasattr(answers, "__aiter__") else await answers:
                yield message
                sent += 1
                cut_if_due(call.fault, sent)

        if method.server_streaming:
            return Endpoint.server_stream(method=info, function=stream)
        return Endpoint.unary(method=info, function=unary)

    async def admit(self, info: MethodInfo, request: Message, context: RequestContext) -> Call:
        """Records and checks a call."""
        headers = dict(context.request_headers().allitems())
        self.record.append(
            {
                "service": self.name,
                "method": info.name,
                "headers": headers,
                "request": MessageToDict(request, preserving_proto_field_name=True),
            }
        )
        if self.entry.tokens is not None and not self.name.endswith("AuthMetadataService"):
            self.entry.tokens.check(headers)
        fault = wire.get().fault
        await fault.strike()
        if self.entry.strict:
            try:
                protovalidate.validate(request)
            except protovalidate.ValidationError as error:
                raise ConnectError(Code.INVALID_ARGUMENT, str(error)) from error
        return Call(self.name, info.output, headers, fault)


def cut_if_due(fault: Fault, sent: int) -> None:
    """Ends a stream early, with the error of the fault or without a status."""
    if fault.cut_after == sent:
        wire.get().cut = fault.code is None
        raise fault.error()


async def unimplemented(_request: Message, call: Call) -> Message:
    """Handles methods without a handler."""
    raise ConnectError(Code.UNIMPLEMENTED, f"{call.service} has no such method here")

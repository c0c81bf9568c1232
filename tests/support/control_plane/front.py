"""The one port of a control plane, as Flyte 2 has it: RPCs of every protocol, and OAuth."""

from faults import Record, Trouble
from oauth import OAuth
from rpc import Service, Wire, wire
from web import Receive, Scope, Send, answer, headers_of, lifespan, read_body


class Front:
    """Sends a request to the service its path names."""

    def __init__(self, services: list[Service], oauth: OAuth | None, trouble: Trouble, record: Record) -> None:
        self.services = {service.name: service for service in services}
        self.oauth = oauth
        self.trouble = trouble
        self.record = record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await lifespan(receive, send)
        service, _, method = scope["path"].removeprefix("/").rpartition("/")
        exchange = Wire(self.trouble.take(method))
        wire.set(exchange)
        if exchange.fault.http is not None:
            await read_body(receive)
            self.record.append({"service": service, "method": method, "headers": headers_of(scope), "request": None})
            return await answer(send, exchange.fault.http, exchange.fault.body.encode(), "text/html")
        if service == "oauth2" and self.oauth is not None:
            return await self.oauth(scope, receive, send)
        if service in self.services:
            return await self.services[service](scope, receive, until_cut(exchange, send))
        # The server does not bear to be sent a body after the answer.
        await read_body(receive)
        await answer(send, 404, b"404 page not found\n")


def until_cut(exchange: Wire, send: Send) -> Send:
    """Sends what a service says until its stream is cut; what has no trailers then tells no status."""

    async def cautious(message: dict) -> None:
        if message["type"] == "http.response.start" and exchange.fault.cut_after is not None:
            message = {**message, "trailers": message["trailers"] and exchange.fault.code is not None}
        elif exchange.cut and message["type"] == "http.response.trailers":
            return
        elif exchange.cut:
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await send(message)

    return cautious

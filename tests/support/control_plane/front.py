"""The port of the control plane: RPCs of all protocols, and OAuth."""

from faults import Faults, Record
from oauth import OAuth
from rpc import Service, Wire, wire
from web import Receive, Scope, Send, answer, headers_of, lifespan, read_body


class Front:
    """Dispatches requests to services by their paths."""

    def __init__(self, services: list[Service], oauth: OAuth | None, faults: Faults, record: Record) -> None:
        self.services = {service.name: service for service in services}
        self.oauth = oauth
        self.faults = faults
        self.record = record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await lifespan(receive, send)
        service, _, method = scope["path"].removeprefix("/").rpartition("/")
        exchange = Wire(self.faults.take(method))
        wire.set(exchange)
        if exchange.fault.http is not None:
            await read_body(receive)
            self.record.append({"service": service, "method": method, "headers": headers_of(scope), "request": None})
            return await answer(send, exchange.fault.http, exchange.fault.body.encode(), "text/html")
        if service == "oauth2" and self.oauth is not None:
            return await self.oauth(scope, receive, send)
        if service in self.services:
            return await self.services[service](scope, receive, until_cut(exchange, send))
        # hypercorn fails if the body arrives after the response.
        await read_body(receive)
        await answer(send, 404, b"404 page not found\n")


def until_cut(exchange: Wire, send: Send) -> Send:
    """Wraps `send` to cut a stream. Without trailers, the response has no status."""

    async def send_until_cut(message: dict) -> None:
        if message["type"] == "http.response.start" and exchange.fault.cut_after is not None:
            message = {**message, "trailers": message["trailers"] and exchange.fault.code is not None}
        elif exchange.cut and message["type"] == "http.response.trailers":
            return
        elif exchange.cut:
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await send(message)

    return send_until_cut

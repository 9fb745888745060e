"""One inbound HTTP exchange, whatever server carries it.

`edge/http1.py` and `edge/asgi.py` implement these protocols and are the only files that know a
server; everything else sees a `Call`. The face never cancels a handler: it tells that the client
has gone (`is_gone`, `on_gone`) and the handler decides what that means.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from waystation.edge.body import Sink

HeaderList = Sequence[tuple[bytes, bytes]]


class Writer(Protocol):
    """The body of a streamed reply. Writing never blocks; a slow client shows as `congested`."""

    @property
    def congested(self) -> bool:
        """More than the high-water mark is waiting for the client: call `drain` before more."""

    def write(self, data: bytes) -> None:
        """Queue bytes for the client; ignored once the client has gone."""

    async def drain(self) -> None:
        """Return when the client took enough, when it has gone, or after the write deadline
        (then the connection is aborted and `Call.is_gone` is true). Never raises."""

    def end(self, last: bytes = b"") -> None:
        """Finish the reply properly, with these last bytes."""

    def abort(self) -> None:
        """Cut the connection so that the client cannot take the body for whole."""


class Call(Protocol):
    """A request with its head parsed and its reply not yet begun."""

    method: str
    path: str  # percent-decoded, normalised and folded (relay-api 1.1), without query
    raw_path: str  # as sent, for messages; never logged with its query
    query: str  # raw, without "?"
    peer: str  # the client's address after trusted proxies were considered
    scheme: str
    forwarded_host: str | None  # the host that a trusted proxy says the client wrote
    request_id: str
    received_ns: int  # time.perf_counter_ns() when the head was complete
    params: dict[str, str]  # path parameters, filled by the route table

    @property
    def is_gone(self) -> bool:
        """The client closed or reset the connection, or stopped reading for too long."""

    on_gone: Callable[[], None] | None  # called once, from the loop, when the client goes

    def header(self, name: str) -> str | None:
        """A header's value by lower-case name; repeated ones joined by ", "."""

    def headers(self) -> HeaderList:
        """All headers as received, names in lower case."""

    async def read(self, bytes_max: int, seconds_max: float, sink: Sink | None = None) -> bytes:
        """The whole body, content-encoding removed; the caps hold for the expanded size too.
        sink: is given the pieces as they arrive, nothing is kept and b"" comes back; a Fault that
        it raises ends the body.

        Raises Fault: request_too_large, body_too_slow, unsupported_media_type (an unknown or
        broken content-encoding), client_closed_request (the client left in the middle)."""

    def hold_body(self, is_held: bool) -> None:
        """While the body is read into a sink: whether the client shall wait with the rest. What
        is on its way still comes."""

    def reply(self, status: int, headers: HeaderList, body: bytes) -> None:
        """Answer whole. The face adds date, content-length, request id and CORS headers."""

    def stream(self, status: int, headers: HeaderList, first: bytes = b"") -> Writer:
        """Answer piece by piece (chunked in HTTP/1.1, until close in 1.0). first: goes with the
        head."""


Handler = Callable[[Call], Awaitable[None]]

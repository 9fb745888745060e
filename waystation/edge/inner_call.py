"""A call of the house's own on behalf of a caller who waits for something made of it.

It is relayed like any other: the caller's key, limits, prices, a hold, a row. Only its maker sees
the reply.
"""

from collections.abc import Callable
from time import perf_counter_ns

from waystation.edge.body import Sink
from waystation.edge.call import Call, HeaderList, Writer
from waystation.kernel.ids import request_id

_BODYS_OWN = frozenset(
    (b"content-type", b"content-length", b"content-encoding", b"transfer-encoding", b"expect")
)
_REPEATS = b"idempotency-key"
"""The outer request's; its repeat is never asked."""


class InnerCall:
    """Implements `Call`. outer: whose caller it is for. status 0: not answered, the client left."""

    def __init__(self, outer: Call, path: str, body: bytes) -> None:
        self.method = "POST"
        self.path = self.raw_path = path
        self.query = outer.query
        self.peer = outer.peer
        self.scheme = outer.scheme
        self.forwarded_host = outer.forwarded_host
        self.request_id = request_id()
        self.received_ns = perf_counter_ns()
        self.params: dict[str, str] = {}
        self._outer = outer
        self._body = body
        self._headers = [
            (name, value)
            for name, value in outer.headers()
            if name not in _BODYS_OWN and name != _REPEATS
        ]
        self._headers.append((b"content-type", b"application/json"))
        self._leave = outer.on_gone
        self.status = 0
        self.reply_headers: HeaderList = ()
        self.answer = b""

    @property
    def is_gone(self) -> bool:
        return self._outer.is_gone

    @property
    def on_gone(self) -> Callable[[], None] | None:
        return self._outer.on_gone

    @on_gone.setter
    def on_gone(self, leave: Callable[[], None] | None) -> None:
        """While the inner request waits, it is the one that is left."""
        self._outer.on_gone = leave or self._leave

    def header(self, name: str) -> str | None:
        wanted = name.encode("ascii")
        found = [value for each, value in self._headers if each == wanted]
        return b", ".join(found).decode("latin-1") if found else None

    def headers(self) -> HeaderList:
        return self._headers

    async def read(self, bytes_max: int, seconds_max: float, sink: Sink | None = None) -> bytes:
        return self._body

    def hold_body(self, is_held: bool) -> None:
        """It is here already."""

    def reply(self, status: int, headers: HeaderList, body: bytes) -> None:
        self.status, self.reply_headers, self.answer = status, headers, body

    def stream(self, status: int, headers: HeaderList, first: bytes = b"") -> Writer:
        raise NotImplementedError("an inner call is answered whole")

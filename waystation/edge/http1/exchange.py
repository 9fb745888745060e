"""One request and its reply on a connection of our own face: implements `Call` and `Writer`."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from waystation.edge import paths
from waystation.edge.body import Sink
from waystation.edge.call import HeaderList
from waystation.edge.face import DRAIN_BYTES_MAX
from waystation.edge.http1.intake import Head
from waystation.edge.inbox import BodyInbox
from waystation.edge.reply_headers import BODILESS, declared_length
from waystation.errors import Fault

if TYPE_CHECKING:
    from waystation.edge.http1.connection import Connection
_SIZES_COUNT = 4096
_SIZES = tuple(b"%x\r\n" % size for size in range(_SIZES_COUNT))
"""The size lines of chunks, as frames of streams have them."""


class Exchange:
    """See `Call`. Besides what the handler sees, it tells the connection how far it is."""

    __slots__ = (
        "_connection",
        "_fields",
        "_headers",
        "content_length",
        "expects_continue",
        "forwarded_host",
        "has_ended",
        "inbox",
        "is_gone",
        "keeps_alive",
        "method",
        "on_gone",
        "params",
        "path",
        "peer",
        "query",
        "raw_path",
        "received_ns",
        "reply_has_begun",
        "request_id",
        "scheme",
        "version",
    )

    on_gone: Callable[[], None] | None

    def __init__(
        self, connection: "Connection", head: Head, peer: str, scheme: str, request_id: str
    ) -> None:
        self.received_ns = time.perf_counter_ns()
        self._connection = connection
        self._headers = head.headers
        self._fields = head.fields
        self.method = head.method
        self.version = head.version
        self.raw_path = head.raw_path
        self.path = paths.fold(head.raw_path)
        self.query = head.query
        self.peer = peer
        self.scheme = scheme
        self.forwarded_host: str | None = None
        self.request_id = request_id
        self.params: dict[str, str] = {}
        self.on_gone = None
        self.content_length = head.content_length
        self.expects_continue = head.expects_continue
        self.keeps_alive = head.keeps_alive
        self.inbox = BodyInbox(is_whole=not head.has_body)
        self.reply_has_begun = False
        self.has_ended = False
        self.is_gone = False

    # --- what the handler asks

    def header(self, name: str) -> str | None:
        value = self._fields.get(name.encode())
        return None if value is None else value.decode("latin-1")

    def headers(self) -> HeaderList:
        return self._headers

    async def read(self, bytes_max: int, seconds_max: float, sink: Sink | None = None) -> bytes:
        inbox = self.inbox
        coding = self.header("content-encoding")
        if coding is None and sink is None and inbox.is_whole:
            return inbox.take_whole(self.content_length, bytes_max)
        collector = inbox.open(coding, self.content_length, bytes_max, sink)
        if not inbox.is_whole:
            rest = inbox.wait(collector)
            self._connection.await_body(seconds_max)
            try:
                await rest
            finally:
                inbox.stop()
        return collector.finish()

    def hold_body(self, is_held: bool) -> None:
        self._connection.hold_body(is_held)

    # --- what the connection tells

    def lose_client(self) -> None:
        """The client has gone. Tells the handler once, unless the reply was already complete."""
        if self.is_gone or self.has_ended:
            return
        self.is_gone = True
        if not self.inbox.is_whole:
            self.inbox.fail(Fault("client_closed_request"))
        if self.on_gone is not None:
            self.on_gone()

    # --- the reply

    def reply(self, status: int, headers: HeaderList, body: bytes) -> None:
        length = len(body)
        if self.method == "HEAD" or status in BODILESS:
            length = self._bodiless_length(status, headers, length)
            body = b""
        framing = b"" if length < 0 else b"content-length: %d\r\n" % length
        head = self._begin_reply(status, headers, framing)
        if head:
            self.has_ended = True
            self._connection.send_whole(head, body)

    def _bodiless_length(self, status: int, headers: HeaderList, length: int) -> int:
        """The content-length to tell of a body that is not sent; -1: none."""
        if status in BODILESS:
            return -1
        declared = declared_length(headers)
        return length if declared is None else declared

    def stream(self, status: int, headers: HeaderList, first: bytes = b"") -> "ReplyStream":
        length = declared_length(headers)
        bodiless = self.method == "HEAD" or status in BODILESS
        if length is not None and status not in BODILESS:
            framing = b"content-length: %d\r\n" % length
        elif self.version == "1.1" and status not in BODILESS:
            framing = b"transfer-encoding: chunked\r\n"
        else:
            framing = b""
            self.keeps_alive = self.keeps_alive and bodiless
        stream = ReplyStream(self, self._connection, length, framing == b"", bodiless)
        head = self._begin_reply(status, headers, framing)
        if head:
            self._connection.outlet.send(head + stream.framed(first))
        return stream

    def _begin_reply(self, status: int, headers: HeaderList, framing: bytes) -> bytes:
        if self.reply_has_begun:
            raise RuntimeError("the reply was begun before")
        if self.is_gone:
            self.reply_has_begun = True
            return b""
        connection, inbox = self._connection, self.inbox
        if connection.closes_after_reply or not inbox.is_whole or inbox.fault is not None:
            self.keeps_alive = self._can_keep_alive()
        if self.keeps_alive:
            closing = b"" if self.version == "1.1" else b"connection: keep-alive\r\n"
        else:
            closing = b"connection: close\r\n"
        head = connection.heads.head(status, headers, self.request_id, framing, closing)
        self.reply_has_begun = True
        return head

    def _can_keep_alive(self) -> bool:
        if not self.keeps_alive or self._connection.closes_after_reply:
            return False
        if self.inbox.fault is not None:
            return False
        if self.inbox.is_whole:
            return True
        if self.expects_continue:
            return False  # the client may or may not send the body now: nobody can tell them apart
        return (self.content_length or 0) <= DRAIN_BYTES_MAX

    def cut(self) -> None:
        """Cut the connection in the middle of the reply; the handler knows, and is not told."""
        if not self.has_ended:
            self.has_ended = True
            self._connection.cut(with_reset=self.version == "1.0")


class ReplyStream:
    """See `Writer`."""

    __slots__ = ("_bodiless", "_chunked", "_connection", "_exchange", "_left", "_outlet")

    def __init__(
        self,
        exchange: Exchange,
        connection: "Connection",
        length: int | None,
        bare: bool,
        bodiless: bool,
    ) -> None:
        self._exchange = exchange
        self._connection = connection
        self._outlet = connection.outlet
        self._left = length  # bytes of a declared length still to come
        self._bodiless = bodiless
        # bare: neither length nor chunks, the end of the connection is the end
        self._chunked = length is None and not (bare or bodiless)

    @property
    def congested(self) -> bool:
        return self._outlet.is_paused and not self._exchange.is_gone

    def write(self, data: bytes) -> None:
        exchange = self._exchange
        if data and not (exchange.is_gone or exchange.has_ended or self._bodiless):
            self._outlet.send(self.framed(data))

    def framed(self, data: bytes) -> bytes:
        """As it goes on the wire. Raises RuntimeError past a declared length."""
        if self._chunked:
            size = len(data)
            if not size:
                return b""  # a chunk of nothing would be the end
            line = _SIZES[size] if size < _SIZES_COUNT else b"%x\r\n" % size
            return line + data + b"\r\n"
        if self._bodiless:
            return b""
        if self._left is not None:
            self._left -= len(data)
            if self._left < 0:
                raise RuntimeError("more was written than the content-length said")
        return data

    async def drain(self) -> None:
        if self.congested:
            await self._outlet.drain()

    def end(self, last: bytes = b"") -> None:
        exchange = self._exchange
        if exchange.is_gone or exchange.has_ended:
            return
        out = self.framed(last)
        if self._left and not self._bodiless:
            self._outlet.send(out)
            self.abort()  # shorter than it said: it must not pass for whole
            return
        exchange.has_ended = True
        if self._chunked:
            out += b"0\r\n\r\n"
        if out:
            self._outlet.send(out)
        self._connection.finish_reply()

    def abort(self) -> None:
        self._exchange.cut()

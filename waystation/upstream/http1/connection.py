"""One socket: at most one request at a time, then idle until the next.

    idle ── begin ──▶ sending ──▶ awaiting the head ──▶ body ──▶ idle again, or closed
      └── anything arrives, or 30 s pass ──▶ closed

One timer serves all deadlines and is hardly ever touched: it fires at the earliest every hop,
looks at `_due_at` and goes back to sleep. Bytes are received into one buffer that all connections
share, and parsed before the loop can receive again.
"""

import asyncio
import math
from typing import TYPE_CHECKING, Any

import httptools

from waystation.upstream.http1.framing import RefusedError, decoded_headers, decoder_of, framing
from waystation.upstream.http1.outlet import Outlet
from waystation.upstream.http1.reply import Reply
from waystation.upstream.transport import Body, FaultKind

if TYPE_CHECKING:
    from waystation.upstream.http1.pool import Place, Pool

RECEIVE_BYTES = 64 * 1024
WAITING_BYTES_HIGH = 64 * 1024
HEAD_BYTES_MAX = 64 * 1024
HEAD_COUNT_MAX = 200
SILENT_BYTES_MAX = 64 * 1024
"""Chunk extensions and trailers, which carry nothing for the reader."""
HOP_SECONDS = 30.0
STALE_SECONDS = 1.0
"""A server that closes a used connection this soon had most likely closed it before."""

_NO_BODY = frozenset({204, 304})


class Connection(asyncio.BufferedProtocol):
    """reply: the exchange that is going on, None when idle."""

    __slots__ = (
        "_complete",
        "_due_as",
        "_due_at",
        "_head_bytes",
        "_headers",
        "_in_head",
        "_informational",
        "_keep_alive",
        "_loop",
        "_outlet",
        "_parser",
        "_pool",
        "_progressed",
        "_receive",
        "_sent_at",
        "_silent_bytes",
        "_timer",
        "_timer_at",
        "_turn",
        "_until_close",
        "_used",
        "place",
        "reply",
        "wire",
    )

    _outlet: Outlet

    def __init__(self, pool: "Pool", place: "Place", loop: asyncio.AbstractEventLoop) -> None:
        self.place = place
        self.reply: Reply | None = None
        self.wire: asyncio.Transport | None = None
        self._loop = loop
        self._pool = pool
        self._receive = pool.receive
        self._turn = pool.turn
        self._parser = httptools.HttpResponseParser(self)
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = self._due_at = math.inf
        self._due_as: FaultKind = "total_timeout"
        self._sent_at = 0.0
        self._used = False
        self._reset()

    def _reset(self) -> None:
        self._headers: list[tuple[bytes, bytes]] = []
        self._in_head = True
        self._head_bytes = self._silent_bytes = 0
        self._informational = self._complete = self._until_close = False
        self._keep_alive = self._progressed = False

    # Exchange

    def begin(self, reply: Reply, head: bytes, body: bytes | Body) -> None:
        """Write a request; what comes back fills the reply."""
        assert self.reply is None
        self.reply = reply
        self._sent_at = self._loop.time()
        outlet = self._outlet
        try:
            outlet.send(head, body)
        except OSError as error:
            self._unreadable(error)
            return
        if outlet.put_off:
            self._turn.later(self._flush)
        if outlet.is_paused:
            self._expect_room(reply)
        else:
            due_at = self._due_at = self._sent_at + reply.deadlines.first_byte_seconds
            self._due_as = "first_byte_timeout"
            if due_at >= reply.total_at or due_at < self._timer_at:
                self._expect_head(reply, self._sent_at)

    def _flush(self) -> None:
        outlet = self._outlet
        outlet.flush()
        if outlet.is_paused and self.reply is not None:
            self._expect_room(self.reply)

    def _unreadable(self, error: OSError) -> None:
        self._fail("reset", f"the body cannot be read: {error}")
        self.abort()

    def expect_piece(self, reply: Reply) -> None:
        """The reader has begun to wait."""
        due_at = self._loop.time() + reply.deadlines.idle_seconds
        if self._timer_at <= due_at < reply.total_at:  # as `_expect`, without touching the timer
            self._due_at = due_at
            self._due_as = "idle_timeout"
        else:
            self._expect(reply, due_at, "idle_timeout")

    def resume(self) -> None:
        if self.wire is not None and not self.wire.is_closing():
            self.wire.resume_reading()

    def abort(self) -> None:
        """Close at once, whatever is going on."""
        if self.reply is not None:
            self._outlet.flush()  # it counts as sent: what is paid for must have been asked
            self._fail("reset", "closed by us")
        self._pool.drop(self)
        if self.wire is not None:
            self.wire.abort()

    @property
    def is_usable(self) -> bool:
        return self.wire is not None and not self.wire.is_closing()

    def rest(self, seconds: float) -> None:
        """Idle from now on; closed after so many seconds."""
        due_at = self._due_at = self._loop.time() + seconds
        self._due_as = "idle_timeout"
        if due_at < self._timer_at:
            self._arm(due_at, "idle_timeout")

    # asyncio

    def connection_made(self, transport: Any) -> None:
        self.wire = transport
        self._outlet = Outlet(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._peer_closed(exc)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        del self._parser
        self._pool.lost(self)

    def eof_received(self) -> None:
        self._peer_closed(None)

    def pause_writing(self) -> None:
        self._outlet.is_paused = True

    def resume_writing(self) -> None:
        outlet, reply = self._outlet, self.reply
        if reply is None:
            outlet.is_paused = False
            return
        try:
            outlet.resume()
        except OSError as error:
            self._unreadable(error)
            return
        if not outlet.is_paused and not reply.status:
            self._expect_head(reply, self._loop.time())

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._receive

    def buffer_updated(self, nbytes: int) -> None:
        reply = self.reply
        if reply is None:
            self.abort()
            return
        if self._outlet.put_off and self._used:
            self._speaks_first(reply)
            return
        self._progressed = False
        try:
            self._parser.feed_data(self._receive[:nbytes])
        except httptools.HttpParserUpgrade:
            self._break("the reply switches protocols")
            return
        except httptools.HttpParserError as error:
            self._parser_failed(error)
            return
        if self._complete:
            self._finish(reply)
        elif self._in_head:
            self._head_bytes += nbytes
            if self._head_bytes > HEAD_BYTES_MAX:
                self._break("the reply's head is too large")
        elif not self._progressed:
            self._silent_bytes += nbytes
            if self._silent_bytes > SILENT_BYTES_MAX:
                self._break("the reply sends nothing but chunk extensions or trailers")
        elif reply.waiting_bytes > WAITING_BYTES_HIGH and not reply.paused:
            reply.paused = True
            self.wire.pause_reading()  # type: ignore[union-attr]

    # httptools

    def on_message_begin(self) -> None:
        if self._complete:
            raise RefusedError("bytes after the reply")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        parser = self._parser
        status = parser.get_status_code()
        if status < 200:
            self._informational = True
            self._headers = []
            return
        headers = self._headers
        if len(headers) > HEAD_COUNT_MAX:
            raise RefusedError("the reply has too many headers")
        if parser.get_http_version() not in ("1.1", "1.0"):
            raise RefusedError("the reply is not HTTP/1")
        reply = self.reply
        assert reply is not None
        self._keep_alive = parser.should_keep_alive()
        empty = reply.without_body or status in _NO_BODY
        ends, codings = framing(headers)
        self._until_close = not (ends or empty)
        decoder = None
        if codings and not (empty or reply.keep_encoding):
            decoder = decoder_of(codings)
            if decoder is not None:
                headers = decoded_headers(headers)
        self._in_head = False
        self._progressed = True
        if reply.without_body:
            self._complete = True  # a reply to HEAD ends here, whatever lengths it names
        reply.head_came(status, tuple(headers), decoder)

    def on_body(self, data: bytes) -> None:
        if self._complete:
            raise RefusedError("a body where none belongs")
        self._progressed = True
        self.reply.body_came(data)  # type: ignore[union-attr]

    def on_message_complete(self) -> None:
        if self._informational:
            self._informational = False
        else:
            self._complete = True

    # Ends

    def _parser_failed(self, error: httptools.HttpParserError) -> None:
        cause = error.__context__
        ours = isinstance(cause, RefusedError)
        if isinstance(error, httptools.HttpParserCallbackError) and not ours:
            raise error
        if self._complete and self.reply is not None:
            self._keep_alive = False  # the reply is whole; what follows it is not ours
            self._finish(self.reply)
        else:
            self._break(str(cause if ours else error))

    def _finish(self, reply: Reply) -> None:
        self.reply = None
        if reply.paused:
            reply.paused = False
            self.resume()
        # Answered before it was read: the two ends are out of step.
        usable = self._keep_alive and self._outlet.is_whole and self.is_usable
        if reply.without_body:
            self._parser = httptools.HttpResponseParser(self)
        self._headers = []  # as `_reset`, which does more than a whole reply leaves to do
        self._in_head = self._used = True
        self._head_bytes = self._silent_bytes = 0
        self._complete = self._until_close = False
        if usable:
            self._pool.give(self)
        elif self.wire is not None:
            self.wire.abort()
        reply.ended()

    def _speaks_first(self, reply: Reply) -> None:
        """Whatever it says, it is no answer: an idle connection's farewell that we met halfway."""
        reply.stale = True
        self._outlet.put_off = b""
        self._fail("reset", "bytes before the request")
        self.abort()

    def _break(self, reason: str) -> None:
        self._fail("protocol", reason)
        self.abort()

    def _fail(self, kind: FaultKind, detail: str) -> None:
        reply, self.reply = self.reply, None
        if reply is not None:
            reply.failed(kind, detail)

    def _peer_closed(self, exc: Exception | None) -> None:
        reply = self.reply
        if reply is None:
            self._pool.drop(self)
        elif self._until_close and exc is None:
            self.reply = None
            reply.ended()
        else:
            soon = self._loop.time() - self._sent_at < STALE_SECONDS
            reply.stale = self._used and soon and self._in_head and not self._head_bytes
            where = "before the reply" if self._in_head else "inside the reply"
            self._fail("reset", f"closed {where}" + (f": {exc}" if exc is not None else ""))

    # Deadlines

    def _expect_head(self, reply: Reply, now: float) -> None:
        self._expect(reply, now + reply.deadlines.first_byte_seconds, "first_byte_timeout")

    def _expect_room(self, reply: Reply) -> None:
        """The socket has enough for now: it must take in more of the request in time."""
        self._outlet.watch()
        self._expect(reply, self._sent_at + reply.deadlines.idle_seconds, "idle_timeout")

    def _expect(self, reply: Reply, at: float, kind: FaultKind) -> None:
        if at < reply.total_at:
            self._arm(at, kind)
        else:
            self._arm(reply.total_at, "total_timeout")

    def _arm(self, at: float, kind: FaultKind) -> None:
        self._due_at = at
        self._due_as = kind
        if at < self._timer_at:
            if self._timer is not None:
                self._timer.cancel()
            self._sleep()

    def _sleep(self) -> None:
        self._timer_at = min(self._due_at, self._loop.time() + HOP_SECONDS)
        self._timer = self._loop.call_at(self._timer_at, self._look)

    def _look(self) -> None:
        """The timer fired: is anything due?"""
        self._timer = None
        self._timer_at = math.inf
        now = self._loop.time()
        if now + 0.001 < self._due_at:  # loops keep time in milliseconds
            self._sleep()
        elif self.reply is None:
            self.abort()
        elif self._due_as == "idle_timeout" and self._may_wait_on(self.reply, now):
            return
        else:
            self._fail(self._due_as, "")
            self.abort()

    def _may_wait_on(self, reply: Reply, now: float) -> bool:
        """Not the upstream is idle but the reader; or it still takes in the request."""
        if self._outlet.is_paused and not reply.status:
            if self._outlet.moved():
                self._expect(reply, now + reply.deadlines.idle_seconds, "idle_timeout")
                return True
        elif not reply.awaited:
            self._arm(reply.total_at, "total_timeout")
            return True
        return False

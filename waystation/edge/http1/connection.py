"""One client connection: bytes in, exchanges in order, bytes out.

    IDLE ──first byte──▶ HEAD ──head whole──▶ BODY ──body whole──▶ BUSY ──reply ended──▶ IDLE
                                              │ reply ended first
                                              ▼
                                            DRAIN ──body whole──▶ IDLE
    any ──refusal, or a reply that closes──▶ LINGER ──client closed, or deadline──▶ CLOSED

The intake is given one head, then its body; what lies behind waits in `_buffer` until the reply has
ended, so pipelined replies go out in order by construction. While a handler runs the socket is
still read, for that is how a client's leaving is noticed; it is paused when too much is waiting.
"""

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, cast

from waystation.edge import cors, paths
from waystation.edge.face import DRAIN_BYTES_MAX
from waystation.edge.http1.exchange import Exchange
from waystation.edge.http1.heads import HeadWriter
from waystation.edge.http1.inlet import Inlet
from waystation.edge.http1.intake import BodyError, Intake
from waystation.edge.http1.outlet import Outlet
from waystation.edge.peers import UNIX
from waystation.edge.strict import Refusal
from waystation.errors import Fault

if TYPE_CHECKING:
    from waystation.edge.http1.server import Face

IDLE, HEAD, BODY, BUSY, DRAIN, LINGER, CLOSED = range(7)

_HELD_BYTES_MAX = 64 * 1024
_JOINED_BYTES_MAX = 64 * 1024
_NEVER = float("inf")


class Connection(asyncio.Protocol):
    """The protocol object of one transport."""

    __slots__ = (
        "_body_seconds",
        "_buffer",
        "_deadline",
        "_drain_left",
        "_exchange",
        "_face",
        "_inlet",
        "_intake",
        "_loop",
        "_peer",
        "_peer_is_trusted",
        "_phase",
        "_scanned",
        "_scheme",
        "_transport",
        "heads",
        "outlet",
    )

    _transport: asyncio.Transport
    _inlet: Inlet
    outlet: Outlet

    def __init__(self, face: "Face", loop: asyncio.AbstractEventLoop, heads: HeadWriter) -> None:
        self._face = face
        self._loop = loop
        self.heads = heads
        self._phase = IDLE
        self._deadline = _NEVER
        self._buffer = bytearray()
        self._scanned = 0
        self._exchange: Exchange | None = None
        self._body_seconds = 0.0
        self._drain_left = 0
        self._intake = Intake(face.limits)

    # --- the transport's callbacks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._inlet = Inlet(self._transport)
        self.outlet = Outlet(self._transport, self._face.limits.write_bytes_high, self._face.turn)
        name = transport.get_extra_info("peername")
        self._peer = name[0] if isinstance(name, tuple) else UNIX
        self._peer_is_trusted = self._face.proxies.trusts(self._peer)
        self._scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        self._deadline = self._loop.time() + self._face.limits.head_seconds_max
        self._face.admit(self)

    def refuse_overload(self) -> None:
        """There are too many connections: say so, and close."""
        self._refuse(503, "overloaded")

    def connection_lost(self, exc: Exception | None) -> None:
        self._face.forget(self)
        self._lose_client()
        self._intake.close()

    def eof_received(self) -> bool:
        exchange = self._exchange
        if exchange is not None and not exchange.has_ended:
            self.cut()
        else:
            self.outlet.flush()
        return False

    def pause_writing(self) -> None:
        self.outlet.pause()

    def resume_writing(self) -> None:
        self.outlet.resume()
        self._parse_held()

    def data_received(self, data: bytes) -> None:
        phase = self._phase
        if phase in (BODY, DRAIN):
            self._take_body(data)
        elif phase == IDLE and not self._buffer and not self.outlet.is_paused:
            self._parse(data)
        elif phase < BODY:
            self._buffer += data
            if not self.outlet.is_paused:
                self._parse_buffer()
            self._bound_buffer()
        elif phase == BUSY:
            self._buffer += data
            self._bound_buffer()

    def _bound_buffer(self) -> None:
        if len(self._buffer) > _HELD_BYTES_MAX and self._phase in (IDLE, BUSY):
            self._inlet.pause()

    # --- a head

    def _parse(self, data: bytes) -> None:
        """The common case: a read that begins with a head and holds all of it."""
        end = data.find(b"\r\n\r\n") + 4
        if end < 4 or data[0] == 13:
            self._buffer += data
            self._parse_buffer()
        elif end == len(data):
            self._take_head(data)
        else:
            self._take_head(data[:end])
            self._take_rest(data[end:])

    def _parse_buffer(self) -> None:
        """A head in pieces, blank lines before it, or a pipelined one."""
        buffer = self._buffer
        while buffer[:2] == b"\r\n":
            del buffer[:2]
        end = buffer.find(b"\r\n\r\n", max(0, self._scanned - 3)) + 4
        if end < 4:
            self._scanned = len(buffer)
            self._await_head(buffer)
            return
        self._scanned = 0
        head = bytes(buffer[:end])
        rest = bytes(buffer[end:])
        buffer.clear()
        self._take_head(head)
        self._take_rest(rest)

    def _await_head(self, buffer: bytearray) -> None:
        """Part of a head is here: refuse at once what can no longer become one."""
        if not buffer:
            return
        if self._phase == IDLE:
            self._phase = HEAD
            self._deadline = self._loop.time() + self._face.limits.head_seconds_max
        refusal = self._intake.judge_part(buffer)
        if refusal is not None:
            self._refuse_head(refusal)

    def _take_rest(self, rest: bytes) -> None:
        """What came in one read behind a head."""
        if not rest or self._phase >= LINGER:
            return
        if self._phase in (BODY, DRAIN):
            self._take_body(rest)
        else:
            self._buffer += rest
            if self._phase == IDLE:
                self._loop.call_soon(self._parse_held)
            self._bound_buffer()

    def _take_head(self, data: bytes) -> None:
        head = self._intake.read_head(data)
        if isinstance(head, Refusal):
            self._refuse_head(head)
            return
        peer, scheme = self._peer, self._scheme
        if self._peer_is_trusted:
            peer, scheme = self._face.proxies.origin(peer, scheme, head.fields)
        exchange = Exchange(self, head, peer, scheme, self._face.request_id())
        if self._peer_is_trusted:
            exchange.forwarded_host = self._face.proxies.host(head.fields)
        self._exchange = exchange
        self._deadline = _NEVER
        self._phase = BODY if head.has_body else BUSY
        if head.method == "OPTIONS":
            asked = exchange.header("access-control-request-headers")
            exchange.reply(204, cors.preflight(asked), b"")
        else:
            self._face.start(exchange)

    # --- a body

    def _take_body(self, data: bytes) -> None:
        exchange = cast(Exchange, self._exchange)
        exchange.expects_continue = False
        intake = self._intake
        try:
            used = intake.feed_body(data)
        except BodyError:
            self._break_body(exchange)
            return
        inbox = exchange.inbox
        for piece in intake.pieces:
            inbox.take(piece)
        intake.pieces.clear()
        if self._phase == DRAIN:
            self._drain_left -= used
            if self._drain_left < 0:
                self._close_softly()
                return
        if intake.is_complete:
            inbox.end()
            if used != len(data):
                self._buffer += data[used:]
            if self._phase == DRAIN:
                self._go_idle()
            else:
                self._phase = BUSY
                self._deadline = _NEVER
            if self._buffer:
                self._bound_buffer()
        elif inbox.held_bytes > _HELD_BYTES_MAX and not inbox.is_read:
            self._inlet.pause()

    def _break_body(self, exchange: Exchange) -> None:
        """The framing is broken: the handler is told, and nothing behind it is ever parsed."""
        exchange.keeps_alive = False
        exchange.inbox.fail(Fault("invalid_request", reason="The chunked body is malformed."))
        if self._phase == DRAIN:
            self._close_softly()
        else:
            self._phase = BUSY
            self._inlet.pause()

    def await_body(self, seconds_max: float) -> None:
        """The handler waits for the body from now on."""
        exchange = cast(Exchange, self._exchange)
        self._body_seconds = seconds_max
        self._deadline = self._loop.time() + seconds_max
        if exchange.expects_continue:
            exchange.expects_continue = False
            self.outlet.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._inlet.resume()

    def hold_body(self, is_held: bool) -> None:
        """Whether the handler has no more room for the body. It may be whole by now."""
        if is_held and self._phase == BODY:
            self._inlet.pause()
        elif not is_held and self._phase in (BODY, BUSY) and len(self._buffer) <= _HELD_BYTES_MAX:
            self._inlet.resume()

    # --- a reply

    @property
    def closes_after_reply(self) -> bool:
        """Whether this connection ends with the reply that is being begun."""
        return self._face.announce_close

    def send_whole(self, head: bytes, body: bytes) -> None:
        """Queue a whole reply and go on to what comes after it."""
        if len(body) < _JOINED_BYTES_MAX:
            self.outlet.send_late(head + body)
        else:
            self.outlet.send_both(head, body)
        self.finish_reply()

    def finish_reply(self) -> None:
        """The last byte of the reply is queued."""
        exchange = self._exchange
        if exchange is None:
            return
        inbox = exchange.inbox
        if not exchange.keeps_alive:
            inbox.drop()
            self._close_softly()
        elif inbox.is_whole:
            self._go_idle()
        else:
            inbox.drop()
            self._phase = DRAIN
            self._drain_left = DRAIN_BYTES_MAX
            self._deadline = self._loop.time() + self._face.limits.body_seconds_max
            self._inlet.resume()

    def _go_idle(self) -> None:
        self._exchange = None
        self._phase = IDLE
        self._deadline = self._loop.time() + self._face.limits.idle_seconds_max
        if self._buffer:
            self._loop.call_soon(self._parse_held)
        elif self._inlet.is_paused:
            self._inlet.resume()

    def _parse_held(self) -> None:
        """The next pipelined request, from the loop so that a long row of them yields to others."""
        if self._phase == IDLE and self._buffer and not self.outlet.is_paused:
            self._parse_buffer()
            if len(self._buffer) <= _HELD_BYTES_MAX:
                self._inlet.resume()

    # --- refusals and ends

    def _refuse_head(self, refusal: Refusal) -> None:
        self._refuse(refusal.status, "invalid_request", reason=refusal.reason)

    def _refuse(self, status: int, code: str, **values: object) -> None:
        """Answer what never became an exchange, and end the connection."""
        path = paths.fold(self._intake.raw_path)
        request_id = self._face.request_id()
        values["request_id"] = request_id
        headers, body = self._face.refuse(status, code, values, path)
        framing = b"content-length: %d\r\n" % len(body)
        closing = b"connection: close\r\n"
        self.outlet.send(self.heads.head(status, headers, request_id, framing, closing) + body)
        self._close_softly()

    def _close_softly(self) -> None:
        """Send what is queued and the end, then drop what still comes: a reset on unread bytes
        would take the reply away from the client."""
        self._exchange = None
        self._phase = LINGER
        self._buffer.clear()
        self._deadline = self._loop.time() + self._face.limits.linger_seconds_max
        if self.outlet.finish():
            self._inlet.resume()

    def cut(self, with_reset: bool = False) -> None:
        """End at once; what is queued is lost, and the handler is told.

        with_reset: where the end of the connection would be the proper end of the reply.
        """
        self.outlet.flush()
        self._lose_client()
        if with_reset:
            plain = self._transport.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def _lose_client(self) -> None:
        if self._phase == CLOSED:
            return
        self._phase = CLOSED
        self._buffer.clear()
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            self._face.lose_client(exchange)
        self.outlet.resume()

    @property
    def is_idle(self) -> bool:
        """Between two requests, with nothing of the next one here."""
        return self._phase == IDLE and not self._buffer

    def close_if_idle(self) -> None:
        """Close a kept-alive connection that nobody is using."""
        if self.is_idle:
            self._phase = CLOSED
            self.outlet.close()

    # --- deadlines, looked at by the face's sweep

    def sweep(self, now: float) -> None:
        """End what is over its deadline."""
        if now >= self._deadline:
            self._deadline = _NEVER
            self._expire()
        if self.outlet.is_stalled(now, self._face.limits.write_seconds_max):
            self.cut()

    def _expire(self) -> None:
        phase = self._phase
        if phase == HEAD:
            self._refuse_head(Refusal(408, "The request head did not arrive in time."))
        elif phase == BODY and self._exchange is not None:
            self._exchange.inbox.fail(Fault("body_too_slow", seconds=f"{self._body_seconds:g}"))
        elif phase == DRAIN:
            self._close_softly()
        elif phase == IDLE:
            self.close_if_idle()
        elif phase == LINGER:
            self.outlet.close()

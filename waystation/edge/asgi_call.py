"""One exchange over ASGI: `Call` and `Writer` on the server's `receive` and `send`.

Writing here is not awaited, an ASGI `send` is: replies are queued, and `carry`, the coroutine that
the server runs, sends them. A second task receives: the body, and then the client's leaving.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote

from waystation.edge import cors, paths
from waystation.edge.body import Sink
from waystation.edge.call import HeaderList
from waystation.edge.face import DRAIN_BYTES_MAX, FaceLimits, OnError
from waystation.edge.inbox import BodyInbox
from waystation.edge.reply_headers import BODILESS, OURS, DateClock, declared_length
from waystation.errors import Fault

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class AsgiCall:
    """See `Call`."""

    on_gone: Callable[[], None] | None

    def __init__(
        self,
        scope: MutableMapping[str, Any],
        headers: HeaderList,
        fields: dict[bytes, bytes],
        limits: FaceLimits,
        request_id: str,
        date: DateClock,
        on_error: OnError,
    ) -> None:
        self.received_ns = time.perf_counter_ns()
        self._headers = headers
        self._fields = fields
        self._limits = limits
        self._date = date
        self._on_error = on_error
        self.method: str = scope["method"]
        self.raw_path: str = (scope.get("raw_path") or quote(scope["path"]).encode()).decode(
            "latin-1"
        )
        self.path = paths.fold(self.raw_path)
        self.query: str = scope["query_string"].decode("latin-1")
        self.peer = ""
        self.scheme = "http"
        self.forwarded_host: str | None = None
        self.request_id = request_id
        self.params: dict[str, str] = {}
        self.on_gone = None
        self.is_gone = False
        self.closes = False
        self.has_ended = False
        self.reply_has_begun = False
        self.inbox = BodyInbox(is_whole=not _has_body(fields))
        self.queue = SendQueue(limits.write_bytes_high)
        self._wants_body = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()

    def header(self, name: str) -> str | None:
        value = self._fields.get(name.encode("latin-1"))
        return None if value is None else value.decode("latin-1")

    def headers(self) -> HeaderList:
        return self._headers

    async def read(self, bytes_max: int, seconds_max: float, sink: Sink | None = None) -> bytes:
        length = self._fields.get(b"content-length")
        declared = None if length is None else int(length)
        coding = self.header("content-encoding")
        collector = self.inbox.open(coding, declared, bytes_max, sink)
        if not self.inbox.is_whole:
            rest = self.inbox.wait(collector)
            self._wants_body.set()
            try:
                async with asyncio.timeout(seconds_max):
                    await rest
            except TimeoutError:
                fault = Fault("body_too_slow", seconds=f"{seconds_max:g}")
                self.inbox.fail(fault)
                raise fault from None
            finally:
                self.inbox.stop()
        return collector.finish()

    def hold_body(self, is_held: bool) -> None:
        (self._has_room.clear if is_held else self._has_room.set)()

    # --- the reply

    def reply(self, status: int, headers: HeaderList, body: bytes) -> None:
        length: int | None = len(body)
        if status in BODILESS:
            length, body = None, b""
        elif self.method == "HEAD":
            declared = declared_length(headers)
            length, body = length if declared is None else declared, b""
        if self._begin_reply(status, headers, length):
            self.has_ended = True
            self.queue.put({"type": "http.response.body", "body": body}, len(body))
            self.queue.end()

    def reply_preflight(self) -> None:
        """The answer to OPTIONS."""
        asked = self.header("access-control-request-headers")
        self.reply(204, cors.preflight(asked), b"")

    def stream(self, status: int, headers: HeaderList, first: bytes = b"") -> "AsgiStream":
        length = None if status in BODILESS else declared_length(headers)
        bodiless = self.method == "HEAD" or status in BODILESS
        self._begin_reply(status, headers, length)
        stream = AsgiStream(self, length, bodiless)
        stream.write(first)
        return stream

    def _begin_reply(self, status: int, headers: HeaderList, length: int | None) -> bool:
        if self.reply_has_begun:
            raise RuntimeError("the reply was begun before")
        sent = [(name, value) for name, value in headers if name.lower() not in OURS]
        if any(mark in value for _, value in sent for mark in (b"\r", b"\n", b"\0")):
            raise ValueError("a reply header has a line break or a NUL in it")
        self.reply_has_begun = True
        if self.is_gone:
            return False
        if length is not None:
            sent.append((b"content-length", b"%d" % length))
        identity = self.request_id.encode("ascii")
        sent.append((b"x-request-id", identity))
        sent.append((b"x-oneapi-request-id", identity))
        if not any(name == b"access-control-allow-origin" for name, _ in sent):
            sent.extend(cors.ORIGIN_HEADERS)
        sent.append((b"date", self._date.value()))
        if self.closes or not self._can_keep_alive():
            sent.append((b"connection", b"close"))
        self.queue.put({"type": "http.response.start", "status": status, "headers": sent}, 0)
        return True

    def _can_keep_alive(self) -> bool:
        if self.inbox.fault is not None:
            return False
        if self.inbox.is_whole:
            return True
        if b"expect" in self._fields:
            return False
        return int(self._fields.get(b"content-length", b"0")) <= DRAIN_BYTES_MAX

    def abort(self) -> None:
        """End without completing the reply: the server then cuts the connection."""
        if not self.has_ended:
            self.has_ended = True
            self.queue.end()

    # --- the server's side

    async def carry(self, receive: Receive, send: Send) -> None:
        """Move messages both ways until the reply is sent, cut short, or the client has gone."""
        receiver = asyncio.create_task(self._receive(receive))
        try:
            while True:
                message = await self.queue.get()
                if message is None:
                    break
                async with asyncio.timeout(self._limits.write_seconds_max):
                    await send(message)
        except (TimeoutError, OSError):
            self.lose_client()
        finally:
            receiver.cancel()
            await asyncio.wait([receiver])

    async def _receive(self, receive: Receive) -> None:
        if not self.inbox.is_whole:
            await self._wants_body.wait()  # the server sends 100 Continue at the first receive
        while True:
            if not self.inbox.is_whole:
                await self._has_room.wait()
            message = await receive()
            if message["type"] == "http.disconnect":
                self.lose_client()
                return
            self.inbox.take(message.get("body", b""))
            if not message.get("more_body", False):
                self.inbox.end()

    def lose_client(self) -> None:
        """The client has gone. Tells the handler once, unless the reply was already complete."""
        if self.is_gone or self.has_ended:
            return
        self.is_gone = True
        self.queue.end()
        if not self.inbox.is_whole:
            self.inbox.fail(Fault("client_closed_request"))
        if self.on_gone is not None:
            try:
                self.on_gone()
            except Exception as error:
                self._on_error(error, self)


class AsgiStream:
    """See `Writer`."""

    def __init__(self, call: AsgiCall, length: int | None, bodiless: bool) -> None:
        self._call = call
        self._left = length
        self._bodiless = bodiless

    @property
    def congested(self) -> bool:
        return self._call.queue.is_full and not self._call.is_gone

    def write(self, data: bytes) -> None:
        call = self._call
        if not data or call.is_gone or call.has_ended or self._bodiless:
            return
        if self._left is not None:
            self._left -= len(data)
            if self._left < 0:
                raise RuntimeError("more was written than the content-length said")
        message = {"type": "http.response.body", "body": data, "more_body": True}
        call.queue.put(message, len(data))

    async def drain(self) -> None:
        while self.congested:
            await self._call.queue.wait_room()

    def end(self, last: bytes = b"") -> None:
        self.write(last)
        call = self._call
        if call.is_gone or call.has_ended:
            return
        if self._left and not self._bodiless:
            call.abort()  # shorter than it said: it must not pass for whole
            return
        call.has_ended = True
        call.queue.put({"type": "http.response.body", "body": b""}, 0)
        call.queue.end()

    def abort(self) -> None:
        self._call.abort()


class SendQueue:
    """Messages on their way to the server, counted in body bytes."""

    def __init__(self, bytes_high: int) -> None:
        self._bytes_high = bytes_high
        self._messages: deque[tuple[Message, int]] = deque()
        self._queued_bytes = 0
        self._has_ended = False
        self._change = asyncio.Event()
        self._room = asyncio.Event()

    @property
    def is_full(self) -> bool:
        """More than the high-water mark is waiting."""
        return self._queued_bytes > self._bytes_high and not self._has_ended

    def put(self, message: Message, size_bytes: int) -> None:
        self._messages.append((message, size_bytes))
        self._queued_bytes += size_bytes
        self._change.set()

    def end(self) -> None:
        """No message follows; those queued are still sent."""
        self._has_ended = True
        self._change.set()
        self._room.set()

    async def get(self) -> Message | None:
        """The next message; None after the last."""
        while not self._messages:
            if self._has_ended:
                return None
            self._change.clear()
            await self._change.wait()
        message, size_bytes = self._messages.popleft()
        self._queued_bytes -= size_bytes
        if self._queued_bytes <= self._bytes_high // 4:
            self._room.set()
        return message

    async def wait_room(self) -> None:
        """Return when much of what waits was sent, or nothing will be."""
        self._room.clear()
        if not self._has_ended:
            await self._room.wait()


def _has_body(fields: dict[bytes, bytes]) -> bool:
    return b"transfer-encoding" in fields or fields.get(b"content-length", b"0").strip(b"0") != b""

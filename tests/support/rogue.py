"""A real upstream on a real socket that answers by script, and misbehaves on command.

It runs on a thread and a loop of its own, so the code under test may be in this process, in its
event loop or in another process. Use it as a context manager:

    with Rogue() as rogue:                                  # http://127.0.0.1:<rogue.port>
        rogue.answer(rogue.chat(text="hello"))              # every request, from now on
        rogue.queue(rogue.error(500), rogue.chat())         # the next two requests, before that
        rogue.on("/v1/embeddings", rogue.reply(200, b"{}")) # one path
        ...
        rogue.seen[0].headers["authorization"]              # what came in, in order
        rogue.links[0].closed_by                            # "peer", "rogue" or None (still open)
        await rogue.until(lambda: rogue.links[0].closed_at) # wait for it; `rogue.wait` in a thread

A script is a tuple of steps, so scripts are joined with `+`:

    bytes            sent as they are
    Pause(seconds)   waits
    Drip(data, gap)  sent one byte at a time
    Endless(data)    sent again and again, as fast as the peer reads, until it closes
    Gate(event)      waits for a threading.Event that the test sets
    STALL            nothing more, until the peer closes
    CLOSE, RESET     ends the connection with FIN or with RST

Whoever needs the request to make the answer gives a function `Seen -> script` in place of a
script. After a script the connection stays open for the next request. With `rogue.early = True`
scripts begin when a request's head is there, and its body is never read.

The steps and the ready-made scripts (`reply`, `chat`, `stream`, `chat_frames`, `error`, `echo_key`,
`gzipped`, `gzip_bomb`, and their parts `head`, `chunk`, `LAST_CHUNK`) live in script.py; the
scripts are also attributes of a Rogue.
"""

import asyncio
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import httptools
import uvloop

from tests.support.script import (
    CLOSE,
    RESET,
    STALL,
    Answer,
    Drip,
    End,
    Endless,
    Gate,
    Pause,
    Script,
    Seen,
    Step,
    chat,
    chat_frames,
    echo_key,
    error,
    gzip_bomb,
    gzipped,
    reply,
    stream,
)

HANDSHAKE_SECONDS = 2.0


@dataclass
class Link:
    """A connection. Times are time.monotonic(); sent_bytes: taken by the kernel."""

    opened_at: float
    closed_at: float | None = None
    closed_by: Literal["peer", "rogue"] | None = None
    requests: int = 0
    received_bytes: int = 0
    sent_bytes: int = 0


@dataclass
class _Plan:
    """Which script is next; shared between the test's thread and the server's."""

    default: Answer
    queued: list[Answer] = field(default_factory=list)
    by_path: dict[str, Answer] = field(default_factory=dict)

    def next(self, seen: Seen) -> Script:
        answer = self.queued.pop(0) if self.queued else self.by_path.get(seen.path, self.default)
        return answer(seen) if callable(answer) else answer


class Rogue:
    """See the module's docstring. tls: serve https. path: serve on a Unix socket instead.
    backlog: of the listening socket."""

    reply = staticmethod(reply)
    chat = staticmethod(chat)
    stream = staticmethod(stream)
    error = staticmethod(error)
    echo_key = staticmethod(echo_key)
    gzip_bomb = staticmethod(gzip_bomb)
    gzipped = staticmethod(gzipped)
    chat_frames = staticmethod(chat_frames)

    def __init__(
        self, tls: ssl.SSLContext | None = None, path: str | None = None, backlog: int = 1024
    ) -> None:
        self.seen: list[Seen] = []
        self.links: list[Link] = []
        self.host = "127.0.0.1"
        self.early = False
        self.port = 0
        self._tls = tls
        self._path = path
        self._backlog = backlog
        self._plan = _Plan(default=chat())
        self._changed = threading.Condition()
        # uvloop keeps a connection whose handshake failed, and cannot be closed then.
        self._loop = asyncio.SelectorEventLoop() if tls else uvloop.new_event_loop()
        self._server: asyncio.Server | None = None
        self._open: set[_Serving] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="rogue", daemon=True)

    # Scripting

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self.host}:{self.port}"

    def answer(self, script: Answer) -> None:
        """What every request gets that nothing else is said for."""
        self._plan.default = script

    def queue(self, *scripts: Answer) -> None:
        """What the next requests get, one each."""
        self._plan.queued.extend(scripts)

    def on(self, path: str, script: Answer) -> None:
        """What requests to this path get (the query is not looked at)."""
        self._plan.by_path[path] = script

    def close_links(self, reset: bool = False) -> None:
        """End all connections now, idle or busy."""
        self._call(self._close_links(reset))

    def stop_listening(self) -> None:
        """Refuse new connections; the open ones go on."""
        self._call(self._stop_listening())

    # Watching

    @property
    def open_links(self) -> int:
        return sum(link.closed_at is None for link in self.links)

    def wait(self, condition: Callable[[], Any], seconds: float = 20.0) -> None:
        """Return once the condition holds. It is looked at whenever something happens here, and
        now and then, as it may be about other things too."""
        give_up_at = time.monotonic() + seconds
        with self._changed:
            while not condition():
                if time.monotonic() > give_up_at:
                    raise AssertionError(f"not within {seconds} s: {self.links}")
                self._changed.wait(0.02)

    async def until(self, condition: Callable[[], Any], seconds: float = 20.0) -> None:
        """`wait` for tests on an event loop."""
        if not condition():
            await asyncio.to_thread(self.wait, condition, seconds)

    # Life

    def __enter__(self) -> "Rogue":
        self._thread.start()
        self._call(self._listen())
        return self

    def __exit__(self, *exc: object) -> None:
        self._call(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        if self._path is not None:
            self._server = await self._loop.create_unix_server(
                lambda: _Serving(self), self._path, backlog=self._backlog
            )
            return
        self._server = await self._loop.create_server(
            lambda: _Serving(self),
            self.host,
            0,
            ssl=self._tls,
            ssl_handshake_timeout=HANDSHAKE_SECONDS if self._tls else None,
            backlog=self._backlog,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _close_links(self, reset: bool) -> None:
        for serving in tuple(self._open):
            serving.finish(RESET if reset else CLOSE)

    async def _shut(self) -> None:
        await self._stop_listening()
        await self._close_links(reset=True)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:  # handshakes that go on
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=5)
        for _ in range(100):
            await asyncio.sleep(0.005)
            if not self._open:
                break

    def note(self, change: Callable[[], None]) -> None:
        """Change a record and wake whoever waits for it."""
        with self._changed:
            change()
            self._changed.notify_all()

    def plan(self, seen: Seen) -> Script:
        self.note(lambda: self.seen.append(seen))
        return self._plan.next(seen)

    def joined(self, serving: "_Serving") -> tuple[int, Link]:
        link = Link(time.monotonic())
        self._open.add(serving)
        self.note(lambda: self.links.append(link))
        return len(self.links) - 1, link

    def left(self, serving: "_Serving") -> None:
        self._open.discard(serving)


class _Serving(asyncio.Protocol):
    """One connection: parses requests, plays a script for each in turn."""

    def __init__(self, rogue: Rogue) -> None:
        self.task: asyncio.Task[None] | None = None
        self._rogue = rogue
        self._parser = httptools.HttpRequestParser(self)
        self._requests: asyncio.Queue[Seen] = asyncio.Queue()
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._ended_by_us = False

    def connection_made(self, transport: Any) -> None:
        self._wire = transport
        transport.set_write_buffer_limits(high=1)
        self._index, self.link = self._rogue.joined(self)
        self.task = asyncio.get_running_loop().create_task(self._serve())

    def connection_lost(self, exc: Exception | None) -> None:
        self._note_closed("peer")
        self._rogue.left(self)
        self._may_write.set()
        if self.task is not None:
            self.task.cancel()

    def eof_received(self) -> None:
        self._note_closed("peer")

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def data_received(self, data: bytes) -> None:
        self.link.received_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.finish(CLOSE)

    def on_message_begin(self) -> None:
        self._target = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, data: bytes) -> None:
        self._body.append(data)

    def on_headers_complete(self) -> None:
        if self._rogue.early:
            self._wire.pause_reading()
            self._request_came()

    def on_message_complete(self) -> None:
        if not self._rogue.early:
            self._request_came()

    def _request_came(self) -> None:
        target = self._target.decode("latin-1")
        if target.startswith("http://"):  # as a proxy forwards it
            target = "/" + target.split("/", 3)[3]
        self.link.requests += 1
        method = self._parser.get_method().decode()
        body = b"".join(self._body)
        seen = Seen(method, target, self._headers, body, self._index, time.monotonic())
        self._requests.put_nowait(seen)

    async def _serve(self) -> None:
        while True:
            seen = await self._requests.get()
            for step in self._rogue.plan(seen):
                await self._play(step)

    async def _play(self, step: Step) -> None:
        if isinstance(step, bytes):
            await self._send(step)
        elif isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
        elif isinstance(step, Drip):
            for index in range(len(step.data)):
                await self._send(step.data[index : index + 1])
                await asyncio.sleep(step.gap_seconds)
        elif isinstance(step, Endless):
            while True:
                await self._send(step.data)
                await asyncio.sleep(0)
        elif isinstance(step, Gate):
            while not step.event.is_set():
                await asyncio.sleep(0.002)
        else:
            if step != STALL:
                self.finish(step)
            await asyncio.get_running_loop().create_future()

    async def _send(self, data: bytes) -> None:
        if self._wire.is_closing():
            await asyncio.get_running_loop().create_future()
        self._wire.write(data)
        await self._may_write.wait()
        self.link.sent_bytes += len(data)

    def finish(self, how: End) -> None:
        self._note_closed("rogue")
        if how == RESET:
            sock = self._wire.get_extra_info("socket")
            if sock is not None and sock.family != socket.AF_UNIX:
                linger = struct.pack("ii", 1, 0)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._wire.abort()
        else:
            self._wire.close()

    def _note_closed(self, by: Literal["peer", "rogue"]) -> None:
        if self.link.closed_at is not None:
            return

        def change() -> None:
            self.link.closed_at = time.monotonic()
            self.link.closed_by = by

        self._rogue.note(change)

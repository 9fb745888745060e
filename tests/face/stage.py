"""A handler that tells what it was asked, the faces it runs behind, and what both noted."""

import asyncio
import hashlib
import itertools
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn

from waystation.edge.asgi import AsgiFace, uvicorn_options
from waystation.edge.call import Call, HeaderList
from waystation.edge.face import FaceLimits
from waystation.edge.http1 import Face, start_http1
from waystation.edge.peers import TrustedProxies
from waystation.errors import Fault

JSON = (b"content-type", b"application/json")


def limits(**replaced: float) -> FaceLimits:
    """The defaults, with a sweep quick enough for tests."""
    return FaceLimits(**{"sweep_seconds": 0.02, **replaced})  # type: ignore[arg-type]


def refuse(
    status: int, code: str, values: Mapping[str, object], path: str
) -> tuple[HeaderList, bytes]:
    body = {"refused": status, "code": code, "path": path, "reason": str(values.get("reason", ""))}
    assert values["request_id"]
    return (JSON,), json.dumps(body).encode()


@dataclass
class Stage:
    """Runs as the handler; each path plays one scene."""

    body_bytes_max: int = 1024 * 1024
    body_seconds_max: float = 10.0
    seen: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    written_bytes: int = 0
    open_gate: asyncio.Event = field(default_factory=asyncio.Event)
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    _ids: Iterator[int] = field(default_factory=itertools.count)

    def request_id(self) -> str:
        return f"req-{next(self._ids):06d}"

    def on_error(self, error: BaseException, call: Call) -> None:
        self.errors.append(error)

    async def __call__(self, call: Call) -> None:
        self.seen.append(f"{call.method} {call.path}")
        self.entered.set()
        call.on_gone = lambda: self._note_gone(call)
        name = call.path.rpartition("/")[2]
        try:
            await getattr(self, f"play_{name}", self.play_echo)(call)
        except Fault as fault:
            self.faults.append(fault.code)
            body = json.dumps({"fault": fault.code, "text": fault.text()}).encode()
            call.reply(fault.status, (JSON,), body)
        finally:
            self.left.set()

    def _note_gone(self, call: Call) -> None:
        assert call.is_gone
        self.gone.append(call.path)

    async def play_echo(self, call: Call) -> None:
        body = await call.read(self.body_bytes_max, self.body_seconds_max)
        told = {
            "method": call.method,
            "path": call.path,
            "query": call.query,
            "peer": call.peer,
            "scheme": call.scheme,
            "bytes": len(body),
            "sha": hashlib.sha256(body).hexdigest()[:16],
            "x": call.header("x-test"),
        }
        call.reply(200, (JSON,), json.dumps(told).encode())

    async def play_unread(self, call: Call) -> None:
        call.reply(200, (JSON,), b'{"read":false}')

    async def play_empty(self, call: Call) -> None:
        call.reply(204, (), b"")

    async def play_frames(self, call: Call) -> None:
        await call.read(self.body_bytes_max, self.body_seconds_max)
        writer = call.stream(200, ((b"content-type", b"text/event-stream"),))
        for number in range(3):
            writer.write(b"data: %d\n\n" % number)
            writer.write(b"")
            await writer.drain()
        writer.end()

    async def play_sized(self, call: Call) -> None:
        writer = call.stream(200, ((b"content-length", b"10"),))
        writer.write(b"01234")
        await writer.drain()
        writer.write(b"56789")
        writer.end()

    async def play_ends(self, call: Call) -> None:
        """With the head its first bytes, with the end its last."""
        call.stream(200, (), b"first, ").end(b"last")

    async def play_sized_ends(self, call: Call) -> None:
        call.stream(200, ((b"content-length", b"10"),), b"01234").end(b"56789")

    async def play_short_ends(self, call: Call) -> None:
        call.stream(200, ((b"content-length", b"10"),), b"01").end(b"23")

    async def play_short(self, call: Call) -> None:
        writer = call.stream(200, ((b"content-length", b"10"),))
        writer.write(b"01234")
        writer.end()

    async def play_cut(self, call: Call) -> None:
        writer = call.stream(200, ())
        writer.write(b"begun")
        await self.open_gate.wait()
        writer.abort()

    async def play_crash(self, call: Call) -> None:
        raise RuntimeError("crash in the handler")

    async def play_late_crash(self, call: Call) -> None:
        call.stream(200, ()).write(b"begun")
        raise RuntimeError("crash in the stream")

    async def play_silent(self, call: Call) -> None:
        return

    async def play_wait(self, call: Call) -> None:
        await self.open_gate.wait()
        call.reply(200, (JSON,), b'{"waited":true}')

    async def play_hold(self, call: Call) -> None:
        """Begins a stream and waits in the middle of it."""
        writer = call.stream(200, ())
        writer.write(b"first")
        await self.open_gate.wait()
        writer.write(b"second")
        writer.end()

    async def play_flood(self, call: Call) -> None:
        """Writes 64 MiB as fast as the client takes it."""
        writer = call.stream(200, ())
        frame = b"x" * 16384
        for _ in range(4096):
            writer.write(frame)
            self.written_bytes += len(frame)
            if writer.congested:
                await writer.drain()
            if call.is_gone:
                return
        writer.end()

    async def play_split(self, call: Call) -> None:
        call.reply(200, ((b"x-name", b"a\r\nx-evil: 1"),), b"")

    async def play_hops(self, call: Call) -> None:
        """Headers as a careless forwarder would pass them on."""
        headers = (
            (b"Content-Length", b"999"),
            (b"transfer-encoding", b"chunked"),
            (b"connection", b"close"),
            (b"date", b"never"),
            (b"server", b"other"),
            (b"x-request-id", b"other"),
            (b"access-control-allow-origin", b"https://only.example"),
        )
        call.reply(200, headers, b"ok")


def bound() -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", 0))
    return listening


@asynccontextmanager
async def own_face(
    stage: Stage, bounds: FaceLimits | None = None, proxies: tuple[str, ...] = ()
) -> AsyncIterator[Face]:
    """Our own face on a free port."""
    face = await start_http1(
        stage,
        bound(),
        bounds or limits(),
        refuse,
        request_id=stage.request_id,
        on_error=stage.on_error,
        proxies=TrustedProxies(proxies),
    )
    try:
        yield face
    finally:
        stage.open_gate.set()
        face.abort_all()
        assert await face.wait_idle(5), "a handler never returned"


@asynccontextmanager
async def asgi_face(
    stage: Stage, bounds: FaceLimits | None = None
) -> AsyncIterator[tuple[AsgiFace, int]]:
    """The ASGI face under uvicorn, in a thread with a loop of its own, and its port."""
    bounds = bounds or limits()
    started = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def startup() -> None:
        app.loop = asyncio.get_running_loop()  # of the thread, for tests to speak to
        loop.call_soon_threadsafe(started.set)

    app = AsgiFace(
        stage,
        bounds,
        refuse,
        request_id=stage.request_id,
        on_error=stage.on_error,
        startup=startup,
    )
    config = uvicorn.Config(
        app, loop="uvloop", lifespan="on", log_level="critical", **uvicorn_options(bounds)
    )
    server = uvicorn.Server(config)
    listening = bound()
    listening.listen(128)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    await started.wait()
    try:
        yield app, listening.getsockname()[1]
    finally:
        app.loop.call_soon_threadsafe(stage.open_gate.set)
        server.should_exit = True
        server.force_exit = True
        await asyncio.to_thread(thread.join, 10)
        assert not thread.is_alive()
        listening.close()

"""The ASGI face under uvicorn, with the same handles for a drain as our own face has."""

import asyncio
import contextlib
import socket
from collections.abc import Generator
from pathlib import Path

import uvicorn

from waystation.edge.asgi import AsgiFace, uvicorn_options
from waystation.edge.face import FaceLimits

_START_SECONDS_MAX = 10.0


class _Server(uvicorn.Server):
    """Signals are the process's business, not the server's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class AsgiServer:
    """Made by `start_asgi`; implements what the gateway asks of a face."""

    def __init__(self, face: AsgiFace, server: uvicorn.Server, task: asyncio.Task[None]) -> None:
        self._face = face
        self._server = server
        self._task = task

    @property
    def announce_close(self) -> bool:
        return self._face.announce_close

    @announce_close.setter
    def announce_close(self, announced: bool) -> None:
        self._face.announce_close = announced

    def stop_accepting(self) -> None:
        for server in self._server.servers:
            server.close()

    def close_idle(self) -> None:
        """uvicorn closes them itself when it is told to exit."""
        self._face.announce_close = True

    async def wait_idle(self, seconds: float) -> bool:
        return await self._face.wait_idle(seconds)

    async def close(self) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        await asyncio.gather(self._task, return_exceptions=True)


async def start_asgi(
    face: AsgiFace,
    listen: socket.socket,
    limits: FaceLimits,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
) -> AsgiServer:
    """Serve on a bound socket. Raises RuntimeError when uvicorn does not start."""
    config = uvicorn.Config(
        face,
        lifespan="off",
        log_config=None,
        backlog=4096,
        limit_concurrency=limits.connections_max,
        ssl_certfile=None if tls_cert is None else str(tls_cert),
        ssl_keyfile=None if tls_key is None else str(tls_key),
        **uvicorn_options(limits),
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listen]), name="asgi-face")
    deadline = asyncio.get_running_loop().time() + _START_SECONDS_MAX
    while not server.started:
        if task.done() or asyncio.get_running_loop().time() > deadline:
            raise RuntimeError("the ASGI server did not start")
        await asyncio.sleep(0.01)
    return AsgiServer(face, server, task)

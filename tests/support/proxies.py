"""A forward proxy for tests: HTTP (absolute form and CONNECT) and SOCKS5 on one port.

    async with Proxy() as proxy:            # proxy.http_url, proxy.socks_url
        proxy.targets                       # "host:port" of each connection it made

Give `user` and `password` to require them. It dials whatever it is asked for; tests ask for
loopback only. `lead` maps a name to the address to dial in its place.
"""

import asyncio
import base64
from collections.abc import Mapping
from urllib.parse import urlsplit


class Proxy:
    def __init__(
        self,
        user: str | None = None,
        password: str | None = None,
        lead: Mapping[str, str] | None = None,
    ) -> None:
        self.targets: list[str] = []
        self.port = 0
        self._lead = lead or {}
        self._login = f"{user}:{password}" if user else None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def http_url(self) -> str:
        return f"http://{self._userinfo}127.0.0.1:{self.port}"

    @property
    def socks_url(self) -> str:
        return f"socks5://{self._userinfo}127.0.0.1:{self.port}"

    @property
    def _userinfo(self) -> str:
        return f"{self._login}@" if self._login else ""

    async def __aenter__(self) -> "Proxy":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first = await reader.readexactly(1)
            if first == b"\x05":
                await self._socks(reader, writer)
            else:
                await self._http(first + await reader.readuntil(b"\r\n\r\n"), reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _http(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        if self._login is not None:
            expected = "basic " + base64.b64encode(self._login.encode()).decode().lower()
            if headers.get("proxy-authorization") != expected:
                writer.write(b"HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
                return
        method, target, _ = lines[0].split(" ")
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        assert parts.hostname is not None
        upstream = await self._dial(parts.hostname, parts.port or 80)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Go\r\n\r\n")
        else:
            upstream[1].write(head)
        await self._pipe_both((reader, writer), upstream)

    async def _socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly((await reader.readexactly(1))[0])
        if self._login is None:
            writer.write(b"\x05\x00")
        else:
            writer.write(b"\x05\x02")
            await reader.readexactly(1)
            user = await reader.readexactly((await reader.readexactly(1))[0])
            password = await reader.readexactly((await reader.readexactly(1))[0])
            right = f"{user.decode()}:{password.decode()}" == self._login
            writer.write(b"\x01\x00" if right else b"\x01\x01")
            if not right:
                await writer.drain()
                return
        kind = (await reader.readexactly(4))[3]
        if kind == 3:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        else:
            host = ".".join(str(part) for part in await reader.readexactly(4))
        port = int.from_bytes(await reader.readexactly(2), "big")
        upstream = await self._dial(host, port)
        writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        await self._pipe_both((reader, writer), upstream)

    async def _dial(
        self, host: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.targets.append(f"{host}:{port}")
        upstream = await asyncio.open_connection(self._lead.get(host, host), port)
        self._writers.add(upstream[1])
        return upstream

    async def _pipe_both(
        self,
        near: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        far: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        back = asyncio.create_task(_pipe(far[0], near[1]))
        await _pipe(near[0], far[1])
        far[1].transport.abort()
        self._writers.discard(far[1])
        await back


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until either end goes, and pass on how it went: cleanly or by a reset."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()
    except OSError:
        writer.transport.abort()

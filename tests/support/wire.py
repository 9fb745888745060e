"""A client that sees each byte: one connection, one request, its reply piece by piece."""

import asyncio
import json
import socket
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

SECONDS_MAX = 20.0


class Reply(NamedTuple):
    """headers: lower-case names, the last of repeated ones."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = self.json()["error"]
        return found

    @property
    def request_id(self) -> str:
        return self.headers["x-request-id"]

    @property
    def events(self) -> list[bytes]:
        """Payloads of a stream's `data:` events."""
        return payloads(self.body)


def payloads(body: bytes) -> list[bytes]:
    blocks = body.split(b"\n\n")
    assert blocks[-1] == b"", f"a stream ends with a whole event: {blocks[-1]!r}"
    assert all(block.startswith(b"data: ") for block in blocks[:-1]), blocks
    return [block.removeprefix(b"data: ") for block in blocks[:-1]]


class Wire:
    """status and headers are there after `read_head`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._events = b""
        self.status = 0
        self.headers: dict[str, str] = {}

    @classmethod
    async def open(cls, port: int, limit: int = 2**24) -> "Wire":
        async with asyncio.timeout(SECONDS_MAX):
            return cls(*await asyncio.open_connection("127.0.0.1", port, limit=limit))

    async def send(
        self,
        method: str,
        path: str,
        document: Any = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """document: bytes as they are, None for no body, else JSON."""
        body = b"" if document is None else document
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        told = {"host": "relay.test"}
        if key is not None:
            told["authorization"] = f"Bearer {key}"
        if document is not None:
            told |= {"content-type": "application/json", "content-length": str(len(body))}
        told |= headers or {}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {one}" for name, one in told.items())]
        self._writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        await self._writer.drain()

    async def read_head(self) -> int:
        async with asyncio.timeout(SECONDS_MAX):
            head = await self._reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        pairs = [line.split(":", 1) for line in lines[1:] if line]
        self.headers = {name.lower(): value.strip() for name, value in pairs}
        return self.status

    async def read_body(self, method: str = "GET") -> bytes:
        """To its end. Raises IncompleteReadError when it is cut."""
        if method == "HEAD" or self.status in (204, 304):
            return b""
        async with asyncio.timeout(SECONDS_MAX):
            if self.headers.get("transfer-encoding") == "chunked":
                pieces = []
                while piece := await self._chunk():
                    pieces.append(piece)
                return b"".join(pieces)
            return await self._reader.readexactly(int(self.headers["content-length"]))

    async def _chunk(self) -> bytes:
        size = int(await self._reader.readuntil(b"\r\n"), 16)
        return (await self._reader.readexactly(size + 2))[:size]

    async def piece(self) -> bytes:
        """The next chunk of a stream, whatever is in it."""
        async with asyncio.timeout(SECONDS_MAX):
            return await self._chunk()

    async def event(self) -> bytes | None:
        """The payload of the next `data:` event; None at the stream's end."""
        async with asyncio.timeout(SECONDS_MAX):
            while b"\n\n" not in self._events:
                piece = await self._chunk()
                if not piece:
                    assert not self._events, self._events
                    return None
                self._events += piece
        block, _, self._events = self._events.partition(b"\n\n")
        assert block.startswith(b"data: "), block
        return block.removeprefix(b"data: ")

    async def rest(self) -> list[bytes]:
        """All events that are still to come."""
        found = []
        while (one := await self.event()) is not None:
            found.append(one)
        return found

    async def close(self, reset: bool = False) -> None:
        if reset:
            sock: socket.socket = self._writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._writer.transport.abort()
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            pass


async def request(
    port: int,
    method: str,
    path: str,
    document: Any = None,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """One request on a connection of its own, read to its end."""
    wire = await Wire.open(port)
    try:
        await wire.send(method, path, document, key, {"connection": "close", **(headers or {})})
        await wire.read_head()
        return Reply(wire.status, wire.headers, await wire.read_body(method))
    finally:
        await wire.close()

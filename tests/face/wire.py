"""A client that says and hears bytes, so that tests read like the conversation on the wire."""

import asyncio
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

WAIT_SECONDS = 10.0


class Eof(Exception):
    """The server closed before the reply was whole. args: what had come."""


@dataclass
class Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    chunks: list[bytes] = field(default_factory=list)

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key == name]
        assert len(found) < 2, f"{name} came {len(found)} times"
        return found[0] if found else None


class Wire:
    """One connection. Everything read is bounded by WAIT_SECONDS."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, port: int, **options: object) -> "Wire":
        return cls(*await asyncio.open_connection("127.0.0.1", port, **options))

    async def __aenter__(self) -> "Wire":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass

    def reset(self) -> None:
        """Leave at once."""
        self.writer.transport.abort()

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def say_pieces(self, pieces: Iterator[bytes]) -> None:
        """Each piece in a write of its own, with the loop in between; an early close is fine."""
        try:
            for piece in pieces:
                self.writer.write(piece)
                await self.writer.drain()
                await asyncio.sleep(0)
        except OSError:
            pass

    async def hear_all(self) -> bytes:
        """Everything until the server closes."""
        out = b""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while piece := await self.reader.read(65536):
                    out += piece
        except ConnectionError:
            pass
        return out

    async def hear_until(self, end: bytes) -> bytes:
        async with asyncio.timeout(WAIT_SECONDS):
            return await self.reader.readuntil(end)

    async def hear(self, method: str = "GET") -> Reply:
        """One whole reply; raises Eof when it is cut short."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await self._hear(method)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Eof(getattr(error, "partial", b"")) from error

    async def _hear(self, method: str) -> Reply:
        head = await self.reader.readuntil(b"\r\n\r\n")
        lines = head[:-4].decode("latin-1").split("\r\n")
        assert lines[0].startswith("HTTP/1.1 "), lines[0]
        status = int(lines[0][9:12])
        headers = []
        for line in lines[1:]:
            name, colon, value = line.partition(": ")
            assert colon, line
            assert name == name.lower(), name
            headers.append((name, value))
        reply = Reply(status, headers, b"")
        if method == "HEAD" or status in (204, 304) or status < 200:
            return reply
        if reply.header("transfer-encoding") == "chunked":
            assert reply.header("content-length") is None
            reply.chunks = await self._chunks()
            reply.body = b"".join(reply.chunks)
        elif reply.header("content-length") is not None:
            reply.body = await self.reader.readexactly(int(reply.header("content-length") or 0))
        else:
            reply.body = await self.reader.read(-1)
        return reply

    async def _chunks(self) -> list[bytes]:
        chunks = []
        while True:
            size = int(await self.reader.readuntil(b"\r\n"), 16)
            chunk = await self.reader.readexactly(size + 2)
            assert chunk.endswith(b"\r\n")
            if not size:
                return chunks
            chunks.append(chunk[:-2])


def bytewise(data: bytes) -> Iterator[bytes]:
    return (data[at : at + 1] for at in range(len(data)))


def randomly(data: bytes, seed: int) -> Iterator[bytes]:
    """Cut at some five random places, the same for each run."""
    dice = random.Random(seed)
    cuts = sorted({0, len(data), *(dice.randrange(len(data) + 1) for _ in range(5))})
    return (data[start:end] for start, end in itertools.pairwise(cuts))


def get(path: str, *headers: str, version: str = "1.1") -> bytes:
    lines = [f"GET {path} HTTP/{version}", "Host: relay.example", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: relay.example",
        f"Content-Length: {len(body)}",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode("latin-1") + body


def chunked(path: str, *chunks: bytes, headers: tuple[str, ...] = ()) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: relay.example",
        "Transfer-Encoding: chunked",
        *headers,
        "",
        "",
    ]
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return "\r\n".join(lines).encode("latin-1") + body + b"0\r\n\r\n"

"""A receiver of hooks on a real socket, that answers what a test tells it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any, NamedTuple


class Message(NamedTuple):
    headers: dict[str, str]
    body: bytes
    began: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def told(self) -> tuple[str, str]:
        return self.json["status"], self.json["progress"]


class Receiver:
    """answers: statuses for the next messages, then 200. hang: answers nothing at all. pause:
    seconds before each answer. endless: the reply's body has no end. redirect: where to instead.
    open_most: messages that waited for an answer at once."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.answers: list[int] = []
        self.hang = False
        self.pause = 0.0
        self.endless = False
        self.redirect = ""
        self.open = 0
        self.open_most = 0
        self.port = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?x=1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.messages.append(Message(headers, body, asyncio.get_running_loop().time()))
        self.open += 1
        self.open_most = max(self.open_most, self.open)
        try:
            await asyncio.sleep(3600 if self.hang else self.pause)
        finally:
            self.open -= 1
        status = self.answers.pop(0) if self.answers else 200
        if self.redirect:
            writer.write(f"HTTP/1.1 302 F\r\nlocation: {self.redirect}\r\n"
                         "content-length: 0\r\n\r\n".encode())  # fmt: skip
        elif self.endless:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n")
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        else:
            writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\nok".encode())
        await writer.drain()
        return True

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, limit=2**22)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        await receiver.close()
        await server.wait_closed()

"""A scripted `Transport`: each call takes the next line of the script."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from waystation.upstream.transport import (
    Deadlines,
    Destination,
    MaybeSent,
    NotSent,
    Outgoing,
    TransportFault,
)

Piece = bytes | TransportFault | asyncio.Event


class FakeReply:
    """An `Incoming`. pieces: bytes to read, a fault to raise, or an event to wait for."""

    def __init__(
        self,
        status: int = 200,
        pieces: Iterable[Piece] = (),
        headers: Sequence[tuple[bytes, bytes]] = ((b"content-type", b"application/json"),),
    ) -> None:
        self.status = status
        self.headers = tuple(headers)
        self.pieces = list(pieces)
        self.closed = asyncio.Event()

    def header(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.headers if key == name), None)

    async def read(self) -> bytes:
        while self.pieces and not self.closed.is_set():
            piece = self.pieces.pop(0)
            if isinstance(piece, TransportFault):
                self.close()
                raise piece
            if isinstance(piece, bytes):
                return piece
            await piece.wait()
        self.close()
        return b""

    async def read_all(self, bytes_max: int) -> bytes:
        body = b""
        while piece := await self.read():
            body += piece
            if len(body) > bytes_max:
                self.close()
                raise MaybeSent("too_large")
        return body

    def pass_to(self, taker: Callable[[bytes], bool]) -> None:
        """Each piece goes to the reader."""

    def close(self) -> None:
        self.closed.set()


class FakeTransport:
    """script: what each call in turn gets; a NotSent is raised before `on_sending`. requests:
    the calls so far. A call beyond the script is a mistake of the test."""

    def __init__(self, *script: FakeReply | TransportFault) -> None:
        self.script = list(script)
        self.requests: list[Outgoing] = []

    def ready(self, origin: Destination) -> bool:
        return bool(self.script)

    async def send(
        self,
        request: Outgoing,
        deadlines: Deadlines,
        on_sending: Callable[[], None] | None = None,
    ) -> FakeReply:
        self.requests.append(request)
        answer = self.script.pop(0)
        if isinstance(answer, NotSent):
            raise answer
        if on_sending is not None:
            on_sending()
        if isinstance(answer, TransportFault):
            raise answer
        return answer

    async def close(self) -> None:
        self.script.clear()

"""A reply whose pieces are made as they are read."""

from collections.abc import AsyncGenerator, Callable

from waystation.demo.speech.synthesis import Broken
from waystation.upstream.transport import MaybeSent


class MadeIncoming:
    """Implements `Incoming`. first: the piece that is there already."""

    def __init__(
        self,
        headers: tuple[tuple[bytes, bytes], ...],
        first: bytes,
        pieces: AsyncGenerator[bytes, None],
        close: Callable[[AsyncGenerator[bytes, None]], None],
    ) -> None:
        self.status = 200
        self.headers = headers
        self._first = first
        self._pieces = pieces
        self._close = close
        self._closed = False

    def header(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.headers if key == name), None)

    async def read(self) -> bytes:
        if self._closed:
            return b""
        first, self._first = self._first, b""
        if first:
            return first
        try:
            return await anext(self._pieces, b"")
        except Broken as broken:
            raise MaybeSent("reset", str(broken)) from None

    async def read_all(self, bytes_max: int) -> bytes:
        body = bytearray()
        while piece := await self.read():
            body += piece
            if len(body) > bytes_max:
                raise MaybeSent("too_large", "demo reply")
        return bytes(body)

    def pass_to(self, taker: Callable[[bytes], bool]) -> None:
        """Each piece goes to the reader."""

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._close(self._pieces)

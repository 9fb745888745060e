"""A reply of the demo: pieces at a pace."""

import asyncio
from collections.abc import Callable, Iterator

from waystation.upstream.transport import MaybeSent


class DemoIncoming:
    """A reply made of pieces, one each `pace_seconds`; closing it ends the making."""

    def __init__(
        self,
        status: int,
        headers: tuple[tuple[bytes, bytes], ...],
        pieces: Iterator[bytes],
        pace_seconds: float = 0.0,
    ) -> None:
        self.status = status
        self.headers = headers
        self._pieces = pieces
        self._pace_seconds = pace_seconds
        self._begun = False
        self._closed = False

    def header(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.headers if key == name), None)

    async def read(self) -> bytes:
        if self._begun and self._pace_seconds and not self._closed:
            await asyncio.sleep(self._pace_seconds)
        self._begun = True
        return b"" if self._closed else next(self._pieces, b"")

    async def read_all(self, bytes_max: int) -> bytes:
        body = b""
        while piece := await self.read():
            body += piece
            if len(body) > bytes_max:
                raise MaybeSent("too_large", "demo reply")
        return body

    def pass_to(self, taker: Callable[[bytes], bool]) -> None:
        """Each piece goes to the reader."""

    def close(self) -> None:
        self._closed = True

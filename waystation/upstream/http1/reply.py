"""A reply as its reader sees it: a bounded buffer between the connection and the reader."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from waystation.upstream.content_encoding import Decoder, UndecodableError
from waystation.upstream.transport import Deadlines, FaultKind, MaybeSent

if TYPE_CHECKING:
    from waystation.upstream.http1.connection import Connection


class Reply:
    """`Incoming` of this client. The connection fills it through `head_came`, `body_came`,
    `ended` and `failed`; once the last two are called they are apart, so the connection may
    serve another request while the tail of this one is still being read.

    total_at: loop time in seconds. stale: failed as a connection does that the server had
    closed before it saw the request."""

    __slots__ = (
        "_connection",
        "_decoder",
        "_ended",
        "_failure",
        "_loop",
        "_pieces",
        "_taker",
        "_waiter",
        "deadlines",
        "headers",
        "keep_encoding",
        "paused",
        "stale",
        "status",
        "total_at",
        "waiting_bytes",
        "without_body",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        connection: "Connection",
        deadlines: Deadlines,
        total_at: float,
        without_body: bool,
        keep_encoding: bool,
    ) -> None:
        self.status = 0
        self.headers: tuple[tuple[bytes, bytes], ...] = ()
        self.deadlines = deadlines
        self.total_at = total_at
        self.without_body = without_body
        self.keep_encoding = keep_encoding
        self.waiting_bytes = 0
        self.paused = False
        self.stale = False
        self._loop = loop
        self._connection: Connection | None = connection
        self._decoder: Decoder | None = None
        self._pieces: list[bytes] = []
        self._taker: Callable[[bytes], bool] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._ended = False
        self._failure: tuple[FaultKind, str] | None = None

    # For the reader

    def header(self, name: bytes) -> bytes | None:
        for key, value in self.headers:
            if key == name:
                return value
        return None

    async def head(self) -> None:
        """Return when status and headers are there. Raises MaybeSent."""
        while not self.status:
            if self._failure is not None:
                raise MaybeSent(*self._failure)
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    async def read(self) -> bytes:
        if self._decoder is not None:
            return await self._read_decoded(self._decoder)
        while True:
            if self._pieces:
                return self._take()
            if self._failure is not None:
                raise MaybeSent(*self._failure)
            if self._ended:
                return b""
            # As `_next_piece`, without its two coroutines: this runs for every frame.
            if self._connection is not None:
                self._connection.expect_piece(self)
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    async def read_all(self, bytes_max: int) -> bytes:
        if self._ended and self._decoder is None and self.waiting_bytes <= bytes_max:
            return self._take() if self._pieces else b""
        pieces: list[bytes] = []
        size = 0
        while piece := await self.read():
            size += len(piece)
            if size > bytes_max:
                self.close()
                raise MaybeSent("too_large", f"the reply is larger than {bytes_max} bytes")
            pieces.append(piece)
        return b"".join(pieces)

    def pass_to(self, taker: Callable[[bytes], bool]) -> None:
        if self._decoder is None:
            self._taker = taker

    def close(self) -> None:
        self._pieces.clear()
        self._taker = None
        connection, self._connection = self._connection, None
        if connection is not None:
            self._failure = self._failure or ("reset", "closed by us")
            self._wake()
            connection.abort()

    @property
    def awaited(self) -> bool:
        """Somebody is waiting for the upstream at this moment."""
        return self._waiter is not None

    async def _read_decoded(self, decoder: Decoder) -> bytes:
        try:
            while not (piece := decoder.take()):
                if self._pieces:
                    decoder.put(self._take())
                elif self._failure is not None:
                    raise MaybeSent(*self._failure)
                elif self._ended:
                    decoder.finish()
                    return b""
                else:
                    await self._next_piece()
        except UndecodableError as error:
            self.close()
            raise MaybeSent("protocol", str(error)) from None
        return piece

    def _take(self) -> bytes:
        """All that waits, as one piece: a reader that lags catches up in one step."""
        pieces = self._pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.waiting_bytes = 0
        if self.paused:
            self.paused = False
            if self._connection is not None:
                self._connection.resume()
        return data

    async def _next_piece(self) -> None:
        if self._connection is not None:
            self._connection.expect_piece(self)
        await self._news()

    async def _news(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # For the connection

    def head_came(
        self, status: int, headers: tuple[tuple[bytes, bytes], ...], decoder: Decoder | None
    ) -> None:
        self.status = status
        self.headers = headers
        self._decoder = decoder
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def body_came(self, data: bytes) -> None:
        waiter = self._waiter
        if self._taker is not None and waiter is not None and not self._pieces:
            connection = self._connection
            if self._taker(data):
                if connection is not None:
                    connection.expect_piece(self)
                return
        self._pieces.append(data)
        self.waiting_bytes += len(data)
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def ended(self) -> None:
        self._ended = True
        self._taker = None
        self._connection = None
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def failed(self, kind: FaultKind, detail: str) -> None:
        self._failure = (kind, detail)
        self._connection = None
        self._taker = None
        self._wake()

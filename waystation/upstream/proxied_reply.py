"""`Incoming` over an aiohttp response."""

import asyncio
from collections.abc import Callable

import aiohttp

from waystation.upstream.content_encoding import Decoder, UndecodableError
from waystation.upstream.transport import Deadlines, FaultKind, MaybeSent

_DECODED_AWAY = frozenset({b"content-length", b"content-encoding"})


class ProxiedReply:
    """total_at: loop time; past it the response is cut even while nobody reads. done: called once,
    when the exchange is over."""

    def __init__(
        self,
        answer: aiohttp.ClientResponse,
        headers: tuple[tuple[bytes, bytes], ...],
        decoder: Decoder | None,
        deadlines: Deadlines,
        total_at: float,
        done: Callable[["ProxiedReply"], None],
    ) -> None:
        self.status = answer.status
        self.headers = headers
        if decoder is not None:
            self.headers = tuple(pair for pair in headers if pair[0] not in _DECODED_AWAY)
        self._answer = answer
        self._decoder = decoder
        self._idle_seconds = deadlines.idle_seconds
        self._total_at = total_at
        self._done = done
        self._ended = False
        self._failure: tuple[FaultKind, str] | None = None
        loop = asyncio.get_running_loop()
        self._total = loop.call_at(total_at, self._fail, "total_timeout", "")

    def header(self, name: bytes) -> bytes | None:
        for key, value in self.headers:
            if key == name:
                return value
        return None

    async def read(self) -> bytes:
        decoder = self._decoder
        if decoder is None:
            return await self._piece()
        try:
            while not (piece := decoder.take()):
                data = await self._piece()
                if not data:
                    decoder.finish()
                    return b""
                decoder.put(data)
        except UndecodableError as error:
            self._fail("protocol", str(error))
            raise MaybeSent("protocol", str(error)) from None
        return piece

    async def read_all(self, bytes_max: int) -> bytes:
        pieces: list[bytes] = []
        size = 0
        while piece := await self.read():
            size += len(piece)
            if size > bytes_max:
                self._fail("too_large", f"the reply is larger than {bytes_max} bytes")
                break
            pieces.append(piece)
        if self._failure is not None:
            raise MaybeSent(*self._failure)
        return b"".join(pieces)

    def pass_to(self, taker: Callable[[bytes], bool]) -> None:
        """Each piece goes to the reader."""

    def close(self) -> None:
        if not self._ended:
            self._fail("reset", "closed by us")

    async def _piece(self) -> bytes:
        if self._failure is not None:
            raise MaybeSent(*self._failure)
        if self._ended:
            return b""
        idle_at = asyncio.get_running_loop().time() + self._idle_seconds
        try:
            async with asyncio.timeout_at(min(idle_at, self._total_at)):
                data = await self._answer.content.readany()
        except TimeoutError:
            self._fail("idle_timeout" if idle_at < self._total_at else "total_timeout", "")
        except aiohttp.ClientPayloadError as error:
            self._fail("reset", str(error))
        except (aiohttp.ClientError, OSError) as error:
            self._fail("reset", f"{type(error).__name__}: {error}")
        if self._failure is not None:
            raise MaybeSent(*self._failure)
        if not data:
            self._ended = True
            self._leave()
        return data

    def _fail(self, kind: FaultKind, detail: str) -> None:
        if self._failure is None and not self._ended:
            self._failure = (kind, detail)
            self._leave()
        self._answer.close()

    def _leave(self) -> None:
        self._total.cancel()
        self._done(self)

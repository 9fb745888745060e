"""A reply that is at hand as a whole: what went wrong before there could be one, or an answer that
was put into other words."""

from collections.abc import Callable
from typing import Any

import msgspec

Headers = tuple[tuple[bytes, bytes], ...]


class ToldReply:
    """Implements `Incoming`: a status and a JSON body."""

    __slots__ = ("_body", "headers", "status")

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.headers: Headers = ((b"content-type", b"application/json"),)
        self._body = body

    @classmethod
    def error(cls, status: int, reason: str) -> "ToldReply":
        said: dict[str, Any] = {"error": {"code": status, "message": reason}}
        return cls(status, msgspec.json.encode(said))

    def header(self, name: bytes) -> bytes | None:
        return next((value for known, value in self.headers if known == name), None)

    async def read(self) -> bytes:
        body, self._body = self._body, b""
        return body

    async def read_all(self, bytes_max: int) -> bytes:
        return await self.read()

    def pass_to(self, taker: Callable[[bytes], bool]) -> None:
        """Not used: all of it is there."""

    def close(self) -> None:
        self._body = b""

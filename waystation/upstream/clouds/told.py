"""A reply that nobody sent: what went wrong before there could be one, told as upstreams do."""

from collections.abc import Callable
from typing import Any

import msgspec


class ToldReply:
    """Implements `Incoming`: an error's status, and a JSON body that gives the reason."""

    __slots__ = ("_body", "headers", "status")

    def __init__(self, status: int, reason: str) -> None:
        said: dict[str, Any] = {"error": {"code": status, "message": reason}}
        self.status = status
        self.headers: tuple[tuple[bytes, bytes], ...] = ((b"content-type", b"application/json"),)
        self._body = msgspec.json.encode(said)

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

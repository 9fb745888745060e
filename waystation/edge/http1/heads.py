"""Reply heads as bytes: status line, the handler's headers, and those that every reply carries."""

import time
from email.utils import formatdate
from http import HTTPStatus

from waystation.edge.call import HeaderList
from waystation.edge.cors import ORIGIN_LINES

BODILESS = frozenset({204, 304})
_STATUS_LINES = {
    int(status): f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
    for status in HTTPStatus
}
_OURS = frozenset(
    {
        b"connection",
        b"content-length",
        b"date",
        b"keep-alive",
        b"proxy-connection",
        b"server",
        b"transfer-encoding",
        b"upgrade",
        b"x-oneapi-request-id",
        b"x-request-id",
    }
)
"""Ours alone to say: a forwarded reply may carry them, and two of one are a way to smuggle."""


class HeadWriter:
    """Builds heads; keeps the lines that change once a second."""

    __slots__ = ("_second", "_tail")

    def __init__(self) -> None:
        self._second = 0
        self._tail = b""

    def head(
        self, status: int, headers: HeaderList, request_id: str, framing: bytes, closing: bytes
    ) -> bytes:
        """framing: the content-length or transfer-encoding line; closing: the connection line.

        Raises ValueError when a header would break out of its line.
        """
        lines = [b"%b: %b\r\n" % header for header in headers if header[0].lower() not in _OURS]
        text = b"".join(lines)
        if text.count(b"\n") != len(lines) or text.count(b"\r") != len(lines) or b"\0" in text:
            raise ValueError("a reply header has a line break or a NUL in it")
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._tail = b"date: " + formatdate(second, usegmt=True).encode() + b"\r\n"
        identity = request_id.encode("ascii")
        return b"%b%b%bx-request-id: %b\r\nx-oneapi-request-id: %b\r\n%b%b%b\r\n" % (
            _STATUS_LINES.get(status) or b"HTTP/1.1 %d Unknown\r\n" % status,
            text,
            framing,
            identity,
            identity,
            ORIGIN_LINES if b"access-control-allow-origin:" not in text else b"",
            self._tail,
            closing,
        )


def declared_length(headers: HeaderList) -> int | None:
    """The content-length that a handler gave for a streamed reply of known size."""
    for name, value in headers:
        if name == b"content-length":
            return int(value)
    return None

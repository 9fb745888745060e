"""Reply heads as bytes: status line, the handler's headers, and those that every reply carries."""

from http import HTTPStatus

from waystation.edge.call import HeaderList
from waystation.edge.cors import ORIGIN_LINES
from waystation.edge.reply_headers import OURS, DateClock

_STATUS_LINES = {
    int(status): f"HTTP/1.1 {status} {status.phrase}\r\n".encode() for status in HTTPStatus
}


class HeadWriter:
    """Builds heads, in one allocation each."""

    __slots__ = ("_date",)

    def __init__(self) -> None:
        self._date = DateClock()

    def head(
        self, status: int, headers: HeaderList, request_id: str, framing: bytes, closing: bytes
    ) -> bytes:
        """framing: the content-length or transfer-encoding line; closing: the connection line.

        Raises ValueError when a header would break out of its line.
        """
        lines = [b"%b: %b\r\n" % header for header in headers if header[0].lower() not in OURS]
        text = b"".join(lines)
        if text.count(b"\n") != len(lines) or text.count(b"\r") != len(lines) or b"\0" in text:
            raise ValueError("a reply header has a line break or a NUL in it")
        identity = request_id.encode("ascii")
        return b"%b%b%bx-request-id: %b\r\nx-oneapi-request-id: %b\r\n%bdate: %b\r\n%b\r\n" % (
            _STATUS_LINES.get(status) or b"HTTP/1.1 %d Unknown\r\n" % status,
            text,
            framing,
            identity,
            identity,
            ORIGIN_LINES if b"access-control-allow-origin:" not in text else b"",
            self._date.value(),
            closing,
        )

"""Reply heads as bytes: status line, the handler's headers, and those that every reply carries."""

from http import HTTPStatus

from waystation.edge.call import HeaderList
from waystation.edge.cors import ORIGIN_LINES
from waystation.edge.reply_headers import OURS, DateClock

_STATUS_LINES = {
    int(status): f"HTTP/1.1 {status} {status.phrase}\r\n".encode() for status in HTTPStatus
}
_MIDDLE_BARE = b"\r\ndate: "
_MIDDLE = b"\r\n" + ORIGIN_LINES + b"date: "


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
        lines = 0
        text = b""
        middle = _MIDDLE
        for name, value in headers:
            folded = name.lower()
            if folded not in OURS:
                lines += 1
                text += name + b": " + value + b"\r\n"
                if folded == b"access-control-allow-origin":
                    middle = _MIDDLE_BARE
        if len(text) - len(text.translate(None, b"\r\n\0")) != 2 * lines:
            raise ValueError("a reply header has a line break or a NUL in it")
        identity = request_id.encode()
        return b"".join(
            (
                _STATUS_LINES.get(status) or b"HTTP/1.1 %d Unknown\r\n" % status,
                text,
                framing,
                b"x-request-id: ",
                identity,
                b"\r\nx-oneapi-request-id: ",
                identity,
                middle,
                self._date.value(),
                b"\r\n",
                closing,
                b"\r\n",
            )
        )

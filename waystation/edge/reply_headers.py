"""The headers that each reply carries, whatever face sends it, and those a face alone may set."""

import time
from email.utils import formatdate

from waystation.edge.call import HeaderList

BODILESS = frozenset({204, 304})
"""Statuses that never have a body, nor a length."""

OURS = frozenset(
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
"""Set by the face alone: a forwarded reply may carry them, and two of one can be read two ways."""


class DateClock:
    """The Date header's value, formatted once a second."""

    __slots__ = ("_second", "_value")

    def __init__(self) -> None:
        self._second = 0
        self._value = b""

    def value(self) -> bytes:
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._value = formatdate(second, usegmt=True).encode("ascii")
        return self._value


def declared_length(headers: HeaderList) -> int | None:
    """The content-length that a handler gave for a reply of known size."""
    for name, value in headers:
        if name == b"content-length":
            return int(value)
    return None

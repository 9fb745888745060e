"""A sound file as FFmpeg reads it: within bounds of bytes and time.

What a file makes its reader do is the file's own choice: to seek to and fro for ever, for one.
"""

from time import monotonic
from typing import Protocol

READ_AGAIN_MOST = 4
"""How often all of a file may be read, on the whole;"""
READ_ANYWAY_BYTES = 4 * 1024 * 1024
"""and what may be read of a small one."""


class Source(Protocol):
    """Bytes that are there."""

    def __len__(self) -> int: ...

    def read_at(self, position: int, count: int) -> bytes:
        """Fewer at the end. Raises OSError."""


class Exhausted(OSError):
    """The file wants to be read for too long."""


class InMemory:
    """A `Source` of bytes."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def read_at(self, position: int, count: int) -> bytes:
        return self._data[position : position + count]


class Bounded:
    """A source as a file. seconds_max: of the clock, from now on."""

    __slots__ = ("_at", "_ends_at", "_left", "_source")

    def __init__(self, source: Source, seconds_max: float) -> None:
        self._source = source
        self._at = 0
        self._left = len(source) * READ_AGAIN_MOST + READ_ANYWAY_BYTES
        self._ends_at = monotonic() + seconds_max

    def read(self, count: int) -> bytes:
        if monotonic() > self._ends_at:
            raise Exhausted("it takes too long to read")
        data = self._source.read_at(self._at, count)
        self._at += len(data)
        self._left -= max(len(data), 1)
        if self._left < 0:
            raise Exhausted("it is read again and again")
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        start = (0, self._at, len(self._source))[whence]
        self._at = min(max(0, start + offset), len(self._source))
        return self._at

    def tell(self) -> int:
        return self._at

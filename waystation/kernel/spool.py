"""Bytes that may be many: in memory up to a bound, beyond it in a file without a name.

The file is unlinked as it is made, so nothing is left behind however the process ends. Reading is
by position: one spool may be read by several at once, and again and again.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

MEMORY_BYTES = 1024 * 1024
PIECE_BYTES = 256 * 1024


class Spool:
    """Written once from the front, then read. `close` gives memory and disk back; so does the
    collector. What blocks is apart: `begin_flush` gives a function for a thread, `end_flush` is
    told when it has returned."""

    __slots__ = ("_buffer", "_file", "_is_closed", "_leaving", "_written", "memory_bytes")

    def __init__(self, memory_bytes: int = MEMORY_BYTES) -> None:
        self.memory_bytes = memory_bytes
        self._buffer = bytearray()
        self._file: BinaryIO | None = None
        self._written = 0  # bytes in the file
        self._leaving: bytearray | None = None  # on their way there
        self._is_closed = False

    def __len__(self) -> int:
        return self._written + len(self._leaving or b"") + len(self._buffer)

    @property
    def is_on_disk(self) -> bool:
        return self._file is not None

    @property
    def is_due(self) -> bool:
        """More is buffered than may be: time to flush before more is written."""
        return len(self._buffer) >= self.memory_bytes

    @property
    def is_flushing(self) -> bool:
        """Between `begin_flush` and `end_flush`."""
        return self._leaving is not None

    def write(self, data: bytes | memoryview) -> None:
        """Buffer bytes; does no I/O."""
        self._buffer += data

    def flush(self) -> None:
        """Move what is buffered to the file. Blocks; raises OSError (a full disk)."""
        write = self.begin_flush()
        try:
            write()
        finally:
            self.end_flush()

    def begin_flush(self) -> Callable[[], None]:
        """Set what is buffered aside. The function writes it to the file; it blocks, and raises
        OSError (a full disk). More may be buffered meanwhile."""
        assert self._leaving is None, "one at a time"
        self._leaving, self._buffer = self._buffer, bytearray()
        return self._write_leaving

    def _write_leaving(self) -> None:
        if self._file is None:
            file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 — `close` closes it
            self._file = cast(BinaryIO, file)
        assert self._leaving is not None
        with memoryview(self._leaving) as view:
            at = 0
            while at < len(view):
                at += self._file.write(view[at:])

    def end_flush(self) -> None:
        """The function has returned or failed."""
        self._written += len(self._leaving or b"")
        self._leaving = None
        if self._is_closed:
            self._close_file()

    def read(self, count: int | None = None) -> bytes:
        """The first `count` bytes, or all."""
        end = len(self) if count is None else min(count, len(self))
        if self._file is None and self._leaving is None:
            return bytes(self._buffer[:end])
        return b"".join(self.pieces(end=end))

    def read_at(self, position: int, count: int) -> bytes:
        """Up to `count` bytes from a position, fewer at the end only. Raises OSError."""
        parts = []
        while self._file is not None and count > 0 and position < self._written:
            part = os.pread(self._file.fileno(), min(count, self._written - position), position)
            if not part:
                raise OSError("the spool's file is shorter than it was")
            parts.append(part)
            position, count = position + len(part), count - len(part)
        if count > 0:
            start = max(0, position - self._written)
            parts.append(bytes(self._buffer[start : start + count]))
        return b"".join(parts)

    def pieces(self, piece_bytes: int = PIECE_BYTES, end: int | None = None) -> Iterator[bytes]:
        """All of it from the front, piece by piece. Raises OSError."""
        end = len(self) if end is None else end
        at = 0
        while self._file is not None and at < min(end, self._written):
            piece = os.pread(self._file.fileno(), min(piece_bytes, end - at), at)
            if not piece:
                raise OSError("the spool's file is shorter than it was")
            at += len(piece)
            yield piece
        starts_at = self._written
        for buffer in (self._leaving or b"", self._buffer):
            while at < min(end, starts_at + len(buffer)):
                start = at - starts_at
                piece = bytes(buffer[start : start + min(piece_bytes, end - at)])
                at += len(piece)
                yield piece
            starts_at += len(buffer)

    def close(self) -> None:
        """Idempotent. A file that is being written to is closed when that has ended."""
        self._buffer = bytearray()
        self._is_closed = True
        if self._leaving is None:
            self._close_file()

    def _close_file(self) -> None:
        file, self._file, self._written = self._file, None, 0
        if file is not None:
            file.close()

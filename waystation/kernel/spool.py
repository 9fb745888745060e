"""Bytes that may be many: in memory up to a bound, beyond it in a file without a name.

The file is unlinked as it is made, so nothing is left behind however the process ends. Reading is
by position: one spool may be read by several at once, and again and again.
"""

import os
import tempfile
from collections.abc import Iterator
from typing import BinaryIO, cast

MEMORY_BYTES = 1024 * 1024
PIECE_BYTES = 256 * 1024


class Spool:
    """Written once from the front, then read. `close` gives memory and disk back; so does the
    collector."""

    __slots__ = ("_buffer", "_file", "_written", "memory_bytes")

    def __init__(self, memory_bytes: int = MEMORY_BYTES) -> None:
        self.memory_bytes = memory_bytes
        self._buffer = bytearray()
        self._file: BinaryIO | None = None
        self._written = 0  # bytes in the file

    def __len__(self) -> int:
        return self._written + len(self._buffer)

    @property
    def is_on_disk(self) -> bool:
        return self._file is not None

    @property
    def is_due(self) -> bool:
        """More is buffered than may be: call `flush` before more is written."""
        return len(self._buffer) >= self.memory_bytes

    def write(self, data: bytes | memoryview) -> None:
        """Buffer bytes; does no I/O."""
        self._buffer += data

    def flush(self) -> None:
        """Move what is buffered to the file. Blocks; raises OSError (a full disk)."""
        if self._file is None:
            file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 — `close` closes it
            self._file = cast(BinaryIO, file)
        view = memoryview(self._buffer)
        try:
            while view:
                count = self._file.write(view)
                self._written += count
                view = view[count:]
        finally:
            view.release()
        self._buffer = bytearray()

    def read(self, count: int | None = None) -> bytes:
        """The first `count` bytes, or all."""
        end = len(self) if count is None else min(count, len(self))
        if self._file is None:
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
        while at < end:
            start = at - self._written
            piece = bytes(self._buffer[start : start + min(piece_bytes, end - at)])
            at += len(piece)
            yield piece

    def close(self) -> None:
        """Idempotent."""
        self._buffer = bytearray()
        file, self._file, self._written = self._file, None, 0
        if file is not None:
            file.close()

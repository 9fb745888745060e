"""Where a chunked body ends.

The parser judges and decodes chunks but does not tell how many bytes it used, and a pipelined
request may follow in the same read. So the framing is walked here as well; the parser gets exactly
the bytes of one body, and a difference of opinion between the two ends the connection.
"""

LINE_BYTES_MAX = 256
"""A chunk's size line with its extensions."""
TRAILER_BYTES_MAX = 8 * 1024

_SIZE_DIGITS_MAX = 15


class ChunkError(Exception):
    """The framing is not chunked coding, or is bigger than it has any need to be."""


class ChunkScanner:
    """Walks the framing of one chunked body, whatever the splits."""

    __slots__ = ("_line", "_skip", "_trailer_bytes", "done")

    def __init__(self) -> None:
        self._line = bytearray()
        self._skip = 0  # bytes of chunk data, with its CRLF, still to pass over
        self._trailer_bytes = -1  # -1: not in the trailer yet
        self.done = False

    def scan(self, data: bytes) -> int:
        """How many bytes of `data` belong to this body. Raises ChunkError."""
        position = 0
        size = len(data)
        while position < size and not self.done:
            if self._skip:
                step = min(self._skip, size - position)
                self._skip -= step
                position += step
            else:
                position = self._scan_line(data, position)
        return position

    def _scan_line(self, data: bytes, position: int) -> int:
        end = data.find(b"\n", position)
        stop = len(data) if end < 0 else end + 1
        self._line += data[position:stop]
        if len(self._line) > (LINE_BYTES_MAX if self._trailer_bytes < 0 else TRAILER_BYTES_MAX):
            raise ChunkError("line too long")
        if end >= 0:
            line = bytes(self._line)
            self._line.clear()
            if not line.endswith(b"\r\n"):
                raise ChunkError("bare LF")
            self._take_line(line[:-2])
        return stop

    def _take_line(self, line: bytes) -> None:
        if self._trailer_bytes >= 0:
            self._trailer_bytes += len(line) + 2
            if self._trailer_bytes > TRAILER_BYTES_MAX:
                raise ChunkError("trailer too long")
            self.done = not line
            return
        digits = line.partition(b";")[0]
        if not 0 < len(digits) <= _SIZE_DIGITS_MAX or digits.strip(b"0123456789abcdefABCDEF"):
            raise ChunkError("odd chunk size")
        length = int(digits, 16)
        if length:
            self._skip = length + 2
        else:
            self._trailer_bytes = 0

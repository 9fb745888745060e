"""Server-sent events, incrementally, at any split.

Lines end in LF, CR or CRLF; a byte order mark, comments, `data` without a blank and data over
several lines are understood. Each frame tells its raw bytes (line ends as LF, with the closing
blank line), so that a frame nobody changes is forwarded as it came. What is held is bounded.
"""

import msgspec

from waystation.errors import Fault

EVENT_BYTES_MAX = 1024 * 1024


class Frame(msgspec.Struct, frozen=True, gc=False):
    """data: the payload, lines joined by LF. raw: `data: …\\n\\n` ready to forward. event and id:
    None when the frame names none."""

    data: bytes
    raw: bytes
    event: bytes | None = None
    id: bytes | None = None


class SseParser:
    """feed(bytes) → frames; close() → the frame that lacked its blank line, if any.

    Raises Fault bad_upstream_response when an event exceeds `event_bytes_max`."""

    __slots__ = ("_after_cr", "_at_start", "_buffer", "_event_bytes_max")

    def __init__(self, event_bytes_max: int = EVENT_BYTES_MAX) -> None:
        self._buffer = bytearray()
        self._after_cr = False
        self._at_start = True
        self._event_bytes_max = event_bytes_max

    @property
    def is_empty(self) -> bool:
        """Nothing but blank lines is held of an unfinished frame."""
        return not self._buffer.strip()

    @property
    def is_between(self) -> bool:
        """The next byte begins a frame, whatever it is."""
        return not (self._buffer or self._after_cr or self._at_start)

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete."""
        if self._after_cr or b"\r" in data:
            data = self._normalised(data)
        buffer = self._buffer
        size = len(data)
        if (
            data.find(b"\n") == size - 2
            and data[:6] == b"data: "
            and data[-1:] == b"\n"
            and not buffer
            and not self._at_start
            and size <= self._event_bytes_max
        ):
            return [Frame(data[6:-2], data)]  # one frame of one line, as nearly all are
        if buffer:
            scanned = max(len(buffer) - 1, 0)
            buffer += data
            end = buffer.rfind(b"\n\n", scanned)
            if end < 0:
                self._check(len(buffer))
                return []
            data = bytes(buffer[: end + 2])
            del buffer[: end + 2]
        else:
            end = data.rfind(b"\n\n")
            if end < 0:
                buffer += data
                self._check(len(buffer))
                return []
            if end + 2 != len(data):
                buffer += data[end + 2 :]
                self._check(len(buffer))
                data = data[: end + 2]
        return self._frames(data)

    def close(self) -> list[Frame]:
        """The upstream ended: what is left counts as a frame even without its blank line."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return self._frames(rest.rstrip(b"\n") + b"\n\n") if rest.strip() else []

    def _frames(self, data: bytes) -> list[Frame]:
        if self._at_start:
            self._at_start = False
            data = data.removeprefix(b"\xef\xbb\xbf")
        frames: list[Frame] = []
        for block in data.split(b"\n\n"):
            if not block:
                continue
            if len(block) > self._event_bytes_max:
                self._check(len(block))
            if block.startswith(b"data: ") and b"\n" not in block:
                frames.append(Frame(block[6:], block + b"\n\n"))
            else:
                frame = _parsed(block)
                if frame is not None:
                    frames.append(frame)
        return frames

    def _normalised(self, data: bytes) -> bytes:
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
            if not data:
                self._after_cr = False
                return data
        if data:
            self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _check(self, size: int) -> None:
        if size > self._event_bytes_max:
            self._buffer.clear()
            reason = f"an event of more than {self._event_bytes_max} bytes"
            raise Fault("bad_upstream_response", reason=reason)


def _parsed(block: bytes) -> Frame | None:
    """A block of lines as a frame; None when it holds no data (comments, bare fields)."""
    block = block.lstrip(b"\n")
    data: list[bytes] = []
    event = identity = None
    for line in block.split(b"\n"):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            data.append(value)
        elif name == b"event":
            event = value
        elif name == b"id":
            identity = value
    if not data:
        return None
    return Frame(b"\n".join(data), block + b"\n\n", event, identity)

"""Frames of one stream that differ in one text alone.

Nearly every frame of an answer is the frame before it with other words in one JSON string. A frame
that was read in full makes a mould: what has its two ends, and between them nothing but characters
that stand for themselves, would be read and passed on in the same way, so it need not be read.
"""

_PLAIN = bytes(byte for byte in range(0x20, 0x100) if byte not in b'"\\')
_BETWEEN = b": "

Ends = tuple[bytes, bytes]


class Mould:
    """came: the ends of the frame as it came. goes: of what was passed on for it, where that is
    another."""

    __slots__ = ("_from", "_goes", "_head", "_tail", "_to", "text")

    def __init__(self, came: Ends, goes: Ends | None = None) -> None:
        self._head, self._tail = came
        self._from = len(self._head)
        self._to = -len(self._tail)
        self._goes = goes
        self.text = ""
        """Of the last frame that fitted."""

    def cast(self, frame: bytes) -> bytes | None:
        """What is passed on for a frame of this mould; None: it is another, or has an escape in its
        text."""
        if not (frame.startswith(self._head) and frame.endswith(self._tail)):
            return None
        text = frame[self._from : self._to]
        if not text or text.translate(None, _PLAIN):
            return None
        try:
            self.text = text.decode()
        except UnicodeDecodeError:
            return None
        goes = self._goes
        return frame if goes is None else goes[0] + text + goes[1]


def ends_of(frame: bytes, key: bytes, text: str) -> Ends | None:
    """What stands before and after this text in a frame, where it has the key, quotes and all, once
    and the text stands there as it is; None when that is not sure."""
    begin = frame.find(key) + len(key)
    if begin < len(key) or frame.count(key) != 1 or b"\\" in frame:
        return None
    while begin < len(frame) and frame[begin] in _BETWEEN:
        begin += 1
    end = frame.find(b'"', begin + 1)
    if not text or frame[begin:end] != b'"' + text.encode("utf-8", "surrogatepass"):
        return None
    return frame[: begin + 1], frame[end:]

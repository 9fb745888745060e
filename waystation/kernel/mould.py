"""Frames of one stream that differ in one text alone.

Nearly every frame of an answer is the frame before it with other words in one JSON string. A frame
that was read in full makes the mould: what has its two ends, and between them nothing but
characters that stand for themselves, would be read and passed on in the same way, so it need not
be read.

    out = mould.cast(frame)        # what is passed on for it, its text in mould.text
    if out is None:
        ...                        # read it; what it does in full decides what it becomes
        mould.make(frame, out, b'"content"', text)     # or mould.drop()
"""

VAIN_MAX = 8
"""Made one after the other without one that fitted: this upstream's frames are all different."""

_PLAIN = bytes(byte for byte in range(0x20, 0x100) if byte not in b'"\\')
_BETWEEN = b": "
_NO_FRAME = b"\0"

Ends = tuple[bytes, bytes]


class Mould:
    """Of the last frame of a stream. text: of the last frame that fitted."""

    __slots__ = ("_from", "_goes", "_head", "_tail", "_to", "_vain_left", "text")

    def __init__(self, vain_max: int = VAIN_MAX) -> None:
        """vain_max: 0 for streams whose frames are never passed on by themselves."""
        self._vain_left = vain_max
        self._head, self._tail = _NO_FRAME, b""
        self._from = self._to = 0
        self._goes: Ends | None = None
        self.text = ""

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
        self._vain_left = VAIN_MAX
        goes = self._goes
        return frame if goes is None else goes[0] + text + goes[1]

    def drop(self) -> None:
        """The next frame is read, whatever it is like."""
        self._head = _NO_FRAME

    def make(self, came: bytes, goes: bytes, key: bytes, text: str) -> None:
        """Of a frame that did nothing but bring this text under this key, quotes and all, and of
        what was passed on for it; drops the mould where that is not sure."""
        self.drop()
        if not self._vain_left:
            return
        self._vain_left -= 1
        ends = _ends(came, key, text)
        left = ends if goes is came else _ends(goes, key, text)
        if ends is not None and left is not None:
            self._head, self._tail = ends
            self._from, self._to = len(ends[0]), -len(ends[1])
            self._goes = None if goes is came else left


def _ends(frame: bytes, key: bytes, text: str) -> Ends | None:
    """What stands before and after this text; None where the key is not there once, or the text
    does not stand there as it is."""
    begin = frame.find(key) + len(key)
    if begin < len(key) or frame.count(key) != 1 or b"\\" in frame:
        return None
    while begin < len(frame) and frame[begin] in _BETWEEN:
        begin += 1
    end = frame.find(b'"', begin + 1)
    if not text or frame[begin:end] != b'"' + text.encode("utf-8", "surrogatepass"):
        return None
    return frame[: begin + 1], frame[end:]

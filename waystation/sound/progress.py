"""How many seconds of sound have passed, read off the frames as they pass.

For what is metered on its way: no copy of the sound is kept and nothing is decoded, only headers
are looked at. What a format does not tell in its frames (FLAC) is reckoned.
"""

from collections.abc import Callable

from waystation.sound.containers import HEAD_BYTES, container_of

PCM_BYTES_PER_SECOND = 48_000
"""Bare samples: 24 kHz, 16 bits, one channel, as OpenAI delivers them."""
_FLAC_SHARE = 0.5
"""Of plain samples that FLAC leaves of speech, about."""
_MP3_KBITS = {
    (3, 1): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (3, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (2, 1): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""By (version, layer) of the header's bits: 3 is MPEG-1, what is not there is MPEG-2 and 2.5."""
_MP3_RATES = (44_100, 48_000, 32_000)
_AAC_RATES = (
    *(96_000, 88_200, 64_000, 48_000, 44_100, 32_000),
    *(24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350),
)
_READERS = {"mp3": "mp3", "aac": "aac", "ogg": "opus", "flac": "flac", "wav": "wav"}

_BEGIN_BYTES = 44
"""What a header may take that is read once."""

Step = tuple[int, float]
"""(bytes to the next header, seconds passed with them)."""


class SoundClock:
    """form: what was asked for; the first bytes tell better, but for bare samples."""

    __slots__ = (
        "_bytes",
        "_form",
        "_held",
        "_is_begun",
        "_per_second",
        "_seconds",
        "_skip",
        "_step",
    )

    def __init__(self, form: str) -> None:
        self._form = form
        self._bytes = 0
        self._is_begun = False
        self._held = b""
        self._skip = 0
        self._seconds = 0.0
        self._per_second = float(PCM_BYTES_PER_SECOND) if form == "pcm" else 0.0
        self._step: Callable[[bytes, int], Step | None] | None = None

    @property
    def seconds(self) -> float:
        if self._per_second:
            return self._bytes / self._per_second
        return self._seconds

    def feed(self, data: bytes) -> None:
        if not self._is_begun:
            data = self._held + data
            if len(data) < _BEGIN_BYTES:
                self._held = data
                return
            self._held, self._is_begun = b"", True
            self._begin(data)
        self._bytes += len(data)
        if self._step is None:
            return
        if self._skip >= len(data):
            self._skip -= len(data)
            return
        self._walk(self._held + data if self._held else data)

    def _begin(self, data: bytes) -> None:
        if self._per_second:
            return
        found = container_of(data[:HEAD_BYTES])
        form = _READERS.get(found.reader, "") if found is not None else self._form
        if form == "wav":
            rate = int.from_bytes(data[28:32], "little")
            self._per_second = float(rate or PCM_BYTES_PER_SECOND)
        elif form == "flac":
            self._per_second = _flac_rate(data)
        else:
            self._step = _STEPS.get(form)

    def _walk(self, data: bytes) -> None:
        assert self._step is not None
        at, step = self._skip, self._step
        size = len(data)
        while at < size:
            found = step(data, at)
            if found is None:
                break
            at += found[0]
            if step is _ogg:
                self._seconds = max(self._seconds, found[1])
            else:
                self._seconds += found[1]
        if at >= size:
            self._held, self._skip = b"", at - size
        else:
            self._held, self._skip = data[at:], 0


_MP3_KNOWN: dict[bytes, Step] = {}
"""By the three bytes that decide: a sound has few that differ, and there are few at all."""


def _mp3(data: bytes, at: int) -> Step | None:
    known = _MP3_KNOWN.get(data[at : at + 3])
    if known is not None:
        return known
    if len(data) - at < 10:
        return None
    if data[at : at + 3] == b"ID3":
        size = 0
        for byte in data[at + 6 : at + 10]:
            size = size << 7 | byte & 0x7F
        return 10 + size, 0.0
    second, third = data[at + 1], data[at + 2]
    version, layer, kbits, rate = second >> 3 & 3, second >> 1 & 3, third >> 4, third >> 2 & 3
    if data[at] != 0xFF or second & 0xE0 != 0xE0 or rate == 3 or kbits in (0, 15):
        return _next(data, at, b"\xff")
    if version == 1 or layer not in (1, 2):
        return _next(data, at, b"\xff")
    hertz = _MP3_RATES[rate] >> (0 if version == 3 else 1 if version == 2 else 2)
    bits = _MP3_KBITS[3 if version == 3 else 2, layer][kbits - 1] * 1000
    samples = 576 if layer == 1 and version != 3 else 1152
    step = _MP3_KNOWN[data[at : at + 3]] = (
        samples // 8 * bits // hertz + (third >> 1 & 1),
        samples / hertz,
    )
    return step


def _aac(data: bytes, at: int) -> Step | None:
    if len(data) - at < 7:
        return None
    rate = data[at + 2] >> 2 & 15
    size = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
    if data[at] != 0xFF or data[at + 1] & 0xF6 != 0xF0 or rate > 12 or size < 7:
        return _next(data, at, b"\xff")
    return size, 1024 * ((data[at + 6] & 3) + 1) / _AAC_RATES[rate]


def _ogg(data: bytes, at: int) -> Step | None:
    """A page tells where in the sound it ends."""
    left = len(data) - at
    if left < 27:
        return None
    if data[at : at + 4] != b"OggS":
        return _next(data, at, b"O")
    count = data[at + 26]
    if left < 27 + count:
        return None
    size = 27 + count + sum(data[at + 27 : at + 27 + count])
    granule = int.from_bytes(data[at + 6 : at + 14], "little", signed=True)
    return size, max(0, granule) / 48_000


def _next(data: bytes, at: int, mark: bytes) -> Step:
    """Where a header may begin again."""
    found = data.find(mark, at + 1)
    return (len(data) if found < 0 else found) - at, 0.0


_STEPS: dict[str, Callable[[bytes, int], Step | None]] = {"mp3": _mp3, "aac": _aac, "opus": _ogg}


def _flac_rate(data: bytes) -> float:
    """Bytes a second, about, by the header."""
    word = int.from_bytes(data[18:26], "big")
    hertz = (word >> 44) or 24_000
    channels = (word >> 41 & 7) + 1
    bits = (word >> 36 & 31) + 1
    return hertz * channels * bits / 8 * _FLAC_SHARE

"""Quiet tones over a speech, for as long as it takes."""

from array import array
from functools import lru_cache
from math import cos, pi, sin
from operator import add

from waystation.sound.modem.frame import pack
from waystation.sound.modem.tones import (
    BIN_HERTZ,
    GROUPS,
    SYMBOL_BYTES,
    SYMBOL_SECONDS,
    SYNC,
    bin_of,
    values_of,
)

AMPLITUDE = 120
"""Of each tone; full scale is 32767."""
_RAMP_SHARE = 0.1
"""Of a symbol, in which a tone comes and goes."""
_LOUDEST = 32_000


class Carrier:
    """Sends one text, again and again while there is speech. rate: of the samples, at which a
    symbol is a whole number of them. Raises ValueError for a text that is too long."""

    __slots__ = ("_at", "_rate", "_symbol_samples", "_symbols", "_waiting")

    def __init__(self, text: str, rate: int) -> None:
        self._rate = rate
        self._symbol_samples = round(rate * SYMBOL_SECONDS)
        data = pack(text)
        if len(data) % SYMBOL_BYTES:
            data += b"\0"
        self._symbols = [
            *SYNC,
            *(values_of(data[at], data[at + 1]) for at in range(0, len(data), SYMBOL_BYTES)),
        ]
        self._at = 0
        self._waiting: array[int] = array("h")

    @property
    def frame_seconds(self) -> float:
        return len(self._symbols) * SYMBOL_SECONDS

    def over(self, speech: "array[int]") -> "array[int]":
        """The speech with the tones in it, as far as whole symbols reach."""
        self._waiting += speech
        size = self._symbol_samples
        whole = len(self._waiting) // size * size
        ready, self._waiting = self._waiting[:whole], self._waiting[whole:]
        mixed: array[int] = array("h")
        for start in range(0, whole, size):
            mixed += self._mixed(ready[start : start + size])
        return mixed

    def rest(self) -> "array[int]":
        """The rest of the speech, and silence with tones up to the frame's end; after a first
        frame the next is left as it stands."""
        size = self._symbol_samples
        missing = len(self._symbols) - self._at if self._at < len(self._symbols) else 1
        needed = max(missing * size - len(self._waiting), -len(self._waiting) % size)
        return self.over(array("h", bytes(2 * needed)))

    def _mixed(self, speech: "array[int]") -> "array[int]":
        values = self._symbols[self._at % len(self._symbols)]
        self._at += 1
        tones = [_tone(self._rate, bin_of(group, values[group])) for group in range(GROUPS)]
        low, high = map(add, tones[0], tones[1]), map(add, tones[2], tones[3])
        mixed = map(add, map(add, low, high), speech)
        return array("h", [max(-_LOUDEST, min(_LOUDEST, sample)) for sample in mixed])


@lru_cache(maxsize=256)
def _tone(rate: int, number: int) -> "array[int]":
    """One symbol of a tone."""
    size = round(rate * SYMBOL_SECONDS)
    ramp = max(1, int(size * _RAMP_SHARE))
    turn = 2 * pi * number * BIN_HERTZ / rate
    start = number * 2.399963  # phases that do not add up
    samples = []
    for at in range(size):
        edge = min(at, size - 1 - at)
        gain = 0.5 - 0.5 * cos(pi * edge / ramp) if edge < ramp else 1.0
        samples.append(round(AMPLITUDE * gain * sin(turn * at + start)))
    return array("h", samples)

"""The text out of a sound, whatever it was coded in meanwhile.

First it is found where a frame begins, by the tones that each begins with: at eight places a
symbol, then finer. From there on symbols follow each other at their distance.
"""

from array import array
from collections.abc import Iterator

from waystation.sound.modem.frame import (
    HEADER_BYTES,
    NoText,
    Word,
    frame_bytes,
    read_header,
    unpack,
)
from waystation.sound.modem.spectrum import RATE, SIZE, Powers, powers_of_two
from waystation.sound.modem.tones import (
    GROUPS,
    SYMBOL_BYTES,
    SYMBOL_SECONDS,
    SYNC,
    VALUES,
    bytes_of,
)

SEARCH_SECONDS_MOST = 25.0
"""How far into a sound a frame is looked for."""
_SYMBOL = round(RATE * SYMBOL_SECONDS)
_MARGIN = (_SYMBOL - SIZE) // 2
_HOP = _SYMBOL // 8
_FINE = (-60, -40, -20, 0, 20, 40, 60)
_SCORE_LEAST = 0.42
"""Of what all tones of a beginning have of their groups' power, on average; by chance 0.06."""


def read_text(samples: "array[int]") -> str:
    """samples: at RATE, one channel. Raises NoText."""
    for start in _beginnings(samples):
        try:
            return _text_at(samples, start)
        except NoText:
            continue
    raise NoText("no text was found in the sound")


def _beginnings(samples: "array[int]") -> Iterator[int]:
    """Where a frame seems to begin, in order."""
    end = min(len(samples), int(SEARCH_SECONDS_MOST * RATE))
    hops = _Hops(samples)
    span = len(SYNC) * 8
    at, last = -8, end // _HOP
    while at < last:
        if hops.score(at) < _SCORE_LEAST:
            at += 1
            continue
        best = max(range(at, at + 6), key=hops.score)
        middle = best * _HOP
        yield max((middle + shift for shift in _FINE), key=lambda s: _score_at(samples, s))
        at = best + span // 2


class _Hops:
    """Spectra at each eighth of a symbol, as far as they are asked for."""

    def __init__(self, samples: "array[int]") -> None:
        self._samples = samples
        self._shares: dict[int, list[float]] = {}

    def score(self, hop: int) -> float:
        total = 0.0
        for number, values in enumerate(SYNC):
            total += _matching(self._at(hop + 8 * number), values)
            if number == 1 and total < 0.5:
                return 0.0  # most places are none
        return total / (len(SYNC) * GROUPS)

    def _at(self, hop: int) -> list[float]:
        found = self._shares.get(hop)
        if found is None:
            one, other = powers_of_two(
                self._samples, hop * _HOP + _MARGIN, (hop + 1) * _HOP + _MARGIN
            )
            found = self._shares[hop] = _shares(one)
            self._shares[hop + 1] = _shares(other)
        return found


def _score_at(samples: "array[int]", start: int) -> float:
    total = 0.0
    for number in range(0, len(SYNC), 2):
        at = start + number * _SYMBOL + _MARGIN
        one, other = powers_of_two(samples, at, at + _SYMBOL)
        total += _matching(_shares(one), SYNC[number])
        total += _matching(_shares(other), SYNC[number + 1])
    return total


def _shares(powers: Powers) -> list[float]:
    """Each tone's part of its group's power."""
    shares: list[float] = []
    for group in range(GROUPS):
        part = powers[group * VALUES : (group + 1) * VALUES]
        whole = sum(part) or 1.0
        shares += [power / whole for power in part]
    return shares


def _matching(shares: list[float], values: tuple[int, ...]) -> float:
    return sum(shares[group * VALUES + value] for group, value in enumerate(values))


def _text_at(samples: "array[int]", start: int) -> str:
    """Raises NoText."""
    body = start + len(SYNC) * _SYMBOL
    told = read_header(_received(samples, body, HEADER_BYTES))
    count = frame_bytes(told)
    body += HEADER_BYTES // SYMBOL_BYTES * _SYMBOL
    if body + count // SYMBOL_BYTES * _SYMBOL > len(samples) + 8 * _SYMBOL:
        raise NoText("the sound ends before its text")
    return unpack(told, _received(samples, body, count))


def _received(samples: "array[int]", start: int, count: int) -> Word:
    """So many bytes, each with how sure it is."""
    word: list[tuple[int, float]] = []
    at = start + _MARGIN
    while len(word) < count:
        for powers in powers_of_two(samples, at, at + _SYMBOL):
            word += _symbol(powers)
        at += 2 * _SYMBOL
    return word[:count]


def _symbol(powers: Powers) -> list[tuple[int, float]]:
    values, sure = [], []
    for group in range(GROUPS):
        part = powers[group * VALUES : (group + 1) * VALUES]
        best = max(part)
        values.append(part.index(best))
        sure.append(best / (sum(part) or 1.0))
    first, second = bytes_of(tuple(values))
    return [(first, min(sure[0], sure[2])), (second, min(sure[1], sure[3]))]

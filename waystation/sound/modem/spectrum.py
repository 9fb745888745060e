"""How strong each tone is in a piece of sound: a transform of 512 samples at 16 kHz, by hand.

Two windows of real samples go through as one of complex numbers.
"""

from array import array
from cmath import exp
from collections.abc import Sequence
from math import cos, pi

from waystation.sound.modem.tones import FIRST_BIN, GROUPS, STEP_BINS, VALUES

RATE = 16_000
SIZE = 512
_HANN = [0.5 - 0.5 * cos(2 * pi * at / SIZE) for at in range(SIZE)]
_BINS = [FIRST_BIN + STEP_BINS * at for at in range(GROUPS * VALUES)]
_TWIDDLES = {
    half: [exp(-1j * pi * at / half) for at in range(half)]
    for half in (1, 2, 4, 8, 16, 32, 64, 128, 256)
}

Powers = list[float]
"""Of each tone, group by group."""


def powers_of_two(samples: "array[int]", first: int, second: int) -> tuple[Powers, Powers]:
    """Of the windows that begin at these samples; what lies outside is silence."""
    one, other = _window(samples, first), _window(samples, second)
    both = [complex(a, b) * w for a, b, w in zip(one, other, _HANN, strict=True)]
    spectrum = _transformed(both)
    left, right = [], []
    for number in _BINS:
        up, down = spectrum[number], spectrum[SIZE - number].conjugate()
        left.append(abs(up + down) ** 2)
        right.append(abs(up - down) ** 2)
    return left, right


def _window(samples: "array[int]", start: int) -> Sequence[int]:
    if start >= 0 and start + SIZE <= len(samples):
        return samples[start : start + SIZE]
    return [samples[at] if 0 <= at < len(samples) else 0 for at in range(start, start + SIZE)]


def _transformed(values: list[complex]) -> list[complex]:
    size = len(values)
    if size == 2:
        return [values[0] + values[1], values[0] - values[1]]
    even, odd = _transformed(values[::2]), _transformed(values[1::2])
    turned = [a * b for a, b in zip(_TWIDDLES[size // 2], odd, strict=True)]
    return [
        *[a + b for a, b in zip(even, turned, strict=True)],
        *[a - b for a, b in zip(even, turned, strict=True)],
    ]

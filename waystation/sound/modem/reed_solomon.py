"""Reed-Solomon codes over GF(256): bytes with parity, mended up to half of it in errors.

Polynomials are lists of coefficients, the highest power first in a word, the lowest first within
the decoder. Field: x^8 + x^4 + x^3 + x^2 + 1, generator 2, first root 2^0.
"""

from collections.abc import Sequence

_EXP = [0] * 512
_LOG = [0] * 256


def _fill() -> None:
    value = 1
    for power in range(255):
        _EXP[power] = value
        _LOG[value] = power
        value <<= 1
        if value & 256:
            value ^= 0x11D
    for power in range(255, 512):
        _EXP[power] = _EXP[power - 255]


_fill()


class BeyondRepair(ValueError):
    """More is broken than the parity can mend."""


def _mul(one: int, other: int) -> int:
    return _EXP[_LOG[one] + _LOG[other]] if one and other else 0


def _generator(parity: int) -> list[int]:
    found = [1]
    for power in range(parity):
        wider = [*found, 0]
        for at, coefficient in enumerate(found):
            wider[at + 1] ^= _mul(coefficient, _EXP[power])
        found = wider
    return found


def encode(data: bytes, parity: int) -> bytes:
    """data and so many bytes of parity, 255 together at most."""
    generator = _generator(parity)
    rest = [*data, *([0] * parity)]
    for at in range(len(data)):
        factor = rest[at]
        if factor:
            for offset in range(1, parity + 1):
                rest[at + offset] ^= _mul(generator[offset], factor)
    return data + bytes(rest[len(data) :])


def decode(word: Sequence[int], parity: int, erased: Sequence[int] = ()) -> bytes:
    """The data of a word with errors. erased: positions that are known to be doubtful, at most
    `parity`. Raises BeyondRepair."""
    length = len(word)
    syndromes = [_value(word, _EXP[power]) for power in range(parity)]
    if not any(syndromes):
        return bytes(word[: length - parity])
    eraser = [1]
    for position in erased:
        eraser = _product(eraser, [1, _EXP[length - 1 - position]])
    locator = _locator(syndromes, eraser, len(erased), parity)
    found = [at for at in range(length) if not _low(locator, _inverse_point(length, at))]
    if len(found) != len(locator) - 1:
        raise BeyondRepair("the errors cannot be told apart")
    mended = _mended(word, syndromes, locator, found, parity)
    if any(_value(mended, _EXP[power]) for power in range(parity)):
        raise BeyondRepair("it stays broken")
    return bytes(mended[: length - parity])


def _value(word: Sequence[int], point: int) -> int:
    """Of the word as a polynomial."""
    total = 0
    for coefficient in word:
        total = _mul(total, point) ^ coefficient
    return total


def _low(polynomial: Sequence[int], point: int) -> int:
    """The value of a polynomial that is written with the lowest power first."""
    return _value(polynomial[::-1], point)


def _product(one: Sequence[int], other: Sequence[int]) -> list[int]:
    product = [0] * (len(one) + len(other) - 1)
    for at, first in enumerate(one):
        for offset, second in enumerate(other):
            product[at + offset] ^= _mul(first, second)
    return product


def _inverse_point(length: int, position: int) -> int:
    return _EXP[(255 - (length - 1 - position)) % 255]


def _locator(syndromes: list[int], eraser: list[int], erasures: int, parity: int) -> list[int]:
    """Berlekamp and Massey's, begun with what is known to be erased."""
    current, previous = list(eraser), list(eraser)
    errors = erasures
    for step in range(erasures, parity):
        delta = 0
        for at, coefficient in enumerate(current[: step + 1]):
            delta ^= _mul(coefficient, syndromes[step - at])
        previous = [0, *previous]
        if not delta:
            continue
        scaled = [_mul(delta, each) for each in previous]
        if 2 * errors <= step + erasures:
            inverse = _EXP[255 - _LOG[delta]]
            previous = [_mul(inverse, each) for each in current]
            errors = step + 1 + erasures - errors
        width = max(len(current), len(scaled))
        current = [
            (current[at] if at < len(current) else 0) ^ (scaled[at] if at < len(scaled) else 0)
            for at in range(width)
        ]
    while len(current) > 1 and not current[-1]:
        current.pop()
    if 2 * (len(current) - 1 - erasures) + erasures > parity:
        raise BeyondRepair("too much is broken")
    return current


def _mended(
    word: Sequence[int],
    syndromes: list[int],
    locator: list[int],
    positions: list[int],
    parity: int,
) -> list[int]:
    """Forney's: how far each position is off."""
    evaluator = _product(syndromes, locator)[:parity]
    slope = [each if at % 2 == 0 else 0 for at, each in enumerate(locator[1:])]
    mended = list(word)
    for position in positions:
        point = _inverse_point(len(word), position)
        below = _low(slope, point)
        if not below:
            raise BeyondRepair("the errors cannot be told apart")
        above = _mul(_low(evaluator, point), _EXP[(len(word) - 1 - position) % 255])
        mended[position] ^= _mul(above, _EXP[255 - _LOG[below]])
    return mended

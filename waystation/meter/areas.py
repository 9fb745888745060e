"""Sizes of pictures that are sold by area: the words, and which of them a size in pixels means."""

import re

AREAS = ("512", "1K", "2K", "4K")
"""Rising. A size that names none is "1K" where one is sold by these."""

_SIZE = re.compile(r"([0-9]{1,5})x([0-9]{1,5})")
_LONGEST = ((3000, "4K"), (1800, "2K"))
_PIXELS = ((500_000, "512"), (2_100_000, "1K"), (8_400_000, "2K"))


def area_word(text: str) -> str | None:
    """One of AREAS, in whatever case it is written."""
    word = text.upper()
    return word if word in AREAS else None


def area_asked(text: str) -> str | None:
    """What an order's size asks for: its word, or that of WIDTHxHEIGHT by the longer side. None:
    neither."""
    found = _SIZE.fullmatch(text)
    if found is None:
        return area_word(text)
    longest = max(int(found[1]), int(found[2]))
    return next((word for above, word in _LONGEST if longest > above), "1K")


def area_drawn(text: str) -> str | None:
    """Of a picture that is there, WIDTHxHEIGHT, by its pixels: whatever its shape."""
    found = _SIZE.fullmatch(text)
    if found is None:
        return None
    pixels = int(found[1]) * int(found[2])
    return next((word for most, word in _PIXELS if pixels <= most), "4K")


def larger(one: str | None, other: str | None) -> str | None:
    """Of two words; None counts as nothing."""
    known = [word for word in (one, other) if word is not None]
    return max(known, key=AREAS.index, default=None)

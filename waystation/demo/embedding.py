"""Vectors whose cosine follows word overlap: a signed hash of each word adds to a few places."""

import math

from waystation.demo.words import digest, words

DIMENSIONS_DEFAULT = 256
DIMENSIONS_MAX = 4096
_PLACES = 8


def embed(text: str, dimensions: int) -> list[float]:
    """A unit vector. Equal bags of words give equal vectors, disjoint ones nearly orthogonal."""
    vector = [0.0] * dimensions
    for word in words(text) or [text or "empty"]:
        seed = digest("embedding", word)
        for place in range(_PLACES):
            spot = digest(seed, place)
            vector[spot % dimensions] += 1.0 if (spot >> 40) & 1 else -1.0
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return [value / length for value in vector]

"""Ids of this family: 16 decimal digits, the millisecond and three more.

Browser clients turn them into numbers, which are exact below 2^53. They can be guessed, so every
look-up asks whose they are.
"""

from secrets import randbelow
from time import time_ns


class Draw:
    """Rising within a process. Whether an id is free is the store's to say."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> str:
        fresh = time_ns() // 1_000_000 * 1000 + randbelow(1000)
        self._last = fresh if fresh > self._last else self._last + 1
        return str(self._last)


draw = Draw()

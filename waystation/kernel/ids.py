"""Ids that sort by time, fit into a URL and need no one's permission.

A request id is 22 characters of base62: 8 for the millisecond, 4 for a counter of this process,
10 drawn at the start of this process (and anew after a fork), so that processes never meet. They
are names, not secrets: nobody may see a thing for knowing its id.
"""

import os
import secrets
from itertools import count
from time import time_ns

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""In the order of ASCII, so that text order is number order."""

_PAIRS = tuple(a + b for a in ALPHABET for b in ALPHABET)
_BASE = len(_PAIRS)
_SALT_LENGTH = 10


class _Source:
    """One a process; `count` is atomic, so threads may share it."""

    __slots__ = ("counter", "millisecond", "salt", "stamp")

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        self.salt = "".join(secrets.choice(ALPHABET) for _ in range(_SALT_LENGTH))
        self.counter = count()
        self.millisecond = 0
        self.stamp = _stamp(0)

    def draw(self) -> str:
        millisecond = time_ns() // 1_000_000
        if millisecond > self.millisecond:  # a clock that is set back does not undo the order
            stamp = self.stamp = _stamp(millisecond)
            self.millisecond = millisecond
        else:
            stamp = self.stamp
        high, low = divmod(next(self.counter), _BASE)
        return stamp + _PAIRS[high % _BASE] + _PAIRS[low] + self.salt


def _stamp(millisecond: int) -> str:
    rest, d = divmod(millisecond, _BASE)
    rest, c = divmod(rest, _BASE)
    a, b = divmod(rest, _BASE)
    return _PAIRS[a] + _PAIRS[b] + _PAIRS[c] + _PAIRS[d]


_source = _Source()
os.register_at_fork(after_in_child=_source.renew)

request_id = _source.draw
"""A new id: 22 characters of [0-9A-Za-z], growing within a process, unique over processes."""


def random_text(length: int) -> str:
    """`length` characters of base62 out of the system's randomness: for secrets and boots."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))

"""Two loads in turn, many short windows of each, so that a machine whose speed changes from one
second to the next (a shared one does, by half) changes both. The median pair is what is told."""

from collections.abc import Callable
from statistics import median
from typing import NamedTuple

Load = Callable[[int], float]
"""A load of so many seconds → requests/s."""

WINDOWS = 7


class Compared(NamedTuple):
    """own, other: requests/s, medians. ratio: the median of the windows' own ratios. seconds,
    requests: of all own windows together."""

    own: float
    other: float
    ratio: float
    seconds: int
    requests: float


def compared(own: Load, other: Load, seconds: int) -> Compared:
    """Each own window stands between two half ones of the other."""
    own(1)
    half = max(1, seconds // 2)
    windows = []
    for _ in range(WINDOWS):
        before = other(half)
        mine = own(seconds)
        windows.append((mine, (before + other(half)) / 2))
    return Compared(
        median(mine for mine, _ in windows),
        median(theirs for _, theirs in windows),
        median(mine / theirs for mine, theirs in windows),
        seconds * WINDOWS + 1,
        sum(mine for mine, _ in windows) * seconds + windows[0][0],
    )

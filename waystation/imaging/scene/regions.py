"""What a line of ink encloses: connected areas of a black and white picture, by runs of its rows.

Runs instead of pixels, because a row of a drawing has a dozen of them where it has hundreds of
pixels: a whole picture takes milliseconds in plain Python.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from PIL import Image, ImageDraw

from waystation.imaging.picture import Box

_RUNS = re.compile(rb"\x00+|\xff+")


class Region(NamedTuple):
    """silhouette: L, of the box's size, 255 inside, holes filled."""

    box: Box
    silhouette: Image.Image


class _Run(NamedTuple):
    row: int
    left: int
    right: int
    is_ink: bool


class _Sets:
    """Union and find over run numbers."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def find(self, one: int) -> int:
        parents = self._parents
        while parents[one] != one:
            parents[one] = parents[parents[one]]
            one = parents[one]
        return one

    def join(self, one: int, other: int) -> None:
        self._parents[self.find(other)] = self.find(one)


def enclosed(ink: Image.Image) -> list[Region]:
    """ink: L, 0 where there is ink and 255 elsewhere. Each area of ink with all that it keeps
    apart from the picture's border."""
    runs, rows = _runs(ink)
    same = _Sets(len(runs))
    for one, other in _neighbours(runs, rows):
        if runs[one].is_ink == runs[other].is_ink:
            same.join(one, other)
    width, height = ink.size
    outside = {
        same.find(number)
        for number, run in enumerate(runs)
        if not run.is_ink and (run.row in (0, height - 1) or run.left == 0 or run.right == width)
    }
    inside = [same.find(number) not in outside for number in range(len(runs))]
    things = _Sets(len(runs))
    for one, other in _neighbours(runs, rows):
        if inside[one] and inside[other]:
            things.join(one, other)
    for number in range(1, len(runs)):
        if inside[number] and inside[number - 1] and runs[number].row == runs[number - 1].row:
            things.join(number, number - 1)
    gathered: dict[int, list[_Run]] = {}
    for number, run in enumerate(runs):
        if inside[number]:
            gathered.setdefault(things.find(number), []).append(run)
    return [_region(one) for one in gathered.values()]


def _runs(ink: Image.Image) -> tuple[list[_Run], list[range]]:
    """All runs, and which of them are in each row."""
    data, width = ink.tobytes(), ink.width
    runs: list[_Run] = []
    rows: list[range] = []
    for row in range(ink.height):
        first = len(runs)
        line = data[row * width : (row + 1) * width]
        runs += [_Run(row, m.start(), m.end(), line[m.start()] == 0) for m in _RUNS.finditer(line)]
        rows.append(range(first, len(runs)))
    return runs, rows


def _neighbours(runs: list[_Run], rows: list[range]) -> Iterator[tuple[int, int]]:
    """Pairs of runs that touch from one row to the next."""
    for above, below in pairwise(rows):
        one, other = above.start, below.start
        while one < above.stop and other < below.stop:
            if runs[one].left < runs[other].right and runs[other].left < runs[one].right:
                yield one, other
            if runs[one].right < runs[other].right:
                one += 1
            else:
                other += 1


def _region(runs: list[_Run]) -> Region:
    left, right = min(one.left for one in runs), max(one.right for one in runs)
    top, bottom = min(one.row for one in runs), max(one.row for one in runs) + 1
    image = Image.new("L", (right - left, bottom - top))
    draw = ImageDraw.Draw(image)
    for one in runs:
        y = one.row - top
        draw.line([(one.left - left, y), (one.right - left - 1, y)], fill=255)
    return Region((left, top, right, bottom), image)

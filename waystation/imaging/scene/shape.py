"""What a thing is made of: a few forms in a box of 100 by 100, each with the role of its colour."""

import math
from typing import Literal, NamedTuple

Row = Literal["sky", "far", "near"]
Point = tuple[float, float]


class Ellipse(NamedTuple):
    role: str
    box: tuple[float, float, float, float]


class Polygon(NamedTuple):
    role: str
    points: tuple[Point, ...]


class Slice(NamedTuple):
    """Part of an ellipse, degrees clockwise from three o'clock."""

    role: str
    box: tuple[float, float, float, float]
    start: float
    end: float


class Stroke(NamedTuple):
    role: str
    points: tuple[Point, ...]
    width: float


Form = Ellipse | Polygon | Slice | Stroke


class Shape(NamedTuple):
    """colour: its own, of the vocabulary. aspect: width by height. row: where it likes to stand.
    forms: from back to front; roles are main, dark, light (after the colour), ink, skin, or a
    colour's name."""

    colour: str
    aspect: float
    row: Row
    forms: tuple[Form, ...]


def ellipse(role: str, left: float, top: float, right: float, bottom: float) -> Ellipse:
    return Ellipse(role, (left, top, right, bottom))


def polygon(role: str, *flat: float) -> Polygon:
    """x, y, x, y, …"""
    return Polygon(role, tuple(zip(flat[::2], flat[1::2], strict=True)))


def block(role: str, left: float, top: float, right: float, bottom: float) -> Polygon:
    return polygon(role, left, top, right, top, right, bottom, left, bottom)


def stroke(role: str, width: float, *flat: float) -> Stroke:
    return Stroke(role, tuple(zip(flat[::2], flat[1::2], strict=True)), width)


def spikes(role: str, count: int, inner: float, outer: float, turn: float = -90.0) -> Polygon:
    """A star around the middle; radii of 50 at most, the first spike at `turn` degrees."""
    points = []
    for step in range(2 * count):
        radius = inner if step % 2 else outer
        angle = math.radians(turn + step * 180 / count)
        points.append((50 + radius * math.cos(angle), 50 + radius * math.sin(angle)))
    return Polygon(role, tuple(points))


def crescent(role: str) -> Polygon:
    """Between a circle and another that bites into it from the right."""
    outer = [(math.radians(a), 48.0) for a in range(50, 311, 10)]
    points = [(52 + r * math.cos(a), 50 + r * math.sin(a)) for a, r in outer]
    inner = [(math.radians(angle), 38.0) for angle in range(285, 74, -10)]
    points += [(72 + r * math.cos(a), 50 + r * math.sin(a)) for a, r in inner]
    return Polygon(role, tuple(points))

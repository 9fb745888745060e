"""Where the things stand: three rows from the sky to the foreground, side by side in each, never
one over another."""

import random
from typing import NamedTuple

from waystation.imaging.picture import Size
from waystation.imaging.scene.prompt import Plan
from waystation.imaging.scene.shape import Row
from waystation.imaging.scene.shapes import SHAPES

# Top and bottom of each row as shares of the height, by the rows that are used.
_ROWS: dict[str, dict[Row, tuple[float, float]]] = {
    "sky": {"sky": (0.06, 0.60)},
    "far": {"far": (0.16, 0.72)},
    "near": {"near": (0.24, 0.95)},
    "sky far": {"sky": (0.04, 0.36), "far": (0.40, 0.80)},
    "sky near": {"sky": (0.04, 0.38), "near": (0.43, 0.95)},
    "far near": {"far": (0.08, 0.50), "near": (0.55, 0.95)},
    "sky far near": {"sky": (0.03, 0.29), "far": (0.32, 0.59), "near": (0.63, 0.95)},
}
_HORIZON = 0.62
_ORDER: tuple[Row, ...] = ("sky", "far", "near")


class Standing(NamedTuple):
    """A thing in its box, in pixels."""

    thing: str
    colour: str
    left: int
    top: int
    width: int
    height: int
    flipped: bool


def lay_out(plan: Plan, size: Size, dice: random.Random) -> tuple[list[Standing], float]:
    """The things in their places, and the horizon as a share of the height."""
    rows: dict[Row, list[tuple[str, str]]] = {name: [] for name in _ORDER}
    for wanted in plan.things:
        shape = SHAPES[wanted.thing]
        colour = wanted.colour or shape.colour
        rows[shape.row] += [(wanted.thing, colour)] * wanted.times
    used = [name for name in _ORDER if rows[name]]
    bands = _ROWS.get(" ".join(used), {})
    standing: list[Standing] = []
    for name in used:
        dice.shuffle(rows[name])
        for place, (thing, colour) in enumerate(rows[name]):
            cell = place / len(rows[name]), 1 / len(rows[name])
            standing.append(_stand(thing, colour, cell, bands[name], size, dice))
    horizon = bands["far"][1] if "far" in bands else _HORIZON + dice.uniform(-0.03, 0.03)
    return standing, horizon


def _stand(
    thing: str,
    colour: str,
    cell: tuple[float, float],
    band: tuple[float, float],
    size: Size,
    dice: random.Random,
) -> Standing:
    """cell: left edge and width as shares. Grounded things stand on their band's bottom."""
    shape = SHAPES[thing]
    room_wide, room_high = cell[1] * size[0] * 0.92, (band[1] - band[0]) * size[1]
    scale = dice.uniform(0.82, 1.0)
    height = min(room_high, room_wide / shape.aspect) * scale
    width = height * shape.aspect
    left = cell[0] * size[0] + 0.04 * cell[1] * size[0] + dice.uniform(0, room_wide - width)
    spare = room_high - height
    top = band[0] * size[1] + (spare if shape.row == "far" else dice.uniform(0.3, 1.0) * spare)
    flipped = dice.random() < 0.5
    return Standing(
        thing, colour, int(left), int(top), max(8, int(width)), max(8, int(height)), flipped
    )

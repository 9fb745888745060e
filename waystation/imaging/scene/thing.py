"""One thing drawn: forms filled after a colour, the whole within a closed line of ink.

The line is what makes a thing measurable again (reading.py): it is darker than any ground, sky or
fill may be, and it never opens.
"""

from typing import NamedTuple

from PIL import Image, ImageDraw

from waystation.imaging.breath import breathe
from waystation.imaging.scene.shape import Ellipse, Form, Shape, Slice, Stroke
from waystation.imaging.scene.words import COLOURS, Rgb

INK: Rgb = (20, 16, 28)
_SKIN: Rgb = (238, 196, 160)
_OVERSAMPLE = 2


class Drawn(NamedTuple):
    """image: RGB. mask: L, its silhouette with soft edges."""

    image: Image.Image
    mask: Image.Image


def draw_thing(shape: Shape, colour: str, width: int, height: int, line: int) -> Drawn:
    """In a box of width by height pixels. line: of the ink around it, in pixels."""
    size = width * _OVERSAMPLE, height * _OVERSAMPLE
    margin = line * _OVERSAMPLE
    place = _Place(margin, margin, size[0] - 2 * margin, size[1] - 2 * margin)
    image, mask = Image.new("RGB", size, INK), Image.new("L", size)
    silhouette, colours = ImageDraw.Draw(mask), ImageDraw.Draw(image)
    for form in shape.forms:
        _draw(silhouette, form, place, 255, margin)
    breathe()
    for form in shape.forms:
        _draw(colours, form, place, role_colour(form.role, colour), 0)
    breathe()
    return Drawn(image.reduce(_OVERSAMPLE), mask.reduce(_OVERSAMPLE))


def main_mask(shape: Shape, width: int, height: int, line: int) -> Image.Image:
    """Where `draw_thing` shows the thing's own colour: L, 255 there."""
    size = width * _OVERSAMPLE, height * _OVERSAMPLE
    margin = line * _OVERSAMPLE
    place = _Place(margin, margin, size[0] - 2 * margin, size[1] - 2 * margin)
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    for form in shape.forms:
        _draw(draw, form, place, 255 if form.role == "main" else 0, 0)
    return mask.reduce(_OVERSAMPLE)


def role_colour(role: str, colour: str) -> Rgb:
    main = COLOURS[colour]
    if role == "main":
        return main
    if role == "dark":
        return mix(main, INK, 0.3)
    if role == "light":
        return mix(main, (255, 255, 255), 0.4)
    return {"ink": INK, "skin": _SKIN}.get(role) or COLOURS[role]


def mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    """share: of the other, 0 to 1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


class _Place(NamedTuple):
    left: int
    top: int
    width: int
    height: int

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.left + x * self.width / 100, self.top + y * self.height / 100

    def inside(self, points: list[tuple[float, float]], half: float) -> list[tuple[float, float]]:
        """Moved in where a line's own width would stand out of the place."""
        right, bottom = self.left + self.width - half, self.top + self.height - half
        return [
            (min(max(x, self.left + half), right), min(max(y, self.top + half), bottom))
            for x, y in points
        ]

    def box(self, box: tuple[float, float, float, float], grown: int) -> list[float]:
        left, top = self.at(box[0], box[1])
        right, bottom = self.at(box[2], box[3])
        return [left - grown, top - grown, right + grown, bottom + grown]


def _draw(
    draw: ImageDraw.ImageDraw, form: Form, place: _Place, fill: int | Rgb, grown: int
) -> None:
    """grown: pixels by which it is larger on every side."""
    if isinstance(form, Ellipse):
        draw.ellipse(place.box(form.box, grown), fill=fill)
        return
    if isinstance(form, Slice):
        draw.pieslice(place.box(form.box, grown), form.start, form.end, fill=fill)
        if grown:
            _edge(draw, _chord(form, place), fill, 2 * grown)
        return
    points = [place.at(*point) for point in form.points]
    if isinstance(form, Stroke):
        width = max(2, round(form.width * min(place.width, place.height) / 100))
        _edge(draw, place.inside(points, width / 2), fill, width + 2 * grown)
        return
    draw.polygon(points, fill=fill)
    if grown:
        _edge(draw, [*points, points[0]], fill, 2 * grown)


def _chord(form: Slice, place: _Place) -> list[tuple[float, float]]:
    """The straight side of a half ellipse."""
    middle = (form.box[1] + form.box[3]) / 2
    if form.start == 180:
        return [place.at(form.box[0], middle), place.at(form.box[2], middle)]
    return []


def _edge(
    draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], fill: int | Rgb, width: int
) -> None:
    if len(points) < 2:
        return
    draw.line(points, fill=fill, width=width, joint="curve")
    half = width / 2
    for x, y in points:
        draw.ellipse([x - half, y - half, x + half, y + half], fill=fill)

"""From sizes as callers give them to the shapes that a vendor has."""

from collections.abc import Iterable, Mapping
from math import log, sqrt

from waystation.upstream.pictures.port import PictureOrder

SQUARE = (1024, 1024)


def ratio_of(text: str | None) -> float | None:
    """Width over height of "16:9" or "16x9"; None for none and for what is no ratio."""
    width, _, height = (text or "").replace("x", ":").partition(":")
    if not (width.isdecimal() and height.isdecimal()) or len(width) + len(height) > 10:
        return None
    return int(width) / int(height) if int(width) and int(height) else None


def wanted_ratio(order: PictureOrder) -> float | None:
    """The shape that is asked for: aspect_ratio where there is one, else the size's."""
    ratio = ratio_of(order.aspect_ratio)
    if ratio is not None:
        return ratio
    pixels = order.pixels()
    return pixels[0] / pixels[1] if pixels and all(pixels) else None


def nearest(ratio: float, shapes: Iterable[str]) -> str:
    """Of shapes such as "16:9" or "1344x768", the one that is nearest in form."""
    return min(shapes, key=lambda shape: abs(log(ratio_of(shape) or 1.0) - log(ratio)))


def nearest_size(order: PictureOrder, sizes: Mapping[tuple[int, int], str]) -> str | None:
    """Of a vendor's sizes, the very one, else the nearest in form, of those the nearest in area."""
    ratio = wanted_ratio(order)
    if ratio is None:
        return None
    pixels = order.pixels()
    area = pixels[0] * pixels[1] if pixels else SQUARE[0] * SQUARE[1]

    def distance(size: tuple[int, int]) -> tuple[float, float]:
        form = abs(log(size[0] / size[1]) - log(ratio))
        return round(form, 2), abs(log(size[0] * size[1] / max(1, area)))

    return sizes[min(sizes, key=distance)]


def fitted(
    order: PictureOrder, *, step: int, least: int, most: int, area_most: int | None = None
) -> tuple[int, int]:
    """(width, height) as near to what is wanted as a vendor allows: multiples of `step`, each side
    between `least` and `most`, no more pixels than `area_most`."""
    pixels = order.pixels()
    ratio = wanted_ratio(order) or 1.0
    area = float(pixels[0] * pixels[1]) if pixels and all(pixels) else float(SQUARE[0] * SQUARE[1])
    area = min(area, float(area_most)) if area_most else area
    width, height = sqrt(area * ratio), sqrt(area / ratio)
    over = max(width / most, height / most, 1.0)
    width, height = width / over, height / over
    under = max(least / width, least / height, 1.0)
    if max(width, height) * under <= most:
        width, height = width * under, height * under
    # Rounded down where the bound is one of area, so that rounding cannot cross it.
    shift = 0 if area_most and area >= area_most else step // 2
    return (
        min(most, max(least, int(width + shift) // step * step)),
        min(most, max(least, int(height + shift) // step * step)),
    )

"""The pictures of an order, drawn, changed and encoded. Work for a thread."""

from typing import NamedTuple

from PIL import Image, ImageFilter

from waystation.demo.pictures.calls import SWAPS
from waystation.demo.pictures.order import Order
from waystation.demo.pictures.refusal import Refused
from waystation.imaging.alter import vary
from waystation.imaging.canvas import enlarged
from waystation.imaging.edit import edit
from waystation.imaging.face import swap_face_region
from waystation.imaging.picture import BadPicture, Size, cover, encode, open_picture
from waystation.imaging.scene.draw import draw
from waystation.imaging.scene.prompt import with_refused

SIZE_DEFAULT: Size = (1024, 1024)
_INPUT_PIXELS_MAX = 40_000_000
_LOSSY_QUALITY_MAX = 92  # more makes them larger, not better


class Made(NamedTuple):
    """inputs: sizes of what was given. size: of each picture. partials: of each picture, on its
    way."""

    inputs: tuple[Size, ...]
    size: Size
    pictures: tuple[bytes, ...]
    partials: tuple[tuple[bytes, ...], ...]


def make(order: Order) -> Made:
    """Raises Refused for pictures that cannot be read or do not fit together."""
    try:
        given = [open_picture(one, _INPUT_PIXELS_MAX) for one in order.images]
        mask = None if order.mask is None else open_picture(order.mask, _INPUT_PIXELS_MAX)
        images = [_one(order, given, mask, number) for number in range(order.n)]
    except BadPicture as bad:
        code = "invalid_image" if bad.reason != "mismatch" else "invalid_mask"
        raise Refused(str(bad), param="image", code=code) from None
    return Made(
        tuple(one.size for one in given),
        images[0].size,
        tuple(_encoded(order, one) for one in images),
        tuple(_partials(order, one) for one in images),
    )


def _one(
    order: Order, given: list[Image.Image], mask: Image.Image | None, number: int
) -> Image.Image:
    prompt = with_refused(order.prompt, order.negative)
    if order.model == SWAPS and len(given) == 2:
        target, face = order.images
        return open_picture(swap_face_region(face, target))
    if order.action == "upscale":
        return enlarged(given[0])
    if order.action == "variation":
        made = vary(given[0], f"{order.seed}/{number}/{prompt}", order.strength)
    elif given:
        made = edit(given, prompt, mask, order.seed, number)
    else:
        size = order.size or SIZE_DEFAULT
        return draw(prompt, size, order.seed, number, transparent=order.transparent)
    return made if order.size is None else cover(made, order.size)


def _encoded(order: Order, image: Image.Image) -> bytes:
    return encode(image, order.wanted, min(order.compression, _LOSSY_QUALITY_MAX))


def _partials(order: Order, image: Image.Image) -> tuple[bytes, ...]:
    """From a blot to nearly the picture: blurred ever less."""
    if not order.stream:
        return ()
    made = []
    for step in range(order.partials, 0, -1):
        radius = 2.0 * 2**step
        small = image.reduce(4) if min(image.size) >= 64 else image
        blot = small.filter(ImageFilter.GaussianBlur(radius / 4))
        made.append(_encoded(order, blot.resize(image.size, Image.Resampling.BILINEAR)))
    return tuple(made)

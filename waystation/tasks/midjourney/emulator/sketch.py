"""What is to be drawn for a task, and what is done with each picture that comes."""

from collections.abc import Callable

import msgspec

from waystation.imaging.canvas import Canvas, crop_to_ratio, enlarge, restore
from waystation.imaging.mask import transparent_mask, within
from waystation.imaging.picture import Size, cover, encode, open_picture
from waystation.tasks.midjourney.emulator.brush import Wish
from waystation.tasks.midjourney.emulator.drawing import lowest


class Sketch(msgspec.Struct, frozen=True, kw_only=True):
    """seed: the base one, None where none was asked for. step: between the seeds of tiles. count:
    4 for a grid, 1. finish: work for a thread; raises BadPicture. source: what is finished without
    asking anybody. version: of the model that the prompt names. ignored: what the model could not
    be told."""

    wish: Wish
    finish: Callable[[bytes], bytes]
    count: int = 4
    source: bytes | None = None
    seed: int | None = None
    step: int = 1
    version: str = "6.1"
    ignored: tuple[str, ...] = ()


def as_it_is(data: bytes) -> bytes:
    return data


def in_ratio(ratio: Size) -> Callable[[bytes], bytes]:
    """Cropped to the shape, where it came in another."""

    def finish(data: bytes) -> bytes:
        size = open_picture(data).size
        if lowest(size) == ratio or _is_near(size, ratio):
            return data
        return crop_to_ratio(data, ratio)

    return finish


def in_size(size: Size) -> Callable[[bytes], bytes]:
    def finish(data: bytes) -> bytes:
        image = open_picture(data)
        return data if image.size == size else encode(cover(image, size))

    return finish


def on_canvas(canvas: Canvas) -> Callable[[bytes], bytes]:
    """The original's pixels stand where they stood."""
    return lambda data: restore(data, canvas)


def in_region(original: bytes, mask: bytes) -> Callable[[bytes], bytes]:
    return lambda data: within(original, data, mask)


def enlarged(size: Size, factor: int) -> Callable[[bytes], bytes]:
    fit = in_size(size)
    return lambda data: enlarge(fit(data), factor)


def canvas_wish(canvas: Canvas, prompt: str, negative: str, quality: str) -> Wish:
    """Work for a thread."""
    return Wish(
        action="edit",
        prompt=prompt,
        negative=negative,
        size=canvas.size,
        quality=quality,
        inputs=(canvas.picture,),
        mask=transparent_mask(canvas.mask),
    )


def _is_near(size: Size, ratio: Size) -> bool:
    """Cropping would take less than a pixel."""
    return abs(size[0] * ratio[1] - size[1] * ratio[0]) < max(ratio)

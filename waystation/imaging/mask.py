"""Where a picture may change. Here a mask is a grey PNG: white changes, black stays."""

from PIL import Image, ImageChops

from waystation.imaging.picture import (
    BadPicture,
    Size,
    encode,
    flat,
    open_picture,
    same_mode,
)

_THRESHOLD = 128


def region_mask(data: bytes, size: Size) -> bytes:
    """A drawn mask brought to the picture's size and to pure black and white. Transparency counts
    as black. Raises BadPicture("mask") when nothing or everything would change."""
    drawn = open_picture(data)
    if drawn.mode == "RGBA":
        behind = Image.new("RGB", drawn.size, "black")
        behind.paste(drawn, mask=drawn.getchannel("A"))
        drawn = behind
    grey = drawn.convert("L").resize(size, Image.Resampling.BILINEAR)
    mask = grey.point(lambda value: 255 if value >= _THRESHOLD else 0)
    if mask.getextrema() in ((0, 0), (255, 255)):
        raise BadPicture("mask", "Invalid mask")
    return encode(mask)


def transparent_mask(mask: bytes) -> bytes:
    """The same area as OpenAI's edits want it: transparent where the picture changes."""
    change = _read(mask)
    out = Image.new("RGBA", change.size, (0, 0, 0, 255))
    out.putalpha(ImageChops.invert(change))
    return encode(out)


def within(original: bytes, painted: bytes, mask: bytes) -> bytes:
    """The original, its pixels untouched, with what was painted where the mask is white.
    painted: of another size is scaled. Raises BadPicture when mask and original differ in size."""
    before, after = same_mode([open_picture(original), open_picture(painted)])
    change = _read(mask)
    if change.size != before.size:
        told = f"the mask is {change.width}x{change.height}"
        raise BadPicture("mismatch", f"{told}, the picture {before.width}x{before.height}")
    if after.size != before.size:
        after = after.resize(before.size, Image.Resampling.LANCZOS)
    out = before.copy()
    out.paste(after, mask=change)
    return encode(out)


def _read(mask: bytes) -> Image.Image:
    grey = flat(open_picture(mask)).convert("L")
    return grey.point(lambda value: 255 if value >= _THRESHOLD else 0)

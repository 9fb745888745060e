"""Four pictures as one sheet of 2x2 without a gap, and one of them back out of it, bit for bit."""

from collections.abc import Sequence

from PIL import Image

from waystation.imaging.picture import BadPicture, Box, Size, encode, open_picture, same_mode

TILES = 4


def grid(four: Sequence[bytes]) -> bytes:
    """PNG of twice the width and height; left to right, top to bottom.
    Raises BadPicture when they are not four of one size."""
    if len(four) != TILES:
        raise BadPicture("mismatch", f"a grid has {TILES} pictures, not {len(four)}")
    tiles = same_mode([open_picture(one) for one in four])
    sizes = {one.size for one in tiles}
    if len(sizes) != 1:
        told = ", ".join(sorted(f"{width}x{height}" for width, height in sizes))
        raise BadPicture("mismatch", f"the pictures of a grid must be of one size, not {told}")
    return encode(join(tiles))


def join(tiles: list[Image.Image]) -> Image.Image:
    """Four images of one size and mode."""
    width, height = tiles[0].size
    sheet = Image.new(tiles[0].mode, (2 * width, 2 * height))
    for number, one in enumerate(tiles, 1):
        sheet.paste(one, tile_box((2 * width, 2 * height), number)[:2])
    return sheet


def tile(whole: bytes, number: int) -> bytes:
    """Picture 1 to 4 out of a grid, as PNG with the very pixels that went in."""
    sheet = open_picture(whole)
    if sheet.width % 2 or sheet.height % 2:
        raise BadPicture("mismatch", f"{sheet.width}x{sheet.height} cannot be a grid of 2x2")
    return encode(sheet.crop(tile_box(sheet.size, number)))


def tile_box(size: Size, number: int) -> Box:
    """Where tile 1 to 4 lies in a grid of this size."""
    if not 1 <= number <= TILES:
        raise BadPicture("range", f"a grid has tiles 1 to {TILES}, not {number}")
    width, height = size[0] // 2, size[1] // 2
    left, top = (number - 1) % 2 * width, (number - 1) // 2 * height
    return left, top, left + width, top + height

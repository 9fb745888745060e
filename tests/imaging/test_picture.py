"""Pictures as files are: odd ones converted, bad ones refused by name."""

import random
import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from tests.imaging.making import data, noisy, opened
from waystation.imaging.picture import BadPicture, cover, encode, flat, open_picture
from waystation.imaging.thumbnail import thumbnail


def reason(raw: bytes, **more: int) -> str:
    with pytest.raises(BadPicture) as caught:
        open_picture(raw, **more)
    assert str(caught.value)
    return caught.value.reason


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bomb(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing of it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def test_png_keeps_every_pixel() -> None:
    for mode in ("RGB", "RGBA"):
        image = noisy(mode=mode)
        assert open_picture(encode(image)).tobytes() == image.tobytes()


@pytest.mark.parametrize("wanted", ["PNG", "JPEG", "WEBP", "GIF", "AVIF"])
def test_formats(wanted: str) -> None:
    image = open_picture(data(noisy(), wanted))
    assert (image.mode, image.size) == ("RGB", (64, 48))


def test_cmyk_becomes_rgb() -> None:
    image = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    red, green, blue = open_picture(data(image, "JPEG")).getpixel((4, 4))  # type: ignore[misc]
    assert red < 60
    assert min(green, blue) > 120


def test_sixteen_bits_keep_their_greys() -> None:
    image = Image.new("I;16", (2, 1))
    image.putpixel((0, 0), 65535)
    image.putpixel((1, 0), 32768)
    found = open_picture(data(image))
    assert (found.mode, found.tobytes()) == ("RGB", bytes([255] * 3 + [128] * 3))


def test_palettes_and_greys() -> None:
    palette = noisy().quantize(16)
    assert open_picture(data(palette)).tobytes() == palette.convert("RGB").tobytes()
    palette.info["transparency"] = 0
    assert open_picture(data(palette, transparency=0)).mode == "RGBA"
    assert open_picture(data(Image.new("LA", (4, 4), (9, 77)))).getpixel((0, 0)) == (9, 9, 9, 77)
    assert open_picture(data(Image.new("1", (4, 4), 1))).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("wanted", ["GIF", "WEBP", "PNG"])
def test_animated_pictures_are_refused(wanted: str) -> None:
    frames = [noisy(salt=1), noisy(salt=2)]
    raw = data(frames[0], wanted, save_all=True, append_images=frames[1:])
    assert reason(raw) == "animated"


def test_bombs_are_refused_before_they_are_unpacked() -> None:
    assert reason(bomb(60_000, 60_000)) == "too_large"
    assert reason(bomb(10_000, 10_000)) == "too_large"
    assert reason(data(noisy((100, 100))), pixels_max=9_999) == "too_large"


@pytest.mark.parametrize("raw", [b"", b"<html>", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"RIFF0000WEBP"])
def test_what_is_no_picture(raw: bytes) -> None:
    assert reason(raw) == "unreadable"


def test_other_formats_are_refused() -> None:
    assert reason(data(noisy(), "TIFF")) == "unreadable"
    assert reason(data(noisy(), "PPM")) == "unreadable"


@pytest.mark.parametrize("wanted", ["PNG", "JPEG", "WEBP", "GIF", "AVIF"])
def test_every_cut_and_every_flipped_byte_is_a_clear_error_or_a_picture(wanted: str) -> None:
    whole = data(noisy((40, 30)), wanted)
    dice = random.Random(wanted)
    spoilt = [whole[: dice.randrange(len(whole))] for _ in range(120)]
    for _ in range(200):
        raw = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            raw[dice.randrange(len(raw))] = dice.randrange(256)
        spoilt.append(bytes(raw))
    refused = 0
    for raw in spoilt:
        try:
            assert open_picture(raw, 1_000_000).mode in ("RGB", "RGBA")
        except BadPicture:
            refused += 1
    assert refused > 60


def test_a_cut_picture_is_said_to_be_cut() -> None:
    whole = data(noisy((200, 200)))
    assert reason(whole[: len(whole) // 2]) == "truncated"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientations(orientation: int) -> None:
    """Whatever way a camera was held, red comes to the upper left."""
    upper = Image.new("RGB", (40, 20), "white")
    upper.paste((255, 0, 0), (0, 0, 20, 10))
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upper.transpose(undo[orientation]) if orientation > 1 else upper
    exif = Image.Exif()
    exif[0x0112] = orientation
    raw = data(stored, "PNG", exif=exif)
    assert open_picture(raw).tobytes() == upper.tobytes()


def test_thumbnails_never_grow() -> None:
    assert opened(thumbnail(data(noisy((640, 320))), 100)).size == (100, 50)
    assert opened(thumbnail(data(noisy((60, 30))), 100, "png")).size == (60, 30)


def test_jpeg_shows_white_behind_holes() -> None:
    image = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
    shown = Image.open(BytesIO(encode(image, "jpeg"))).getpixel((8, 8))
    assert min(shown) > 250  # type: ignore[type-var, arg-type]
    assert flat(image).getpixel((0, 0)) == (255, 255, 255)


def test_cover_fills_and_keeps_the_middle() -> None:
    image = noisy((100, 50))
    assert cover(image, (100, 50)) is image
    assert cover(image, (50, 50)).tobytes() == image.crop((25, 0, 75, 50)).tobytes()

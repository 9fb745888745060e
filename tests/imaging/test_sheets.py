"""Grids, canvases, masks and blends, pixel by pixel."""

import pytest
from PIL import Image, ImageChops

from tests.imaging.making import BLUE, GREEN, RED, WHITE, data, likeness, noisy, opened, plain
from waystation.imaging.canvas import (
    Canvas,
    Side,
    crop,
    crop_to_ratio,
    enlarge,
    pan_canvas,
    restore,
    square_canvas,
    zoom_canvas,
)
from waystation.imaging.grid import grid, tile
from waystation.imaging.mask import region_mask, transparent_mask, within
from waystation.imaging.picture import BadPicture
from waystation.imaging.seamless import seamless


def refused(reason: str) -> "pytest.RaisesExc[BadPicture]":
    return pytest.RaisesExc(BadPicture, check=lambda bad: bad.reason == reason)


# ---- grids ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_tile_is_what_went_in(mode: str) -> None:
    four = [noisy((33, 21), salt, mode) for salt in range(4)]
    sheet = grid([data(one) for one in four])
    assert opened(sheet).size == (66, 42)
    for number, one in enumerate(four, 1):
        assert opened(tile(sheet, number)).tobytes() == one.tobytes()
    assert opened(sheet).getpixel((33, 0)) == four[1].getpixel((0, 0))
    assert opened(sheet).getpixel((0, 21)) == four[2].getpixel((0, 0))


def test_grids_that_cannot_be() -> None:
    one = data(noisy())
    with refused("mismatch"):
        grid([one] * 3)
    with refused("mismatch"):
        grid([one, one, one, data(noisy((10, 10)))])
    with refused("mismatch"):
        tile(data(noisy((5, 4))), 1)
    for number in (0, 5, -1):
        with refused("range"):
            tile(grid([one] * 4), number)


# ---- canvases ------------------------------------------------------------------------------


def whites(canvas: Canvas) -> int:
    return opened(canvas.mask).histogram()[255]


@pytest.mark.parametrize(
    ("side", "size", "corner"),
    [
        ("left", (96, 40), (32, 0)),
        ("right", (96, 40), (0, 0)),
        ("up", (64, 60), (0, 20)),
        ("down", (64, 60), (0, 0)),
    ],
)
def test_a_pan_grows_one_side_alone(
    side: Side, size: tuple[int, int], corner: tuple[int, int]
) -> None:
    image = noisy((64, 40))
    canvas = pan_canvas(data(image), side)
    assert canvas.size == opened(canvas.picture).size == opened(canvas.mask).size == size
    assert canvas.box == (*corner, corner[0] + 64, corner[1] + 40)
    assert opened(canvas.picture).crop(canvas.box).tobytes() == image.tobytes()
    assert opened(canvas.mask).crop(canvas.box).getextrema() == (0, 0)
    assert whites(canvas) == size[0] * size[1] - 64 * 40


@pytest.mark.parametrize(("factor", "inner"), [(2.0, (32, 24)), (1.5, (43, 32)), (1.25, (51, 38))])
def test_zooming_out(factor: float, inner: tuple[int, int]) -> None:
    image = noisy((64, 48))
    canvas = zoom_canvas(data(image), factor)
    assert canvas.size == (64, 48)
    left, top, right, bottom = canvas.box
    assert (right - left, bottom - top) == inner
    assert abs((left + right) - 64) <= 1
    assert abs((top + bottom) - 48) <= 1
    assert whites(canvas) == 64 * 48 - inner[0] * inner[1]
    scaled = image.resize(inner, Image.Resampling.LANCZOS)
    assert opened(canvas.picture).crop(canvas.box).tobytes() == scaled.tobytes()


def test_zoom_of_one_paints_nothing_and_keeps_all() -> None:
    image = noisy((64, 48))
    canvas = zoom_canvas(data(image), 1)
    assert whites(canvas) == 0
    assert opened(canvas.picture).tobytes() == image.tobytes()


def test_zoom_into_another_shape() -> None:
    canvas = zoom_canvas(data(noisy((64, 64))), 1, (2, 1))
    assert canvas.size == (88, 48)
    assert canvas.box == (20, 0, 68, 48)


@pytest.mark.parametrize("factor", [0.9, 2.1, float("nan")])
def test_zooms_out_of_range(factor: float) -> None:
    with refused("range"):
        zoom_canvas(data(noisy()), factor)


def test_made_square() -> None:
    image = noisy((64, 40))
    canvas = square_canvas(data(image))
    assert (canvas.size, canvas.box) == ((64, 64), (0, 12, 64, 52))
    assert opened(canvas.picture).crop(canvas.box).tobytes() == image.tobytes()


def test_the_surroundings_continue_the_picture() -> None:
    half = Image.new("RGB", (64, 64), RED)
    half.paste(BLUE, (32, 0, 64, 64))
    shown = opened(pan_canvas(data(half), "right").picture)
    red, _, blue = shown.getpixel((90, 32))  # type: ignore[misc]
    assert blue > 150 > red


def test_what_was_painted_around_keeps_the_original() -> None:
    image = noisy((64, 40))
    canvas = pan_canvas(data(image), "left")
    for size in (canvas.size, (192, 80)):
        back = opened(restore(plain(GREEN, size), canvas))
        assert back.size == canvas.size
        assert back.crop(canvas.box).tobytes() == image.tobytes()
        assert back.getpixel((5, 5)) == GREEN


def test_crops() -> None:
    image = noisy((64, 40))
    assert opened(crop(data(image), (3, 4, 20, 30))).tobytes() == (
        image.crop((3, 4, 20, 30)).tobytes()
    )
    for box in ((0, 0, 65, 40), (5, 5, 5, 9), (-1, 0, 4, 4)):
        with refused("range"):
            crop(data(image), box)
    assert opened(crop_to_ratio(data(image), (1, 1))).size == (40, 40)
    assert opened(crop_to_ratio(data(image), (4, 1))).size == (64, 16)
    assert opened(crop_to_ratio(data(image), (8, 5))).tobytes() == image.tobytes()
    for ratio in ((0, 1), (1, 101)):
        with refused("range"):
            crop_to_ratio(data(image), ratio)


def test_enlarged() -> None:
    image = noisy((40, 30)).resize((80, 60), Image.Resampling.BICUBIC)
    for factor in (2, 4):
        larger = opened(enlarge(data(image), factor))
        assert larger.size == (80 * factor, 60 * factor)
        assert likeness(larger, image) < 6
    with refused("range"):
        enlarge(data(image), 3)
    with refused("too_large"):
        enlarge(plain(RED, (4000, 4000)), 2)
    with refused("too_large"):
        pan_canvas(plain(RED, (8000, 10)), "left")


# ---- masks ---------------------------------------------------------------------------------


def drawn_mask(size: tuple[int, int] = (64, 64)) -> bytes:
    mask = Image.new("RGB", size, "black")
    mask.paste((255, 255, 255), (0, 0, size[0] // 2, size[1] // 2))
    return data(mask)


def test_a_region_is_scaled_and_made_black_and_white() -> None:
    mask = opened(region_mask(drawn_mask((32, 32)), (100, 60)))
    assert (mask.mode, mask.size) == ("L", (100, 60))
    counts = mask.histogram()
    assert counts[0] + counts[255] == 6000
    assert abs(counts[255] - 1500) < 120
    assert mask.getpixel((5, 5)) == 255
    assert mask.getpixel((95, 55)) == 0


def test_transparency_in_a_region_is_black() -> None:
    holes = Image.new("RGBA", (32, 32), (255, 255, 255, 0))
    holes.paste((255, 255, 255, 255), (0, 0, 8, 8))
    mask = opened(region_mask(data(holes), (32, 32)))
    assert mask.getpixel((2, 2)) == 255
    assert mask.getpixel((20, 20)) == 0


@pytest.mark.parametrize("colour", [(0, 0, 0), WHITE, (100, 100, 100)])
def test_a_region_of_nothing_or_everything(colour: tuple[int, int, int]) -> None:
    with refused("mask"):
        region_mask(plain(colour), (64, 64))


def test_masks_there_and_back() -> None:
    mask = region_mask(drawn_mask(), (64, 64))
    open_ai = opened(transparent_mask(mask))
    assert open_ai.mode == "RGBA"
    assert open_ai.getchannel("A").getpixel((3, 3)) == 0
    assert open_ai.getchannel("A").getpixel((60, 60)) == 255


def test_only_the_white_part_changes() -> None:
    image = noisy((64, 64))
    mask = region_mask(drawn_mask(), (64, 64))
    for size in ((64, 64), (128, 128)):
        out = opened(within(data(image), plain(GREEN, size), mask))
        assert out.crop((0, 0, 32, 32)).tobytes() == Image.new("RGB", (32, 32), GREEN).tobytes()
        changed = ImageChops.difference(out, image).getbbox()
        assert changed == (0, 0, 32, 32)
    with refused("mismatch"):
        within(data(noisy((64, 63))), plain(GREEN), mask)


# ---- tiles that repeat ---------------------------------------------------------------------


def steepest(image: Image.Image) -> int:
    """The largest difference between neighbours, its own edges taken as joined."""
    moved = [ImageChops.offset(image, 1, 0), ImageChops.offset(image, 0, 1)]
    extrema = [ImageChops.difference(image, one).convert("L").getextrema()[1] for one in moved]
    return max(int(one) for one in extrema)  # type: ignore[call-overload]


@pytest.mark.parametrize("size", [(64, 48), (101, 83), (256, 32)])
def test_a_seamless_picture_continues_itself(size: tuple[int, int]) -> None:
    down = Image.linear_gradient("L").resize(size)
    across = Image.linear_gradient("L").rotate(90).resize(size)
    before = Image.merge("RGB", (down, across, down))
    assert steepest(before) > 100
    after = opened(seamless(data(before)))
    assert after.size == size
    assert steepest(after) < 45
    middle = (size[0] // 2, size[1] // 2)
    assert after.getpixel(middle) == before.getpixel(middle)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 1)])
def test_the_smallest_pictures_too(size: tuple[int, int]) -> None:
    assert opened(seamless(plain(RED, size))).size == size

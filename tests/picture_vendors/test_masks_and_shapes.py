"""Masks in the vendors' colours, and shapes within their bounds."""

import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.picture_vendors.line import greys, half_mask, order
from waystation.upstream.attempt import AttemptFailed
from waystation.upstream.pictures.ideogram_fields import modern, version_of
from waystation.upstream.pictures.knobs import Knobs
from waystation.upstream.pictures.masks import painted
from waystation.upstream.pictures.port import PictureInput
from waystation.upstream.pictures.shapes import fitted, nearest, ratio_of, wanted_ratio


def saved(image: Image.Image, kind: str = "PNG", **more: Any) -> PictureInput:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return PictureInput(out.getvalue(), f"image/{kind.lower()}", "m")


def two_halves(mode: str, left: Any, right: Any) -> Image.Image:
    image = Image.new(mode, (4, 2), right)
    image.paste(left, (0, 0, 2, 2))
    return image


def with_palette(image: Image.Image) -> Image.Image:
    image.putpalette([shade for shade in range(256) for _ in range(3)])
    return image


@pytest.mark.parametrize(
    "mask",
    [
        half_mask(),
        saved(two_halves("L", 255, 0)),
        saved(two_halves("RGB", (255, 255, 255), (0, 0, 0))),
        saved(two_halves("1", 1, 0)),
        saved(two_halves("LA", (0, 0), (255, 255))),
        saved(two_halves("RGBA", (255, 0, 0, 100), (255, 0, 0, 200))),
        saved(two_halves("RGBA", (0, 0, 0, 0), (9, 9, 9, 255)), "WEBP", lossless=True),
        saved(with_palette(two_halves("P", 3, 5)), transparency=3),
    ],
)
async def test_what_is_to_be_changed_is_found_in_every_kind_of_mask(mask: PictureInput) -> None:
    assert greys((await painted(mask, "white")).read()) == [255, 255, 0, 0]
    assert greys((await painted(mask, "black")).read()) == [0, 0, 255, 255]


def bomb(side: int) -> bytes:
    """A PNG that says it is side × side and holds next to nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8_000, 12_000, 60_000])
async def test_a_mask_that_would_fill_the_memory_is_refused_by_its_head(side: int) -> None:
    with pytest.raises(AttemptFailed) as caught:
        await painted(PictureInput(bomb(side), "image/png", "m"), "white")
    assert caught.value.fault.param == "mask"


texts = st.one_of(
    st.none(),
    st.just("auto"),
    st.builds("{}x{}".format, st.integers(0, 99999), st.integers(0, 99999)),
)
ratios = st.one_of(st.none(), st.builds("{}:{}".format, st.integers(0, 99), st.integers(0, 99)))


@given(texts, ratios)
def test_fitted_sizes_are_always_ones_that_the_vendor_takes(
    size: str | None, ratio: str | None
) -> None:
    for step, least, most, area in ((32, 256, 1440, None), (16, 64, 4096, 2048 * 2048)):
        wanted = order(model="m", size=size, aspect_ratio=ratio)
        width, height = fitted(wanted, step=step, least=least, most=most, area_most=area)
        for side in (width, height):
            assert least <= side <= most
            assert side % step == 0
        assert area is None or width * height <= area


@given(texts, ratios)
def test_shapes_of_ideogram_3_are_of_its_lists(size: str | None, ratio: str | None) -> None:
    wanted = order(model="V_3", size=size, aspect_ratio=ratio)
    told = modern(wanted, Knobs(wanted), version_of("V_3"), remix=False)
    assert not ("resolution" in told and "aspect_ratio" in told)
    shape = told.get("resolution") or told.get("aspect_ratio")
    if wanted_ratio(wanted) is not None:
        assert ratio_of(shape) is not None


@pytest.mark.parametrize(
    ("ratio", "shape"),
    [(1.0, "1:1"), (1.75, "16:9"), (0.6, "9:16"), (100.0, "21:9"), (0.001, "9:16")],
)
def test_the_nearest_form(ratio: float, shape: str) -> None:
    assert nearest(ratio, ("1:1", "16:9", "9:16", "21:9")) == shape

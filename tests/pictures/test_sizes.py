"""Sizes by area and vectors: nothing is drawn dearer than it is paid for."""

from base64 import b64encode
from typing import Any

import msgspec
import pytest

from tests.pictures.conftest import Begin
from tests.pictures.studio import CENT, Studio, b64, images, png
from waystation.dialects.pictures.order import PictureOrder
from waystation.dialects.pictures.sizes import area_of, size_told
from waystation.ledger.prices import ONE, Price, PriceImage, PriceRow, charge, picture_bound
from waystation.meter.areas import area_asked, area_drawn
from waystation.meter.usage import Usage

AREAS = """
[[prices]]
model = "gemini-areas"
images = [
  { size = "1K", price = "0.10" },
  { size = "2K", price = "0.20" },
  { size = "4K", price = "0.40" },
]

[[prices]]
model = "recraft-x"
per_image = "0.04"
images = [{ quality = "vector", price = "0.08" }]
"""
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><path d="M0 0h8v8z"/></svg>'


@pytest.mark.parametrize(
    ("size", "image_size", "area", "told"),
    [
        (None, None, None, ""),
        ("auto", None, None, "auto"),
        ("1024x1024", None, "1K", "1024x1024"),
        ("3840x2160", None, "4K", "3840x2160"),
        ("2K", None, "2K", "2K"),
        (None, "4K", "4K", "4K"),
        (None, "4k", "4K", "4K"),
        ("auto", "4K", "4K", "4K"),
        ("1024x1024", "4K", "4K", "4K"),
        ("1K", "2K", "2K", "2K"),
        ("3840x2160", "1K", "4K", "3840x2160"),
        ("1024x1024", "8K", "8K", "8K"),
        (None, 5, None, ""),
    ],
)
def test_the_larger_of_what_is_named(
    size: str | None, image_size: Any, area: str | None, told: str
) -> None:
    extras = (
        {} if image_size is None else {"image_size": msgspec.Raw(msgspec.json.encode(image_size))}
    )
    order = PictureOrder(action="generate", model="m", size=size, extras=extras)
    assert (area_of(order), size_told(order)) == (area, told)


@pytest.mark.parametrize(
    ("size", "asked", "drawn"),
    [
        ("512x512", "1K", "512"),
        ("1584x672", "1K", "1K"),
        ("3072x384", "4K", "1K"),
        ("2048x2048", "2K", "2K"),
        ("2752x1536", "2K", "2K"),
        ("5504x3072", "4K", "4K"),
        ("2k", "2K", None),
        ("wide", None, None),
    ],
)
def test_areas(size: str, asked: str | None, drawn: str | None) -> None:
    assert (area_asked(size), area_drawn(size)) == (asked, drawn)


def test_a_table_by_area_takes_pixels_too() -> None:
    rows = tuple(PriceImage(size=size, price=usd) for size, usd in (("1K", "0.1"), ("4k", "0.4")))
    price = Price.build(PriceRow(model="m", images=rows))
    for size, cents in (("1024x768", 10), ("4096x4096", 40), ("1K", 10), ("4k", 40), ("8K", 40)):
        usage = Usage(units={"images": 1}, size=size)
        assert charge(usage, price, ONE).nanos == cents * CENT
        assert picture_bound(usage, price, ONE) == cents * CENT


def test_an_area_in_a_table_by_pixels_is_never_cheap() -> None:
    """Whoever names both cannot know which one is drawn."""
    rows = (PriceImage(size="1024x1024", quality="hd", price="0.08"),)
    price = Price.build(PriceRow(model="m", per_image="0.01", images=rows))
    usage = Usage(units={"images": 1}, size="4K", quality="hd")
    assert charge(usage, price, ONE).nanos == picture_bound(usage, price, ONE) == 8 * CENT


@pytest.mark.parametrize(
    ("fields", "cents"),
    [
        ({}, 10),
        ({"size": "1024x1024"}, 10),
        ({"size": "2048x2048"}, 20),
        ({"image_size": "4K"}, 40),
        ({"size": "1024x1024", "image_size": "4K"}, 40),
        ({"size": "4K", "image_size": "1K"}, 40),
    ],
)
async def test_image_size_is_paid_for(begin: Begin, fields: dict[str, str], cents: int) -> None:
    studio = await begin(prices=AREAS)
    studio.near.answer(images({"b64_json": b64(png(1024, 1024) if not fields else png())}))
    reply = await studio.draw(model="gemini-areas", **fields)
    assert reply.status == 200, reply.body
    row = await studio.row(reply.request_id)
    assert row.nanos == cents * CENT
    sent = studio.near.seen[0].json()
    if fields.get("size") == "4K":
        assert "image_size" not in sent, "it is the size that is paid for"
        assert "image_size" in reply.headers["x-waystation-dropped"]
    else:
        assert sent.get("image_size") == fields.get("image_size")


async def test_no_size_is_paid_by_what_came(begin: Begin) -> None:
    studio = await begin(prices=AREAS)
    studio.near.answer(images({"b64_json": b64(png(2048, 1400))}))
    reply = await studio.draw(model="gemini-areas")
    assert (await studio.row(reply.request_id)).nanos == 20 * CENT


@pytest.mark.parametrize(
    ("fields", "body", "cents"),
    [
        ({"style": "realistic_image"}, png(), 4),
        ({"style": "vector_illustration"}, SVG, 8),
        ({"style": " Vector_illustration/line_art"}, SVG, 8),
        ({"style": "vector_illustration", "quality": "standard"}, SVG, 8),
        ({"style_id": "c9d7a9a4"}, SVG, 8),
        ({"style_id": "c9d7a9a4"}, png(), 4),
        ({"quality": "standard"}, SVG, 8),
    ],
)
async def test_vectors_are_paid_for_as_such(
    begin: Begin, fields: dict[str, str], body: bytes, cents: int
) -> None:
    studio = await begin(prices=AREAS)
    studio.near.answer(images({"b64_json": b64encode(body).decode()}))
    reply = await studio.draw(model="recraft-x", **fields)
    assert reply.status == 200, reply.body
    assert (await studio.row(reply.request_id)).nanos == cents * CENT


async def test_the_hold_covers_what_may_come(begin: Begin) -> None:
    """A style of somebody's own may be a vector: no credit for that, no picture."""
    studio = await begin(prices=AREAS, credit="0.05")
    studio.near.answer(images({"b64_json": b64(png())}))
    assert (await studio.draw(model="recraft-x", style_id="x")).status == 402
    assert (await studio.draw(model="gemini-areas", size="1K", image_size="4K")).status == 402
    assert (await studio.draw(model="recraft-x")).status == 200


async def test_what_hides_a_size_is_not_passed_on(studio: Studio) -> None:
    studio.near.answer(images({"b64_json": b64(png())}))
    hidden = {
        "width": 4096, "height": 4096, "resolution": "4K", "imageSize": "4K",
        "imageConfig": {"imageSize": "4K"}, "character_reference_images": ["x"],
    }  # fmt: skip
    assert (await studio.draw(size="1024x1024", **hidden)).status == 200
    assert not set(hidden) & set(studio.near.seen[-1].json())
    assert (await studio.draw(width=640, height=480, guidance_scale=3)).status == 200
    sent = studio.near.seen[-1].json()
    assert (sent["width"], sent["height"], sent["guidance_scale"]) == (640, 480, 3)

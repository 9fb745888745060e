"""Edits, variations and upscales: forms and JSON, masks to the pixel, several pictures in one."""

import base64
from typing import Any

import pytest
from openai.types import ImageEditCompletedEvent, ImagesResponse
from PIL import Image, ImageChops, ImageDraw

from tests.demo_pictures.asking import ask, events, picture, png, send
from tests.imaging.making import likeness, noisy
from waystation.demo.transport import DemoTransport
from waystation.imaging.scene.draw import draw
from waystation.imaging.scene.prompt import Wanted
from waystation.imaging.scene.reading import read_drawing

EDITS, VARIATIONS, UPSCALES = "/v1/images/edits", "/v1/images/variations", "/v1/images/upscales"


async def edited(files: list[tuple[str, bytes]], **fields: Any) -> Image.Image:
    asked = {"prompt": "a red boat, sea, day", **fields}
    status, body = await ask(DemoTransport(), EDITS, asked, files)
    assert status == 200, body
    ImagesResponse.model_validate(body, strict=True)
    return picture(body["data"][0])


def hole(size: tuple[int, int], box: tuple[int, int, int, int]) -> Image.Image:
    mask = Image.new("RGBA", size, (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), box)
    return mask


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
async def test_only_the_hole_changes(mode: str) -> None:
    before = noisy((300, 200), mode=mode)
    box = (50, 40, 260, 180)
    files = [("image", png(before)), ("mask", png(hole(before.size, box)))]
    after = await edited(files)
    assert (after.mode, after.size) == (mode, before.size)
    changed = ImageChops.difference(after.convert("RGB"), before.convert("RGB")).getbbox()
    assert changed == box
    outside = before.copy()
    outside.paste(after.crop(box), box[:2])
    assert outside.tobytes() == after.tobytes()


async def test_a_round_hole_and_half_transparency() -> None:
    """Only what is wholly transparent may change."""
    before = noisy((200, 200))
    mask = Image.new("RGBA", before.size, (0, 0, 0, 128))
    ImageDraw.Draw(mask).ellipse([60, 60, 140, 140], fill=(0, 0, 0, 0))
    after = await edited([("image", png(before)), ("mask", png(mask))])
    where = mask.getchannel("A").point(lambda value: 255 if value == 0 else 0)
    difference = ImageChops.difference(after, before).convert("L")
    kept = ImageChops.multiply(difference, ImageChops.invert(where))
    assert kept.getextrema() == (0, 0)
    assert difference.getbbox() == (60, 60, 141, 141)


async def test_what_fills_the_hole_is_the_prompts() -> None:
    before = draw("night, street", (1024, 1024))
    box = (200, 200, 900, 900)
    files = [("image", png(before)), ("mask", png(hole(before.size, box)))]
    after = await edited(files, prompt="a blue cat in a meadow")
    assert Wanted("cat", "blue", 1) in read_drawing(after.crop(box)).things


async def test_the_pictures_own_hole_serves_as_mask() -> None:
    before = noisy((120, 120), mode="RGBA")
    before.putalpha(255)
    before.paste((0, 0, 0, 0), (10, 20, 60, 70))
    after = await edited([("image", png(before))])
    assert ImageChops.difference(after.convert("RGB"), before.convert("RGB")).getbbox() == (
        10, 20, 60, 70,
    )  # fmt: skip
    assert after.getchannel("A").getextrema() == (255, 255)


async def test_a_mask_without_a_hole_changes_nothing() -> None:
    before = noisy((60, 60))
    solid = Image.new("RGBA", (60, 60), (0, 0, 0, 255))
    for mask in (solid, solid.convert("RGB")):
        after = await edited([("image", png(before)), ("mask", png(mask))])
        assert after.tobytes() == before.tobytes()


async def test_a_mask_of_another_size_is_told_with_both() -> None:
    files = [("image", png(noisy((60, 60)))), ("mask", png(hole((50, 60), (0, 0, 9, 9))))]
    status, body = await ask(DemoTransport(), EDITS, {"prompt": "x"}, files)
    assert status == 400
    assert "50x60" in body["error"]["message"]
    assert "60x60" in body["error"]["message"]


async def test_without_a_mask_it_is_recoloured_after_the_prompt() -> None:
    before = draw("zorble", (256, 256))
    red, blue = [
        (await edited([("image", png(before))], prompt=name)).resize((1, 1)).getpixel((0, 0))
        for name in ("all red", "all blue")
    ]
    assert red[0] > blue[0] + 60  # type: ignore[index]
    assert blue[2] > red[2] + 60  # type: ignore[index]


async def test_what_the_prompt_names_appears() -> None:
    before = Image.new("RGB", (512, 512), (200, 220, 240))
    after = await edited([("image", png(before))], prompt="add a red umbrella")
    assert read_drawing(after).things == (Wanted("umbrella", None, 1),)


@pytest.mark.parametrize("name", ["image", "image[]", "image[0]"])
@pytest.mark.parametrize("count", [2, 3])
async def test_several_pictures_are_all_there(name: str, count: int) -> None:
    colours = [(220, 30, 30), (30, 200, 40), (40, 60, 230)][:count]
    files = [(name, png(Image.new("RGB", (300, 300), one))) for one in colours]
    after = await edited(files, prompt="put together")
    for place, colour in enumerate(colours):
        shown = after.getpixel((int((place + 0.5) / count * 300), 150))
        strongest = colour.index(max(colour))
        assert max(shown) == shown[strongest], shown  # type: ignore[type-var, index]


async def test_several_pictures_in_a_hole() -> None:
    before, box = noisy((200, 200)), (20, 20, 180, 180)
    second = Image.new("RGB", (50, 50), (255, 0, 0))
    mask = ("mask", png(hole(before.size, box)))
    alone = await edited([("image", png(before)), mask])
    both = await edited([("image", png(before)), ("image", png(second)), mask])
    one, other = (each.crop(box).resize((1, 1)).getpixel((0, 0)) for each in (alone, both))
    assert other[0] > one[0] + 30  # type: ignore[index]
    both.paste(before.crop((0, 0, 200, 20)), (0, 0))
    assert both.crop((0, 0, 200, 20)).tobytes() == before.crop((0, 0, 200, 20)).tobytes()


async def test_size_n_and_seed() -> None:
    files = [("image", png(noisy((100, 80))))]
    status, body = await ask(
        DemoTransport(), EDITS, {"prompt": "red", "n": 3, "size": "128x64", "seed": 5}, files
    )
    assert status == 200
    assert {picture(one).size for one in body["data"]} == {(128, 64)}
    assert len({one["b64_json"] for one in body["data"]}) == 3


def address(image: Image.Image) -> str:
    return "data:image/png;base64," + base64.b64encode(png(image)).decode()


async def test_json_says_the_same_as_a_form() -> None:
    before, mask = noisy((90, 70)), hole((90, 70), (5, 5, 50, 50))
    files = [("image", png(before)), ("mask", png(mask))]
    by_form = await edited(files)
    for fields in (
        {"image": address(before), "mask": address(mask)},
        {"image": [address(before)], "mask": base64.b64encode(png(mask)).decode()},
        {"images": [{"image_url": address(before)}], "mask": {"image_url": address(mask)}},
    ):
        asked = {"prompt": "a red boat, sea, day", **fields}
        status, body = await ask(DemoTransport(), EDITS, asked)
        assert status == 200, body
        assert picture(body["data"][0]).tobytes() == by_form.tobytes()


async def test_a_streamed_edit() -> None:
    files = [("image", png(noisy((64, 64))))]
    fields = {"prompt": "red", "stream": "true", "partial_images": "1"}
    told = await events(await send(DemoTransport(), EDITS, fields, files))
    assert [name for name, _ in told] == ["image_edit.partial_image", "image_edit.completed"]
    ImageEditCompletedEvent.model_validate(told[1][1])


@pytest.mark.parametrize(
    ("fields", "files"),
    [
        ({"prompt": "x"}, []),
        ({}, [("image", png(noisy()))]),
        ({"prompt": "x"}, [("image", b"<html>")]),
        ({"prompt": "x"}, [("image", png(noisy((200, 200)))[:400])]),
        ({"prompt": "x"}, [("image", png(noisy()))] * 17),
        ({"prompt": "x", "n": "many"}, [("image", png(noisy()))]),
    ],
)
async def test_bad_forms(fields: dict[str, Any], files: list[tuple[str, bytes]]) -> None:
    status, body = await ask(DemoTransport(), EDITS, fields, files)
    assert status == 400
    assert body["error"]["message"]


@pytest.mark.parametrize(
    "fields",
    [
        {"image": "https://example.com/a.png"},
        {"image": "data:image/png;base64,???"},
        {"image": 5},
        {"images": [{"file_id": "file-1"}]},
        {"images": [None]},
    ],
)
async def test_bad_json(fields: dict[str, Any]) -> None:
    status, body = await ask(DemoTransport(), EDITS, {"prompt": "x", **fields})
    assert status == 400
    assert body["error"]["param"] == "image"


# ---- variations and upscales ---------------------------------------------------------------


async def test_variations_vary_and_resemble() -> None:
    before = draw("a red fox, a blue house, meadow, day", (512, 512))
    files = [("image", png(before))]
    status, body = await ask(DemoTransport(), VARIATIONS, {"n": 4}, files)
    assert status == 200
    made = [picture(one) for one in body["data"]]
    assert len({one.tobytes() for one in made}) == 4
    stranger = draw("seven purple rockets in space", (512, 512))
    for one in made:
        assert one.size == before.size
        assert 0.5 < likeness(one, before) < 30 < likeness(stranger, before)
    assert body["usage"]["input_tokens_details"] == {"text_tokens": 0, "image_tokens": 194}


async def test_a_variation_in_another_size() -> None:
    files = [("image", png(noisy((60, 60))))]
    status, body = await ask(DemoTransport(), VARIATIONS, {"size": "256x256"}, files)
    assert (status, picture(body["data"][0]).size) == (200, (256, 256))


async def test_an_upscale_doubles() -> None:
    before = draw("a fox", (200, 120))
    status, body = await ask(DemoTransport(), UPSCALES, {}, [("image", png(before))])
    assert status == 200
    after = picture(body["data"][0])
    assert after.size == (400, 240)
    assert likeness(after, before) < 6
    assert body["size"] == "400x240"

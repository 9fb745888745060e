"""Grids, tiles and what is made of them, measured in their pixels."""

import asyncio
import base64
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageDraw

from tests.midjourney_emulated.site import Site, distance, quarter, same

PROMPT = "a red boat on the sea at sunset --ar 3:2 --seed 636646138 --no birds"

FOX = "a fox --ar 96:1"
BOAT = "a red boat on the sea --ar 48:1"
STRIP = f"{BOAT} --seed 7"  # how far a bold upscale is off depends on the seed


@pytest.fixture(scope="module")
def grid(site: Site) -> dict[str, Any]:
    async def make() -> dict[str, Any]:
        return await site.done(await site.imagine(PROMPT))

    return asyncio.run(make())


@pytest.fixture(scope="module")
def strips(site: Site) -> dict[str, Any]:
    """A grid of few pixels."""

    async def make() -> dict[str, Any]:
        return await site.done(await site.imagine(STRIP))

    return asyncio.run(make())


@pytest.fixture(scope="module")
def strip(site: Site, strips: dict[str, Any]) -> dict[str, Any]:
    """One picture of few pixels."""
    return asyncio.run(site.pressed(strips, ":upsample::4"))


@pytest.fixture(scope="module")
def single(site: Site, grid: dict[str, Any]) -> dict[str, Any]:
    return asyncio.run(site.pressed(grid, ":upsample::2"))


async def test_imagine_gives_four_pictures_and_their_grid(site: Site, grid: dict[str, Any]) -> None:
    whole, tiles = await site.whole(grid), await site.tiles(grid)
    assert len(tiles) == 4
    assert whole.size == (2 * tiles[0].width, 2 * tiles[0].height)
    for number, tile in enumerate(tiles, 1):
        assert tile.width * 2 == tile.height * 3
        assert same(quarter(whole, number), tile)
    assert len({tile.tobytes() for tile in tiles}) == 4
    assert grid["progress"] == "100%"
    assert grid["properties"]["finalPrompt"] == PROMPT
    assert grid["properties"]["seed"] == "636646138"
    assert [one["label"] or one["emoji"] for one in grid["buttons"]] == [
        "U1", "U2", "U3", "U4", "🔄", "V1", "V2", "V3", "V4",
    ]  # fmt: skip
    job = grid["properties"]["messageHash"]
    assert grid["buttons"][0]["customId"] == f"MJ::JOB::upsample::1::{job}"


async def test_the_seed_is_told_and_draws_the_same_again(site: Site, grid: dict[str, Any]) -> None:
    told = (await site.get(f"/mj/task/{grid['id']}/image-seed")).json()
    assert told == {"code": 1, "description": "成功", "result": "636646138", "properties": {}}
    prompt = f"{BOAT} --seed 636646138"
    prompts = [prompt, prompt, prompt.replace("636646138", "7"), f"{prompt} --no boat"]
    shown = [await site.done(await site.imagine(one)) for one in prompts]
    first, again, other, without = [await site.whole(one) for one in shown]
    assert same(again, first)
    assert not same(other, first)
    assert not same(without, first)


async def test_a_tile_is_the_grid_s_own(site: Site, grid: dict[str, Any]) -> None:
    whole = await site.whole(grid)
    chosen = await asyncio.gather(*(site.pressed(grid, f":upsample::{n}") for n in range(1, 5)))
    for number, shown in enumerate(chosen, 1):
        tile = quarter(whole, number)
        assert same(await site.whole(shown), tile)
        assert shown["action"] == "UPSCALE"
        assert [same(one, tile) for one in await site.tiles(shown)] == [True]
        labels = {one["label"] for one in shown["buttons"]}
        assert {"Upscale (Subtle)", "Vary (Region)", "Custom Zoom", "Make Square"} <= labels


async def test_the_oldest_pages_choose_tiles_too(site: Site, grid: dict[str, Any]) -> None:
    tile = quarter(await site.whole(grid), 2)
    by_index = await site.begun("change", taskId=grid["id"], action="UPSCALE", index=2)
    by_words = await site.begun("simple-change", content=f"{grid['id']}  u2")
    for task_id in (by_index, by_words):
        assert same(await site.whole(await site.done(task_id)), tile)


async def test_a_variation_resembles_its_tile(site: Site, grid: dict[str, Any]) -> None:
    shown = await site.pressed(grid, ":variation::3")
    source = quarter(await site.whole(grid), 3)
    tiles = await site.tiles(shown)
    assert len({one.tobytes() for one in tiles}) == 4
    for tile in tiles:
        assert tile.size == source.size
        assert 1 < distance(tile, source) < 60


@pytest.mark.parametrize("name", ["low_variation", "high_variation"])
async def test_single_pictures_vary(site: Site, strip: dict[str, Any], name: str) -> None:
    source = await site.whole(strip)
    tiles = await site.tiles(await site.pressed(strip, name))
    for tile in tiles:
        assert tile.size == source.size
        assert 0 < distance(tile, source) < 60


async def test_reroll_draws_anew(site: Site) -> None:
    first = await site.done(await site.imagine("a green fox in the snow --ar 96:1"))
    again = await site.pressed(first, "reroll::0")
    assert again["action"] == "REROLL"
    assert not same(await site.whole(again), await site.whole(first))
    assert again["properties"]["seed"] != first["properties"]["seed"]
    third = await site.pressed(again, "reroll::0")
    assert third["prompt"] == "a green fox in the snow --ar 96:1"


@pytest.mark.parametrize("kind", ["subtle", "creative"])
async def test_upscales_are_twice_as_large(site: Site, strip: dict[str, Any], kind: str) -> None:
    small = await site.whole(strip)
    shown = await site.pressed(strip, f"upsample_v6r1_2x_{kind}")
    large = await site.whole(shown)
    assert large.size == (2 * small.width, 2 * small.height)
    assert distance(large, small) < (4 if kind == "subtle" else 25)
    assert not any("pan_" in one["customId"] for one in shown["buttons"])
    assert any("reroll" in one["customId"] for one in shown["buttons"])


@pytest.mark.parametrize(("part", "factor"), [("Outpaint::50", 2.0), ("Outpaint::75", 1.5)])
async def test_zooming_out_keeps_the_picture_in_the_middle(
    site: Site, strip: dict[str, Any], part: str, factor: float
) -> None:
    source = await site.whole(strip)
    for tile in await site.tiles(await site.pressed(strip, part)):
        assert tile.size == source.size
        _check_middle(tile, source, factor)


def _check_middle(tile: Image.Image, source: Image.Image, factor: float) -> None:
    inner = round(source.width / factor), round(source.height / factor)
    left, top = (tile.width - inner[0]) // 2, (tile.height - inner[1]) // 2
    kept = source.resize(inner, Image.Resampling.LANCZOS)
    assert same(tile.crop((left, top, left + inner[0], top + inner[1])), kept)


async def test_a_custom_zoom_asks_first(site: Site, strip: dict[str, Any]) -> None:
    source = await site.whole(strip)
    window = await site.press(strip, "CustomZoom")
    assert "confirm" in window["description"]
    assert window["properties"]["finalPrompt"] == STRIP
    shown = await site.confirmed(window, prompt="a red boat --ar 48:1 --zoom 1.8")
    assert shown["action"] == "CUSTOM_ZOOM"
    for tile in await site.tiles(shown):
        _check_middle(tile, source, 1.8)
    at_once = await site.confirmed(await site.press(strip, "CustomZoom"))
    _check_middle((await site.tiles(at_once))[0], source, 2.0)
    again = await site.pressed(shown, ":upsample::1")
    assert (await site.pressed(again, "pan_up"))["status"] == "SUCCESS"


async def test_custom_zoom_into_another_shape(site: Site, strip: dict[str, Any]) -> None:
    window = await site.press(strip, "CustomZoom")
    shown = await site.confirmed(window, prompt="a red boat --ar 24:1 --zoom 1")
    tile = (await site.tiles(shown))[0]
    assert abs(tile.width - 24 * tile.height) <= 24 * 8


async def test_a_square_is_made_around_the_picture(site: Site, single: dict[str, Any]) -> None:
    source = await site.whole(single)
    shown = await site.pressed(single, "Outpaint::100")
    for tile in await site.tiles(shown):
        assert tile.size == (source.width, source.width)
        top = (tile.height - source.height) // 2
        assert same(tile.crop((0, top, source.width, top + source.height)), source)
    labels = {one["label"] for one in (await site.pressed(shown, ":upsample::1"))["buttons"]}
    assert "Make Square" not in labels


@pytest.mark.parametrize("side", ["left", "right", "up", "down"])
async def test_a_pan_grows_its_side_alone(site: Site, strip: dict[str, Any], side: str) -> None:
    source = await site.whole(strip)
    shown = await site.pressed(strip, f"pan_{side}")
    more = (source.width // 2, 0) if side in ("left", "right") else (0, source.height // 2)
    left, top = (more[0] if side == "left" else 0), (more[1] if side == "up" else 0)
    tiles = await site.tiles(shown)
    assert len({one.tobytes() for one in tiles}) == 4
    for tile in tiles:
        assert tile.size == (source.width + more[0], source.height + more[1])
        box = left, top, left + source.width, top + source.height
        assert same(tile.crop(box), source)


async def test_a_region_changes_where_the_mask_is_white(site: Site, single: dict[str, Any]) -> None:
    source = await site.whole(single)
    box = (200, 150, 500, 400)
    window = await site.press(single, "Inpaint::1")
    refused = await site.submit("modal", taskId=window["result"], prompt="a moon")
    assert (refused["code"], refused["description"]) == (4, "maskBase64不能为空")
    mask = _mask(source.size, box)
    shown = await site.confirmed(window, prompt="a yellow moon", maskBase64=mask)
    for tile in await site.tiles(shown):
        assert not same(tile.crop(box), source.crop(box))
        tile.paste(source.crop(box), box[:2])
        assert same(tile, source)


@pytest.mark.parametrize("colour", ["black", "white"])
async def test_a_mask_of_one_colour_is_none(site: Site, strip: dict[str, Any], colour: str) -> None:
    before = await site.spent()
    window = await site.press(strip, "Inpaint::1")
    mask = _url(Image.new("L", (64, 64), colour))
    task_id = await site.begun("modal", taskId=window["result"], prompt="x", maskBase64=mask)
    assert await site.failed(task_id) == "Invalid mask"
    assert await site.spent() == pytest.approx(before)


async def test_remix_lets_the_prompt_be_changed(site: Site, strips: dict[str, Any]) -> None:
    window = await site.press(strips, ":variation::1", enableRemix=True)
    shown = await site.confirmed(window, prompt="a blue boat --ar 48:1")
    assert (shown["action"], shown["prompt"]) == ("VARIATION", "a blue boat --ar 48:1")


@pytest.mark.parametrize(("dimensions", "size"), [("PORTRAIT", (1024, 1536)), (None, (1024, 1024))])
async def test_blends_show_every_picture(
    site: Site, dimensions: str | None, size: tuple[int, int]
) -> None:
    red, blue, lime = (_url(Image.new("RGB", (300, 300), one)) for one in ("red", "blue", "lime"))
    pairs = [(red, blue), (red, lime)] if dimensions is None else [(red, blue)]
    made = []
    for pictures in pairs:
        fields = {"base64Array": pictures, "dimensions": dimensions}
        made.append(await site.done(await site.begun("blend", **fields)))
    for shown in made:
        assert {tile.size for tile in await site.tiles(shown)} == {size}
    wholes = [await site.whole(shown) for shown in made]
    assert len(wholes) == 1 or distance(*wholes) > 10


async def test_faces_are_swapped_in_their_place_only(site: Site) -> None:
    face, target = _portrait("peru", "navy"), _portrait("tan", "darkgreen")
    task_id = await site.begun(
        "insight-face/swap", sourceBase64=_url(face), targetBase64=_url(target)
    )
    shown = await site.done(task_id)
    assert (shown["action"], shown["botType"]) == ("SWAP_FACE", "INSIGHT_FACE")
    made = await site.whole(shown)
    assert made.size == target.size
    assert not same(made, target)
    corner = (0, 0, 40, 40)
    assert same(made.crop(corner), target.crop(corner))


async def test_references_are_drawn_on(site: Site) -> None:
    reference = _url(Image.new("RGB", (400, 400), "purple"))
    shown = await site.done(await site.imagine(FOX, base64Array=[reference]))
    plain = await site.done(await site.imagine(FOX))
    assert distance(await site.whole(shown), await site.whole(plain)) > 5
    assert shown["properties"]["ignored"] == []
    # A picture that was uploaded here is found without the network.
    uploaded = await site.submit("upload-discord-images", base64Array=[reference])
    linked = await site.done(await site.imagine(f"{uploaded['result'][0]} {FOX}"))
    assert distance(await site.whole(linked), await site.whole(plain)) > 5


async def test_edits_and_retextures(site: Site, strip: dict[str, Any]) -> None:
    source = await site.whole(strip)
    box = (0, 0, 300, 60)
    fields = {"prompt": "a green star", "image": strip["imageUrl"]}
    masked = await site.begun("edits", **fields, maskBase64=_mask(source.size, box))
    retextured = await site.begun("retexture", **fields)
    shown = await site.done(masked)
    for tile in await site.tiles(shown):
        tile.paste(source.crop(box), box[:2])
        assert same(tile, source)
    tiles = await site.tiles(await site.done(retextured))
    assert not any(same(tile, source) for tile in tiles)


def _mask(size: tuple[int, int], box: tuple[int, int, int, int]) -> str:
    mask = Image.new("L", size, "black")
    mask.paste(255, box)
    return _url(mask)


def _portrait(skin: str, ground: str) -> Image.Image:
    image = Image.new("RGB", (320, 400), ground)
    ImageDraw.Draw(image).ellipse((100, 60, 220, 220), fill=skin)
    return image


def _url(image: Image.Image) -> str:
    made = BytesIO()
    image.save(made, "PNG")
    return "data:image/png;base64," + base64.b64encode(made.getvalue()).decode()

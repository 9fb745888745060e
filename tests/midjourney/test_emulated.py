"""Midjourney drawn by an image channel: the demo's, which really draws."""

import base64
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from tests.midjourney.conftest import Begin
from tests.midjourney.pictures import data_url
from tests.midjourney.studio import Studio
from waystation.tasks.task import Change

pytestmark = pytest.mark.untraced

DEMO = {
    "name": "demo",
    "vendor": "demo",
    "groups": ["default"],
    "models": ["mj_*"],
    "allow_private": True,
    "model_map": {"mj_*": "gpt-image-1"},
}


@pytest.fixture
async def easel(begin: Begin) -> Studio:
    return await begin([DEMO])


async def image(studio: Studio, link: str) -> Image.Image:
    reply = await studio.picture(link)
    assert reply.status == 200
    found = Image.open(BytesIO(reply.body))
    found.load()
    return found.convert("RGB")


async def done(studio: Studio, told: dict[str, Any]) -> dict[str, Any]:
    assert told["code"] == 1, told
    return await studio.task(told["result"], "SUCCESS")


async def test_a_grid_its_tiles_and_what_follows(easel: Studio) -> None:
    made = await done(easel, await easel.imagine("a red boat on the sea --ar 3:2 --seed 7"))
    whole = await image(easel, made["imageUrl"])
    assert whole.width * 2 == whole.height * 3
    assert len(made["imageUrls"]) == 4
    assert [button["label"] for button in made["buttons"]][:4] == ["U1", "U2", "U3", "U4"]
    assert made["properties"]["messageHash"] in made["buttons"][0]["customId"]
    seed = (await easel.get(f"/mj/task/{made['id']}/image-seed")).json()
    assert seed["result"] == "7"
    spent = (await easel.settled(made["id"])).nanos
    assert spent == 100_000_000

    up = await done(easel, await easel.action(made["id"], "MJ::JOB::upsample::2"))
    single = await image(easel, up["imageUrl"])
    width, height = whole.width // 2, whole.height // 2
    assert single.tobytes() == whole.crop((width, 0, whole.width, height)).tobytes()
    assert (await easel.settled(up["id"])).nanos == 50_000_000
    names = [button["customId"] for button in up["buttons"]]
    assert any("pan_right" in name for name in names)
    assert not any("animate" in name for name in names)

    pan = await done(easel, await easel.action(up["id"], "MJ::JOB::pan_right::1::h::SOLO"))
    tile = await image(easel, pan["imageUrls"][0]["url"])
    assert tile.height == single.height
    assert tile.width > single.width
    assert tile.crop((0, 0, single.width, single.height)).tobytes() == single.tobytes()


@pytest.mark.soak
async def test_what_is_drawn_again(easel: Studio) -> None:
    made = await done(easel, await easel.imagine("a red boat on the sea --ar 3:2"))
    whole = await image(easel, made["imageUrl"])
    up = await done(easel, await easel.action(made["id"], "MJ::JOB::upsample::2"))
    single = await image(easel, up["imageUrl"])
    varied = await done(easel, await easel.action(made["id"], "MJ::JOB::variation::1"))
    assert varied["action"] == "VARIATION"
    again = await done(easel, await easel.action(made["id"], "MJ::JOB::reroll::0"))
    assert (await image(easel, again["imageUrl"])).size == whole.size
    zoomed = await done(easel, await easel.action(up["id"], "MJ::Outpaint::50::1::h::SOLO"))
    assert (await image(easel, zoomed["imageUrls"][0]["url"])).size == single.size


async def test_only_the_white_region_changes(easel: Studio) -> None:
    made = await done(easel, await easel.imagine("a green hill"))
    up = await done(easel, await easel.action(made["id"], "MJ::JOB::upsample::1"))
    single = await image(easel, up["imageUrl"])
    window = (await easel.action(up["id"], "MJ::Inpaint::1::h::SOLO"))["result"]
    mask = Image.new("L", single.size, 0)
    mask.paste(255, (0, 0, single.width // 4, single.height // 4))
    encoded = BytesIO()
    mask.save(encoded, "PNG")
    written = base64.b64encode(encoded.getvalue()).decode()
    told = await easel.submit("modal", taskId=window, prompt="a red house", maskBase64=written)
    painted = await done(easel, told)
    tile = await image(easel, painted["imageUrls"][0]["url"])
    rest = (single.width // 4 + 1, single.height // 4 + 1, single.width, single.height)
    assert tile.crop(rest).tobytes() == single.crop(rest).tobytes()
    assert tile.tobytes() != single.tobytes()
    black = BytesIO()
    Image.new("L", single.size, 0).save(black, "PNG")
    window = (await easel.action(up["id"], "MJ::Inpaint::1::h::SOLO"))["result"]
    written = base64.b64encode(black.getvalue()).decode()
    await easel.submit("modal", taskId=window, prompt="x", maskBase64=written)
    failed = await easel.task(window, "FAILURE")
    assert "Invalid mask" in failed["failReason"]
    assert (await easel.settled(window)).settle == "voided"


async def test_bad_parameters_fail_in_the_task(easel: Studio) -> None:
    task_id = await easel.made("a fox --chaos 200")
    failed = await easel.task(task_id, "FAILURE")
    reason = "[Invalid parameter] Invalid value for --chaos: 200 (must be between 0 and 100)"
    assert failed["failReason"] == reason
    assert (await easel.settled(task_id)).settle == "voided"


async def test_texts_and_blends(easel: Studio) -> None:
    described = await done(easel, await easel.submit("describe", base64=data_url("navy")))
    lines = described["properties"]["finalPrompt"].split("\n\n")
    assert [line[0] for line in lines] == ["1", "2", "3", "4"]
    assert described["prompt"] == described["properties"]["finalPrompt"]
    shortened = await done(easel, await easel.submit("shorten", prompt="a very small red fox"))
    assert shortened["properties"]["finalPrompt"].startswith("## Important tokens\n")
    assert shortened["properties"]["finalZhPrompt"] == ""
    pictures = [data_url("red"), data_url("blue")]
    blended = await done(easel, await easel.submit("blend", base64Array=pictures))
    assert blended["action"] == "BLEND"
    assert len(blended["imageUrls"]) == 4


async def test_a_runner_that_dies_while_drawing(easel: Studio) -> None:
    await easel.stop_runner()
    task_id = await easel.made("a fox")
    store = easel.workshop.store
    row = await easel.row(task_id)
    await store.change(
        row, Change(state="IN_PROGRESS", channel_id=row.channel_id, key_id=row.key_id)
    )
    await easel.start_runner()
    assert len((await easel.task(task_id, "SUCCESS"))["imageUrls"]) == 4
    assert (await easel.settled(task_id)).nanos == 100_000_000

"""What is not drawn, and what is charged: by the submit, in the books, to the cent."""

import asyncio
import base64
from io import BytesIO

import pytest
from PIL import Image

from tests.midjourney_emulated.site import Site

FOX = "a fox --ar 48:1"
"""Of few pixels."""


async def test_prices_are_the_shipped_ones(site: Site) -> None:
    start = await site.spent()
    shown = await site.done(await site.imagine(FOX))
    single = await site.pressed(shown, ":upsample::1")
    window = await site.press(single, "CustomZoom")
    await site.confirmed(window)
    await _charged(site, start, 0.1 + 0.05 + 0.1)
    turbo = await site.submit("imagine", prefix="/mj-turbo/mj", prompt=FOX)
    await site.done(turbo["result"])
    await _charged(site, start, 0.25 + 0.1)
    report = await site.serve.audit()
    assert report["open_holds"] == 0


async def _charged(site: Site, start: float, usd: float) -> None:
    async with asyncio.timeout(10):
        while await site.spent() < start + usd - 1e-9:
            await asyncio.sleep(0.05)
    assert await site.spent() == pytest.approx(start + usd)


async def test_a_moderated_prompt_fails_in_its_task_and_costs_nothing(site: Site) -> None:
    start, stored = await site.spent(), await site.stored()
    reason = await site.failed(await site.imagine("demo:moderated a fox"))
    assert reason.startswith("[Banned prompt detected] ")
    assert await site.spent() == pytest.approx(start)
    assert await site.stored() == stored


async def test_an_upstream_that_gives_no_picture_fails_the_task(site: Site) -> None:
    """After some tries, all of which wait a while: so they wait together."""
    stored, spent = await site.stored(), await site.spent()
    faults = ["broken", "page", "empty", "html", "server_error"]
    ids = [await site.imagine(f"demo:{fault} a fox") for fault in faults]
    for reason in await asyncio.gather(*(site.failed(task_id) for task_id in ids)):
        assert reason.startswith("[Internal error] ")
    assert await site.stored() == stored
    assert await site.spent() == pytest.approx(spent)


async def test_a_link_to_nowhere_is_the_caller_s(site: Site) -> None:
    reason = await site.failed(await site.imagine("http://127.0.0.1:9/a.png a fox"))
    assert reason.startswith("[Invalid link] ")
    assert "[Invalid link]" in await site.failed(
        await site.begun("describe", link="http://127.0.0.1:9/a.png")
    )


async def test_a_button_that_has_no_tile_behind_it(site: Site) -> None:
    shown = await site.done(await site.imagine(FOX))
    single = await site.pressed(shown, ":upsample::1")
    fields = {"taskId": single["id"], "customId": "MJ::JOB::upsample::3::0"}
    assert await site.failed(await site.begun("action", **fields)) == "index参数错误"
    # The hash in a button's name is nobody's business.
    made_up = {"taskId": shown["id"], "customId": "MJ::JOB::upsample::3"}
    await site.done(await site.begun("action", **made_up))


async def test_what_somebody_else_drew_is_not_there(site: Site) -> None:
    reply = await site.post(
        "/mj/submit/action", {"taskId": "1795352841988985", "customId": "MJ::JOB::upsample::1"}
    )
    assert reply.json()["code"] == 3


async def test_animations_are_not_offered(site: Site) -> None:
    shown = await site.done(await site.imagine(FOX))
    single = await site.pressed(shown, ":upsample::1")
    fields = {"taskId": single["id"], "customId": "MJ::JOB::animate_high::1::x::SOLO"}
    told = await site.submit("action", **fields)
    assert (told["code"], told["description"]) == (4, "视频功能未启用")


async def test_pictures_that_cannot_be_read_fail_the_task(site: Site) -> None:
    good = BytesIO()
    Image.new("RGB", (300, 300), "red").save(good, "PNG")
    cut = good.getvalue()[:-40]
    address = "data:image/png;base64," + base64.b64encode(cut).decode()
    task_id = await site.begun("blend", base64Array=[address, address])
    assert await site.failed(task_id) == "the picture's data is cut off or damaged"

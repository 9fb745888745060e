"""Image channels that are somebody's: what they are asked, what their refusals become, and what is
left when our own process dies in the middle."""

import asyncio

import pytest

from tests.midjourney_emulated.conftest import KEYS
from tests.midjourney_emulated.easel import Easel, refusal
from tests.midjourney_emulated.site import Site, quarter, same
from tests.support.serve import Serve
from waystation.tasks.midjourney.emulator.emulator import TRIES


@pytest.fixture
def site(serve: Serve, easel: Easel) -> Site:
    """On a channel that draws from words alone."""
    easel.reset()
    return Site(serve, KEYS["flux"])


async def test_a_model_is_told_size_seed_and_what_to_avoid(site: Site, easel: Easel) -> None:
    easel.size = (1408, 792)
    prompt = "a fox::2 rain::-1 --ar 16:9 --seed 4294967294 --no birds, cars --q .5 --sref 12"
    shown = await site.done(await site.imagine(prompt))
    calls = sorted(easel.calls, key=lambda call: (call["seed"] + 10) % 2**32)
    assert [call["seed"] for call in calls] == [4294967294, 4294967295, 0, 1]
    for call in calls:
        assert call["model"] == "flux-dev"
        assert call["prompt"] == "a fox"
        assert call["negative_prompt"] == "birds, cars, rain"
        assert (call["size"], call["aspect_ratio"], call["quality"]) == ("1408x792", "16:9", "low")
        assert "n" not in call
    assert shown["properties"]["ignored"] == ["sref"]
    assert shown["properties"]["seedHonoured"] is True
    assert [each["customId"].split("::")[2] for each in shown["buttons"]] == (
        ["upsample"] * 4 + ["reroll"] + ["variation"] * 4
    )
    single = await site.pressed(shown, ":upsample::3")
    assert {each["label"] for each in single["buttons"]} == {
        "Upscale (Subtle)", "Upscale (Creative)", "",
    }  # fmt: skip


async def test_a_model_that_has_no_seeds_is_told_none(serve: Serve, easel: Easel) -> None:
    easel.reset()
    easel.size = (1536, 1024)
    site = Site(serve, KEYS["gpt"])
    shown = await site.done(await site.imagine("a fox --ar 2:1 --no birds"))
    assert len(easel.calls) == 4
    for call in easel.calls:
        assert not {"seed", "negative_prompt", "aspect_ratio"} & set(call)
        assert (call["prompt"], call["size"]) == ("a fox\n\nAvoid: birds", "1536x1024")
    assert shown["properties"]["seedHonoured"] is False
    assert {tile.size for tile in await site.tiles(shown)} == {(1536, 768)}


async def test_a_variation_without_pictures_is_drawn_from_words(site: Site, easel: Easel) -> None:
    shown = await site.done(await site.imagine("a fox --seed 5"))
    easel.calls.clear()
    await site.pressed(shown, ":variation::1")
    assert [call["prompt"] for call in easel.calls] == ["a fox"] * 4
    assert not {5, 6, 7, 8} & {call["seed"] for call in easel.calls}


async def test_subtle_goes_less_far_than_strong(serve: Serve, easel: Easel) -> None:
    easel.reset()
    site = Site(serve, KEYS["vary"])
    shown = await site.done(await site.imagine("a fox"))
    single = await site.pressed(shown, ":upsample::1")
    for name, strength in (("low_variation", b"0.3"), ("high_variation", b"0.55")):
        easel.forms.clear()
        custom_id = f"MJ::JOB::{name}::1::h::SOLO"
        await site.done(await site.begun("action", taskId=single["id"], customId=custom_id))
        assert len(easel.forms) == 4
        for form in easel.forms:
            assert b'name="strength"\r\n\r\n' + strength + b"\r\n" in form
            assert b"content-type: image/png" in form.lower()


async def test_busy_for_a_moment_is_asked_again(site: Site, easel: Easel) -> None:
    easel.queue(refusal(429, **{"retry-after": "1"}), refusal(503, **{"retry-after": "1"}))
    await site.done(await site.imagine("a fox"))
    assert len(easel.calls) == 4


async def test_busy_for_longer_is_waited_for(serve: Serve, easel: Easel) -> None:
    """As a proxy that is busy is: what a rush of tasks meets is no reason to fail them."""
    easel.reset()
    site = Site(serve, KEYS["vary"])
    easel.queue(*(refusal(429, **{"retry-after": "1"}) for _ in range(4 * TRIES)))
    shown = await site.done(await site.imagine("a fox --seed 20"))
    assert len(shown["imageUrls"]) == 4
    assert sorted(call["seed"] for call in easel.calls) == [20, 21, 22, 23]


async def test_another_channel_draws_when_the_first_is_away(serve: Serve, easel: Easel) -> None:
    easel.reset()
    site = Site(serve, KEYS["pair"])
    await site.done(await site.imagine("a fox"))
    assert len(easel.calls) == 4


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (400, "content_policy_violation", "[Banned prompt detected] "),
        (400, "invalid_size", "[Failed to process your command] "),
        (404, "model_not_found", "[Failed to process your command] "),
    ],
)
async def test_a_refusal_fails_the_task_and_leaves_nothing(
    site: Site, easel: Easel, status: int, code: str, reason: str
) -> None:
    spent, stored = await site.spent(), await site.stored()
    easel.hold(10, then=refusal(status, code))
    task_id = await site.imagine("a fox --seed 10")
    await easel.until(lambda: len(easel.calls) == 4)
    while (await site.fetch(task_id))["progress"] != "75%":
        await asyncio.sleep(0.02)
    assert await site.stored() == stored + 3
    easel.release()
    assert (await site.failed(task_id)).startswith(reason)
    assert await site.spent() == pytest.approx(spent)
    assert await site.stored() == stored


async def test_previews_come_and_go(site: Site, easel: Easel) -> None:
    """Progress rises by tiles; what is shown meanwhile is the grid as far as it is there."""
    seeds = (10, 11, 12, 13)
    easel.hold(*seeds)
    task_id = await site.imagine("a fox --seed 10")
    await easel.until(lambda: len(easel.calls) == 4)
    shown = await site.fetch(task_id)
    assert (shown["status"], shown["progress"], shown["imageUrl"]) == ("SUBMITTED", "0%", "")
    for number, seed in enumerate(seeds[:3], 1):
        easel.release(seed)
        async with asyncio.timeout(20):
            while f"v={25 * number}" not in (shown := await site.fetch(task_id))["imageUrl"]:
                await asyncio.sleep(0.02)
        assert (shown["status"], shown["progress"]) == ("IN_PROGRESS", f"{25 * number}%")
        assert await site.load(shown["imageUrl"])
    easel.release()
    done = await site.done(task_id)
    assert "v=" not in done["imageUrl"]
    assert all(one["url"].count("sig=") == 1 for one in done["imageUrls"])


async def test_a_key_that_is_refused_is_left_alone(site: Site, easel: Easel) -> None:
    """The task fails in words that do not tell whose account it was; the next one waits."""
    for _ in range(4):
        easel.refuse(401, "invalid_api_key")
    assert await site.failed(await site.imagine("a fox")) == "无可用的账号实例"
    easel.reset()
    await site.done(await site.imagine("a hen"))


async def test_a_bad_prompt_fails_the_task(site: Site, easel: Easel) -> None:
    reason = await site.failed(await site.imagine("a fox --chaos 200"))
    assert (
        reason == "[Invalid parameter] Invalid value for --chaos: 200 (must be between 0 and 100)"
    )
    assert "Unrecognized parameter(s): --foo" in await site.failed(await site.imagine("x --foo 1"))
    assert "Permutations" in await site.failed(await site.imagine("a {red, blue} fox"))
    assert not easel.calls


async def test_a_verb_that_the_channel_cannot_do_is_refused(site: Site) -> None:
    reply = await site.post("/mj/submit/blend", {"base64Array": [_DOT, _DOT]})
    assert (reply.status, reply.json()["description"]) == (404, "model_not_available_in_group")


async def test_killed_in_the_middle_what_was_kept_is_not_drawn_again(
    site: Site, easel: Easel
) -> None:
    spent, stored = await site.spent(), await site.stored()
    easel.hold(102, 103)
    task_id = await site.imagine("a fox --seed 100")
    async with asyncio.timeout(20):
        while (await site.fetch(task_id))["progress"] != "50%":
            await asyncio.sleep(0.02)
    serve = site.serve
    before = len(easel.calls)
    serve.wait_replaced("control", serve.kill("control"))
    await easel.until(lambda: len(easel.calls) >= before + 2, 20)
    easel.release()
    shown = await site.done(task_id)
    assert [easel.drawn(seed) for seed in (100, 101, 102, 103)] == [1, 1, 2, 2]
    whole, tiles = await site.whole(shown), await site.tiles(shown)
    for at, tile in enumerate(tiles):
        seed = 100 + at
        assert tile.getpixel((5, 5)) == (seed % 256, seed * 7 % 256, seed * 31 % 256)
        assert same(quarter(whole, at + 1), tile)
    async with asyncio.timeout(10):
        while await site.spent() == pytest.approx(spent):
            await asyncio.sleep(0.05)
    assert await site.spent() == pytest.approx(spent + 0.1)
    assert await site.stored() == stored + 5  # four and their grid, nothing twice
    report = await serve.audit()
    assert report["open_holds"] == 0


_DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)

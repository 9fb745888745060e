"""Songs that fail, early or late: what is told, what is paid back, and who is not kept waiting."""

import asyncio

import pytest

from tests.suno.conftest import channel
from tests.support.gateway import token

EVE = "sk-proofs-eve-0123456789abcdef"
REFUSED = [
    ("music", {}, "prompt_empty"),
    ("music", {"prompt": "  "}, "prompt_empty"),
    ("lyrics", {}, "prompt_empty"),
    ("dance", {"prompt": "x"}, "invalid_action"),
    ("music", {"prompt": 1.5, "mv": ["x"]}, "invalid_request"),
    ("music", {"prompt": "x", "continue_at": "soon"}, "invalid_request"),
    ("music", {"prompt": "x", "continue_clip_id": "none"}, "get_origin_task_failed"),
    ("music", {"prompt": "x" * 10_001}, "invalid_request"),
    ("concat", {}, "invalid_request"),
    ("music", {"prompt": "x", "notify_hook": "http://127.0.0.1/"}, "invalid_request"),
    ("music", {"prompt": "x", "mv": "../../etc"}, "invalid_request"),
]


async def test_a_number_beyond_all_bounds_is_a_refusal(studio, suno) -> None:
    for page in ("/suno/fetch", "/suno/submit/music"):
        reply = await studio.post(page, b'{"ids":[1e400],"prompt":[1e400]}')
        assert (reply.status, reply.json()["code"]) == (400, "invalid_request"), reply.body


async def test_refusals_of_a_body(studio, suno) -> None:
    for page, body, code in REFUSED:
        reply = await studio.post(f"/suno/submit/{page}", body)
        assert (reply.status, reply.json()["code"]) == (400, code), reply.body
        assert set(reply.json()) == {"code", "message", "data"}
        assert reply.json()["data"] is None
    assert not suno.seen


async def test_unknown_and_foreign_ids_look_the_same(begin, suno) -> None:
    wanted = {
        "accounts": [{"email": "eve@example.com", "credit": "1"}],
        "tokens": [token(), token("eve", EVE, "eve@example.com")],
    }
    studio = await begin([channel("suno", suno.url)], wanted=wanted)
    task_id = await studio.music()
    foreign = await studio.get(f"/suno/fetch/{task_id}", EVE)
    unknown = await studio.get(f"/suno/fetch/{task_id[:-4]}0a00", EVE)
    assert (foreign.status, unknown.status) == (404, 404)
    assert foreign.json()["code"] == unknown.json()["code"] == "task_not_exist"
    assert (await studio.post("/suno/fetch", {"ids": [task_id]}, EVE)).json()["data"] == []
    assert (await studio.get(f"/suno/feed/{task_id}", EVE)).status == 404


async def test_an_upstream_that_fails_later_costs_nothing(studio, suno) -> None:
    task_id = await studio.music()
    await studio.task(task_id, "SUBMITTED")
    suno.jobs[0].fail("refused by https://up.internal/x with sk-abcdefghijklmnop")
    shown = await studio.task(task_id, "FAILURE")
    assert "refused by" in shown["fail_reason"]
    assert "internal" not in shown["fail_reason"]
    assert "sk-abc" not in shown["fail_reason"]
    assert (await studio.settled(task_id)).settle == "voided"


FAILING = [
    (200, b'{"code":"submit_failed","message":"generation failed","data":null}'),
    (400, b'{"code":"invalid_request","message":"tags too long","data":null}'),
    (200, b"<html>busy</html>"),
    (200, b""),
    (500, b'{"detail":"No sessions available"}'),
    (502, b""),
]


async def test_a_submit_that_fails_is_told_and_free(begin, suno) -> None:
    channels = [channel(f"suno-{at}", suno.url, groups=[f"g{at}"]) for at in range(len(FAILING))]
    names = [f"g{at}" for at in range(len(FAILING))]
    tokens = [
        token(f"t{at}", f"sk-proofs-{at}-0123456789abcdef", groups=[f"g{at}"])
        for at in range(len(FAILING))
    ]
    wanted = {
        "groups": [{"name": "default"}, *({"name": name, "selectable": True} for name in names)],
        "tokens": tokens,
    }
    studio = await begin(channels, wanted=wanted)
    for at, answer in enumerate(FAILING):
        suno.on_submit(suno.raw(*answer))
        reply = await studio.post("/suno/submit/music", {"prompt": "x"}, tokens[at]["key"])
        task_id = reply.json()["data"]
        async with asyncio.timeout(45):
            while (row := await studio.row(task_id)).settle != "voided":
                await asyncio.sleep(0.02)
        assert (row.state, bool(row.fail_reason)) == ("FAILURE", True)
        assert len(suno.submits()) == at + 1


async def test_a_lost_answer_is_never_sent_again(begin, suno) -> None:
    channels = [channel("first", suno.url, priority=0), channel("second", suno.url, priority=1)]
    studio = await begin(channels)
    suno.on_submit(suno.dies())
    task_id = await studio.music()
    shown = await studio.task(task_id, "FAILURE")
    assert "lost" in shown["fail_reason"]
    assert len(suno.submits()) == 1
    assert (await studio.settled(task_id)).settle == "voided"


@pytest.mark.parametrize("status", [401, 429, 503])
async def test_whoever_certainly_has_it_not_is_followed_by_the_next(begin, suno, status) -> None:
    channels = [channel("first", suno.url, priority=0), channel("second", suno.url, priority=1)]
    studio = await begin(channels)
    suno.on_submit(suno.raw(status, b'{"code":"x","message":"not now","data":null}'))
    task_id = await studio.music()
    await studio.task(task_id, "SUBMITTED")
    keys = [seen.headers["authorization"] for seen in suno.submits()]
    assert keys == ["Bearer secret-of-first", "Bearer secret-of-second"]


async def test_a_stalling_upstream_is_asked_again(studio, suno) -> None:
    task_id = await studio.music()
    await studio.task(task_id, "SUBMITTED")
    suno.looks.extend((suno.dies(), suno.raw(500, b"{}"), suno.raw(200, b"<html>")))
    async with asyncio.timeout(45):
        while suno.looks:
            await asyncio.sleep(0.02)
    suno.jobs[0].finish()
    await studio.task(task_id, "SUCCESS")


async def test_a_task_that_the_upstream_lost_is_given_back(studio, suno) -> None:
    task_id = await studio.music()
    await studio.task(task_id, "SUBMITTED")
    suno.hidden.add(suno.jobs[0].id)
    shown = await studio.task(task_id, "FAILURE")
    assert "no longer knows" in shown["fail_reason"]
    assert (await studio.settled(task_id)).settle == "voided"


async def test_one_of_which_nothing_is_known_keeps_no_other_waiting(studio, suno) -> None:
    lost, good = await studio.music(), await studio.music(prompt="another")
    for task_id in (lost, good):
        await studio.task(task_id, "SUBMITTED")
    suno.hidden.add(suno.jobs[0].id)
    suno.hidden_status = 500
    async with asyncio.timeout(20):
        while not any(seen.path.endswith("/fetch/up-1") for seen in suno.seen):
            await asyncio.sleep(0.02)
    suno.jobs[1].finish()
    await studio.task(good, "SUCCESS")
    await studio.task(lost, "SUBMITTED")
    suno.hidden_status = 404
    await studio.task(lost, "FAILURE")


@pytest.mark.parametrize("status", [404, 500])
async def test_lost_lyrics_keep_no_song_waiting(begin, suno, status) -> None:
    studio = await begin([channel("feed", suno.url, "suno-api", keys=[])])
    words = await studio.submit("lyrics", prompt="x")
    await studio.task(words, "SUBMITTED")
    song = await studio.music(prompt="la", tags="folk")
    await studio.task(song, "SUBMITTED")
    suno.hidden.add(suno.jobs[0].id)
    suno.hidden_status = status
    suno.jobs[1].finish()
    await studio.task(song, "SUCCESS")
    suno.hidden_status = 404
    assert "no longer knows" in (await studio.task(words, "FAILURE"))["fail_reason"]
    assert (await studio.settled(words)).settle == "voided"


async def test_one_song_of_two_is_a_success(studio, suno) -> None:
    task_id = await studio.music()
    await studio.task(task_id, "SUBMITTED")
    job = suno.jobs[0]
    job.finish()
    job.clips[1] = {
        "id": job.clips[1]["id"],
        "status": "error",
        "metadata": {"error_message": "no"},
    }
    shown = await studio.task(task_id, "SUCCESS")
    assert [clip["status"] for clip in shown["data"]] == ["complete", "error"]
    assert shown["data"][1]["metadata"]["error_message"] == "no"


@pytest.mark.parametrize("what", ["missing", "html", "forbidden"])
async def test_songs_whose_sound_cannot_be_had_cost_nothing(studio, suno, what) -> None:
    task_id = await studio.music()
    await studio.task(task_id, "SUBMITTED")
    job = suno.jobs[0]
    job.finish()
    for clip in job.clips:
        path = clip["audio_url"].removeprefix(suno.url)
        if what == "missing":
            del suno.files[path]
        elif what == "html":
            suno.files[path] = b"<html>a song, honestly</html>"
        else:
            clip["audio_url"] = "http://169.254.169.254/latest/meta-data/song.mp3"
    shown = await studio.task(task_id, "FAILURE")
    assert "no sound" in shown["fail_reason"]
    assert (await studio.settled(task_id)).settle == "voided"


async def test_a_video_that_cannot_be_had_is_done_without(studio, suno) -> None:
    task_id = await studio.music()
    await studio.task(task_id, "SUBMITTED")
    job = suno.jobs[0]
    job.finish()
    for clip in job.clips:
        clip["video_url"] = f"{suno.url}/cdn/none.mp4"
    shown = await studio.task(task_id, "SUCCESS")
    assert [clip["video_url"] for clip in shown["data"]] == ["", ""]

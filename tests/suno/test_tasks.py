"""The task pages, on upstreams that have task pages themselves."""

import asyncio
import json
import subprocess
from pathlib import Path
from uuid import UUID

from tests.suno.conftest import Begin, channel
from tests.suno.studio import Studio
from tests.suno.upstream import FakeSuno
from tests.support.gateway import token
from tests.tasks.receiver import receiving

EVE = "sk-proofs-eve-0123456789abcdef"
TASK_FIELDS = {
    "task_id", "action", "status", "fail_reason", "submit_time", "start_time", "finish_time",
    "progress", "data",
}  # fmt: skip
CLIP_FIELDS = {
    "id", "title", "status", "audio_url", "video_url", "image_url", "image_large_url",
    "major_model_version", "model_name", "text", "metadata",
}  # fmt: skip


async def probe(studio: Studio, link: str, folder: Path) -> str:
    """What ffprobe says is in the file behind a link."""
    reply = await studio.file(link)
    assert reply.status == 200, reply
    path = folder / "probed"
    path.write_bytes(reply.body)
    command = ("ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0")
    done = await asyncio.to_thread(
        subprocess.run, [*command, str(path)], capture_output=True, check=True, timeout=20
    )
    assert done.stderr == b""
    return " ".join(done.stdout.decode().split())


async def test_a_song_from_its_submit_to_its_files(studio, suno, tmp_path) -> None:
    task_id = await studio.music(gpt_description_prompt="a waltz", make_instrumental=False)
    assert str(UUID(task_id)) == task_id
    shown = await studio.task(task_id, "SUBMITTED")
    assert set(shown) == TASK_FIELDS
    assert (shown["action"], shown["progress"], shown["data"]) == ("MUSIC", "0%", [])
    suno.jobs[0].hear()
    shown = await studio.task(task_id, "IN_PROGRESS")
    suno.jobs[0].finish()
    shown = await studio.task(task_id, "SUCCESS")
    assert (shown["progress"], shown["fail_reason"]) == ("100%", "")
    assert shown["submit_time"] <= shown["start_time"] <= shown["finish_time"] < 10**10
    assert [set(clip) for clip in shown["data"]] == [CLIP_FIELDS] * 2
    first = shown["data"][0]
    assert (first["title"], first["status"]) == ("Ferry Waltz", "complete")
    assert first["metadata"]["tags"] == "waltz"
    assert first["metadata"]["duration"] == 16.6
    assert await probe(studio, first["audio_url"], tmp_path) == "mp3"
    assert await probe(studio, first["video_url"], tmp_path) == "h264 aac"
    assert await probe(studio, first["image_large_url"], tmp_path) == "png"
    text = json.dumps(shown)
    assert "upstream" not in text
    assert "up-1" not in text
    assert suno.url not in text
    row = await studio.settled(task_id)
    assert (row.settle, row.nanos) == ("posted", 100_000_000)
    assert len(suno.submits()) == 1
    assert suno.seen[0].body["mv"] == "chirp-v3-0"
    assert suno.seen[0].headers["authorization"] == "Bearer secret-of-suno"


async def test_the_owner_s_files_die_with_no_upstream(studio, suno) -> None:
    task_id = await studio.music()
    await studio.task(task_id, "SUBMITTED")
    suno.jobs[0].finish()
    shown = await studio.task(task_id, "SUCCESS")
    suno.files.clear()
    assert (await studio.file(shown["data"][0]["audio_url"])).status == 200
    bare = shown["data"][0]["audio_url"].split("?")[0]
    assert (await studio.file(bare)).status == 404


async def test_lyrics(studio, suno) -> None:
    task_id = await studio.submit("LYRICS", prompt="ferries")
    assert (await studio.task(task_id, "SUBMITTED"))["data"]["status"] == "submitted"
    suno.jobs[0].finish()
    shown = await studio.task(task_id, "SUCCESS")
    assert shown["action"] == "LYRICS"
    assert shown["data"] == {
        "id": task_id, "status": "complete", "title": "Ferries", "text": "[Verse]\nwater",
    }  # fmt: skip
    assert (await studio.settled(task_id)).nanos == 10_000_000


async def test_many_are_asked_for_at_once(studio, suno) -> None:
    ids = [await studio.music() for _ in range(3)]
    for task_id in ids:
        await studio.task(task_id, "SUBMITTED")
    asked = [ids[2], "nobody", ids[0], ids[2], "\x00"]
    reply = await studio.post("/suno/fetch", {"ids": asked, "action": "MUSIC"})
    told = reply.json()
    assert (reply.status, told["code"]) == (200, "success")
    assert [task["task_id"] for task in told["data"]] == [ids[2], ids[0]]
    assert (await studio.post("/suno/fetch", {"ids": None})).json()["data"] == []
    too_many = await studio.post("/suno/fetch", {"ids": [f"{at}" for at in range(101)]})
    assert (too_many.status, too_many.json()["code"]) == (400, "invalid_request")


async def test_answers_out_of_order_change_nothing(studio, suno) -> None:
    task_id = await studio.music()
    await studio.task(task_id, "SUBMITTED")
    job = suno.jobs[0]
    job.hear()
    await studio.task(task_id, "IN_PROGRESS")
    stale = {**job.task(), "status": "queued", "progress": "1%", "data": None}
    other = {**job.task(), "task_id": "up-99", "status": "FAILURE"}
    told = json.dumps({"code": 1, "data": [other, stale, other]}).encode()
    for _ in range(3):
        suno.looks.append(suno.raw(200, told))
    async with asyncio.timeout(45):
        while suno.looks:
            await asyncio.sleep(0.02)
    shown = await studio.fetch(task_id)
    assert (shown["status"], shown["progress"]) == ("IN_PROGRESS", "30%")
    assert shown["data"][0]["title"] == "Ferry Waltz"
    job.finish()
    await studio.task(task_id, "SUCCESS")


async def test_statuses_in_small_letters_and_a_number_as_code(studio, suno) -> None:
    suno.code = 1
    task_id = await studio.music()
    await studio.task(task_id, "SUBMITTED")
    suno.jobs[0].status = "queueing"
    shown = await studio.task(task_id, "QUEUED")
    suno.jobs[0].finish()
    suno.jobs[0].status = "success"
    shown = await studio.task(task_id, "SUCCESS")
    assert shown["data"]


async def test_a_song_goes_on_where_it_was_made(begin, suno) -> None:
    channels = [channel("first", suno.url, priority=1), channel("second", suno.url, priority=0)]
    studio = await begin(channels)
    task_id = await studio.music()
    await studio.task(task_id, "SUBMITTED")
    suno.jobs[0].finish()
    clip = (await studio.task(task_id, "SUCCESS"))["data"][1]["id"]
    more = await studio.music(prompt="go on", task_id=task_id, continue_clip_id=clip, continue_at=9)
    await studio.task(more, "SUBMITTED")
    sent = suno.submits()[1]
    assert sent.headers["authorization"] == "Bearer secret-of-second"
    assert sent.body["continue_clip_id"] == "up-1-clip-2"
    assert (sent.body["task_id"], sent.body["continue_at"]) == ("up-1", 9.0)
    suno.jobs[1].finish()
    last = (await studio.task(more, "SUCCESS"))["data"][0]["id"]
    whole = await studio.submit("concat", clip_id=last, is_infill=False)
    await studio.task(whole, "SUBMITTED")
    assert suno.submits()[2].body["clip_id"] == "up-2-clip-1"
    suno.jobs[2].finish()
    assert len((await studio.task(whole, "SUCCESS"))["data"]) == 1
    assert (await studio.settled(whole)).nanos == 20_000_000


async def test_a_file_is_taken_in(studio, suno) -> None:
    reply = await studio.post("/suno/uploads/audio-url", {"url": "https://files.example/a.mp3"})
    task_id = reply.json()["data"]
    await studio.task(task_id, "SUBMITTED")
    suno.jobs[0].status = "SUCCESS"
    suno.jobs[0].clips[0]["status"] = "complete"
    shown = await studio.task(task_id, "SUCCESS")
    assert len(shown["data"]) == 1
    assert (await studio.settled(task_id)).nanos == 30_000_000


async def test_changes_are_told_to_the_hook(begin, suno) -> None:
    async with receiving() as receiver:
        studio = await begin([channel("suno", suno.url)], egress_allow="127.0.0.0/8")
        task_id = await studio.music(prompt="x", notify_hook=receiver.url)
        row = await studio.row(task_id)
        assert row.hooked
        assert "notify" not in json.dumps(suno.seen[0].body if suno.seen else {})
        shown = studio.kind.show(row)
        assert set(shown) == TASK_FIELDS


async def test_the_same_key_gives_the_same_task(studio, suno) -> None:
    body = {"gpt_description_prompt": "once"}
    first = await studio.post("/suno/submit/music", body, idempotency_key="k-1")
    again = await studio.post("/suno/submit/music", body, idempotency_key="k-1")
    assert first.json()["data"] == again.json()["data"]
    other = await studio.post("/suno/submit/music", {"prompt": "other"}, idempotency_key="k-1")
    assert other.status == 422
    await studio.task(first.json()["data"], "SUBMITTED")
    assert len(suno.submits()) == 1


async def test_prices_by_the_model_asked_for(begin, suno) -> None:
    prices = [
        {"model": "suno_music", "per_call": "0.1"},
        {"model": "suno_music_chirp-v4", "per_call": "0.4"},
    ]
    studio = await begin([channel("suno", suno.url)], wanted={"prices": prices})
    for mv, nanos in (("chirp-v4", 4), ("suno-v4", 4), ("SUNO-V4", 4), ("suno", 1), (None, 1)):
        made = await studio.music(prompt="x", mv=mv)
        assert (await studio.row(made)).hold_nanos == nanos * 100_000_000, mv
        await studio.task(made, "SUBMITTED")
        sent = suno.submits()[-1].body["mv"]
        assert sent == ("chirp-v4" if nanos == 4 else "chirp-v3-0"), mv


async def test_balance_for_one_admits_one(begin, suno) -> None:
    studio = await begin([channel("suno", suno.url)], wanted={"credit": "0.15"})
    replies = await asyncio.gather(
        *(studio.post("/suno/submit/music", {"prompt": str(at)}) for at in range(10))
    )
    assert sorted(reply.status for reply in replies) == [200] + [402] * 9
    refused = next(reply for reply in replies if reply.status == 402)
    assert refused.json()["code"] == "insufficient_user_quota"


async def test_a_token_may_be_kept_from_songs(begin, suno) -> None:
    tokens = [token(models=["gpt-*"]), token("eve", EVE, models=["suno_*"])]
    studio = await begin([channel("suno", suno.url)], wanted={"tokens": tokens})
    assert (await studio.post("/suno/submit/music", {"prompt": "x"})).status == 403
    assert (await studio.post("/suno/submit/music", {"prompt": "x"}, EVE)).status == 200


async def test_a_full_channel_keeps_its_tasks_waiting(begin, suno) -> None:
    limited = channel("suno", suno.url, limits={"concurrency": 1})
    studio = await begin([limited])
    first, second = await studio.music(), await studio.music()
    async with asyncio.timeout(45):
        while not suno.jobs:
            await asyncio.sleep(0.02)
    states = {(await studio.fetch(each))["status"] for each in (first, second)}
    assert "NOT_START" in states
    suno.jobs[0].finish()
    async with asyncio.timeout(45):
        while len(suno.jobs) < 2:
            await asyncio.sleep(0.02)


async def test_a_runner_that_died_in_the_middle(begin: Begin, suno: FakeSuno) -> None:
    """What was handed over goes on; of what was being handed over nobody knows."""
    studio = await begin([channel("suno", suno.url)])
    running = await studio.music()
    await studio.task(running, "SUBMITTED")
    await studio.stop_runner()
    lost = await studio.music()
    from waystation.tasks.task import Change

    row = await studio.row(lost)
    await studio.workshop.store.change(row, Change(state="SUBMITTING"))
    suno.jobs[0].finish()
    await studio.start_runner()
    await studio.task(running, "SUCCESS")
    shown = await studio.task(lost, "FAILURE")
    assert "restarted" in shown["fail_reason"]
    assert len(suno.submits()) == 1

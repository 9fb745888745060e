"""Songs asked for over chat, whatever form the upstream has."""

import asyncio
import json
import re
from typing import Any

import openai
import pytest

from tests.suno.chatting import MODEL, body, finishing, texts
from tests.suno.test_tasks import probe
from tests.support.gateway import CHAT, KEY
from tests.support.wire import Wire
from waystation.dialects.suno.chat_answer import read_songs
from waystation.edge.suno import song_answer
from waystation.errors import Fault

pytestmark = pytest.mark.untraced

LINK = re.compile(r"https?://\S+")


async def test_a_stream_from_its_first_word_to_its_end(studio, suno, tmp_path) -> None:
    options = {"include_usage": True}
    chat = studio.post(CHAT, body(stream=True, stream_options=options))
    reply = await finishing(studio, suno, chat)
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert reply.events[-1] == b"[DONE]"
    chunks = [json.loads(event) for event in reply.events[:-1]]
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert {chunk["model"] for chunk in chunks} == {MODEL}
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    reasons = [c["choices"][0]["finish_reason"] for c in chunks if c["choices"]]
    assert [reason for reason in reasons if reason] == ["stop"]
    assert (chunks[-1]["choices"], chunks[-1]["usage"]["cost"]) == ([], 0.2)
    text = texts(reply)
    marks = (
        "🤯 Creating",
        "🧩 ID1️⃣",
        "🤖 歌名",
        "💄 类型",
        "📖 完整歌词",
        "🖼️",
        "🚀",
        "🎷",
        "📺",
        "👀",
    )
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)
    assert "{prompt:a slow waltz about ferries}" in text
    songs = read_songs(text)
    assert [bool(song.audio and song.video and song.image) for song in songs] == [True, True]
    assert await probe(studio, songs[0].audio, tmp_path) == "mp3"
    assert all(suno.url not in link for link in LINK.findall(text))
    task_id = reply.headers["x-waystation-task"]
    assert (await studio.settled(task_id)).nanos == 200_000_000
    assert suno.submits()[0].body["mv"] == "chirp-v3-5"
    assert suno.submits()[0].body["gpt_description_prompt"] == "a slow waltz about ferries"


async def test_whole_it_is_the_same_text(studio, suno) -> None:
    reply = await finishing(studio, suno, studio.post(CHAT, body()))
    assert reply.status == 200
    told = reply.json()
    choice = told["choices"][0]
    assert (told["object"], told["model"]) == ("chat.completion", MODEL)
    assert (choice["finish_reason"], choice["message"]["role"]) == ("stop", "assistant")
    assert told["usage"]["total_tokens"] > 0
    assert reply.headers["x-waystation-cost"] == "0.2"
    again = await finishing(studio, suno, studio.post(CHAT, body(stream=True)))
    alike = [
        re.sub(r"[0-9a-f-]{36}|https?://\S+|🎵\n?", "", t)
        for t in (texts(again), choice["message"]["content"])
    ]
    assert alike[0] == alike[1]


async def test_the_official_sdk(studio, suno) -> None:
    base_url = f"http://127.0.0.1:{studio.station.port}/v1"
    client = openai.AsyncOpenAI(api_key=KEY, base_url=base_url, max_retries=0)
    async with client:

        async def whole() -> Any:
            return await client.chat.completions.create(**body())

        told = await finishing(studio, suno, whole())
        assert read_songs(told.choices[0].message.content)[0].audio

        async def streamed() -> tuple[str, str]:
            text, reason = "", ""
            async for chunk in await client.chat.completions.create(**body(stream=True)):
                text += chunk.choices[0].delta.content or ""
                reason = chunk.choices[0].finish_reason or reason
            return text, reason

        text, reason = await finishing(studio, suno, streamed())
        assert (reason, bool(read_songs(text)[0].audio)) == ("stop", True)


async def test_a_failure_before_the_first_word_is_a_status(studio, suno) -> None:
    suno.on_submit(suno.raw(400, b'{"code":"invalid_request","message":"too long","data":null}'))
    reply = await studio.post(CHAT, body(stream=True))
    assert (reply.status, "too long" in reply.error["message"]) == (400, True)
    task_id = reply.headers["x-waystation-task"]
    assert (await studio.settled(task_id)).settle == "voided"


async def test_a_failure_in_the_stream_ends_it_as_an_error(studio, suno) -> None:
    async def failing() -> None:
        async with asyncio.timeout(45):
            while not suno.jobs:
                await asyncio.sleep(0.02)
        suno.jobs[0].hear()
        await studio.telling()
        suno.jobs[0].fail("the words were refused")

    reply, _ = await asyncio.gather(studio.post(CHAT, body(stream=True)), failing())
    assert reply.status == 200
    last = json.loads(reply.events[-1])
    assert "the words were refused" in last["error"]["message"]
    assert b"[DONE]" not in reply.body
    task_id = reply.headers["x-waystation-task"]
    assert (await studio.settled(task_id)).settle == "voided"
    whole = await studio.post(CHAT, body(model="suno-v9"))
    assert (whole.status, whole.error["code"]) == (404, "model_not_found")


async def test_what_cannot_be_sung(studio, suno) -> None:
    for fields, param in (
        ({"messages": [{"role": "user", "content": "  "}]}, "messages"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages"),
        ({"messages": [{"role": "user", "content": "x" * 10_001}]}, "messages"),
        ({"n": 2}, "n"),
    ):
        reply = await studio.post(CHAT, body(**fields))
        assert (reply.status, reply.error["param"]) == (400, param)
    parts = [{"type": "text", "text": "in parts"}]
    messages = [{"role": "user", "content": parts}]
    await finishing(studio, suno, studio.post(CHAT, body(messages=messages)))
    assert suno.submits()[0].body["gpt_description_prompt"] == "in parts"


async def test_whoever_leaves_finds_the_task_done(studio, suno) -> None:
    wire = await Wire.open(studio.station.port)
    await wire.send("POST", CHAT, body(stream=True), KEY)
    async with asyncio.timeout(45):
        while not suno.jobs:
            await asyncio.sleep(0.02)
    suno.jobs[0].hear()
    await wire.read_head()
    task_id = wire.headers["x-waystation-task"]
    await wire.close(reset=True)
    suno.jobs[0].finish()
    shown = await studio.task(task_id, "SUCCESS")
    assert shown["data"][0]["audio_url"]
    assert (await studio.settled(task_id)).settle == "posted"


async def test_hearts_beat_while_files_are_made(studio, suno, monkeypatch) -> None:
    monkeypatch.setattr(song_answer, "HEART_SECONDS", 0.1)
    wire = await Wire.open(studio.station.port)
    await wire.send("POST", CHAT, body(stream=True), KEY)
    async with asyncio.timeout(45):
        while not suno.jobs:
            await asyncio.sleep(0.02)
        suno.jobs[0].hear()
        await wire.read_head()
        while "🎵" not in (event := (await wire.event() or b"").decode()):
            assert "DONE" not in event
    suno.jobs[0].finish()
    assert (await wire.rest())[-1] == b"[DONE]"
    await wire.close()


async def test_a_gateway_that_leaves_ends_the_stream_and_not_the_task(studio, suno) -> None:
    wire = await Wire.open(studio.station.port)
    await wire.send("POST", CHAT, body(stream=True), KEY)
    async with asyncio.timeout(45):
        while not suno.jobs:
            await asyncio.sleep(0.02)
        suno.jobs[0].hear()
        await wire.read_head()
    streams = studio.station.gateway.site.pulse.streams
    for stream in list(streams.values()):
        stream.pulse(1e12, 0.0)
        stream.swept()
        stream.cut(Fault("draining", retry_after=1), "drained")
    last = json.loads((await wire.rest())[-1])
    assert last["error"]["code"] == "draining"
    assert not streams
    suno.jobs[0].finish()
    await studio.task(wire.headers["x-waystation-task"], "SUCCESS")
    await wire.close()


async def test_the_same_key_hears_the_same_songs(studio, suno) -> None:
    first = await finishing(studio, suno, studio.post(CHAT, body(), idempotency_key="k"))
    again = await studio.post(CHAT, body(), idempotency_key="k")
    assert again.headers["x-waystation-task"] == first.headers["x-waystation-task"]
    assert len(suno.submits()) == 1


# ---- upstreams that sing over chat themselves ----------------------------------------------------


# ---- upstreams that know songs alone -------------------------------------------------------------


async def test_the_facade(studio, suno) -> None:
    made = await studio.post("/sunoapi/generate/description-mode", {"gpt_description_prompt": "x"})
    clips = made.json()["clips"]
    assert [clip["status"] for clip in clips] == ["submitted"] * 2
    ids = ",".join(clip["id"] for clip in clips)
    await studio.task(made.json()["id"], "SUBMITTED")
    suno.jobs[0].finish()
    async with asyncio.timeout(45):
        while True:
            fed = (await studio.get(f"/suno/feed/{ids}")).json()
            if all(clip["status"] == "complete" for clip in fed):
                break
            await asyncio.sleep(0.05)
    assert [clip["id"] for clip in fed] == [clip["id"] for clip in clips]
    assert (await studio.file(fed[0]["audio_url"])).status == 200
    refused = await studio.post("/suno/generate", {})
    assert (refused.status, set(refused.error)) == (400, {"message", "type", "param", "code"})
    words = (await studio.post("/suno/generate/lyrics/", {"prompt": "x"})).json()
    await studio.task(words["id"], "SUBMITTED")
    suno.jobs[1].finish()
    await studio.task(words["id"], "SUCCESS")
    assert (await studio.get(f"/sunoapi/lyrics/{words['id']}")).json()["status"] == "complete"
    failed = await studio.post("/suno/generate", {"prompt": "la"})
    await studio.task(failed.json()["id"], "SUBMITTED")
    suno.jobs[2].fail("refused")
    await studio.task(failed.json()["id"], "FAILURE")
    fed = (await studio.get(f"/suno/feed/{failed.json()['id']}")).json()
    assert {clip["status"] for clip in fed} == {"error"}


# ---- the demo ------------------------------------------------------------------------------------


async def test_the_demo_s_song_can_be_played(begin, tmp_path) -> None:
    demo = {
        "name": "demo", "vendor": "demo", "groups": ["default"], "models": ["*"],
        "allow_private": True,  # of no meaning to it, and in nobody's way
        "header_overrides": {"x-demo-pace-ms": "3"},
    }  # fmt: skip
    studio = await begin([demo])
    reply = await studio.post(CHAT, body(stream=True))
    assert reply.status == 200, reply.body
    songs = read_songs(texts(reply))
    assert len({song.audio for song in songs}) == 2
    assert "Waystation demo channel" in songs[0].prompt
    assert await probe(studio, songs[0].audio, tmp_path) == "mp3"
    assert await probe(studio, songs[0].video, tmp_path) == "h264 aac"
    task_id = reply.headers["x-waystation-task"]
    shown = await studio.task(task_id, "SUCCESS")
    assert await probe(studio, shown["data"][0]["wav_url"], tmp_path) == "pcm_s16le"
    assert await probe(studio, shown["data"][0]["image_url"], tmp_path) == "mjpeg"
    words = await studio.submit("lyrics", prompt="轮渡与晚风")
    assert "轮渡" in (await studio.task(words, "SUCCESS"))["data"]["text"]

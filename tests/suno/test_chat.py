"""Songs asked for over chat, whatever form the upstream has."""

import asyncio
import json
import re
from typing import Any

import openai
import pytest
from aiohttp import web

from tests.suno.conftest import channel
from tests.suno.studio import Studio
from tests.suno.test_tasks import probe
from tests.suno.upstream import _frame
from tests.support.gateway import CHAT, KEY
from tests.support.wire import Reply, Wire
from waystation.dialects.suno.chat_answer import read_songs
from waystation.edge.suno import song_answer
from waystation.errors import Fault

pytestmark = pytest.mark.untraced

MODEL = "suno-v3.5"
LINK = re.compile(r"https?://\S+")


def body(**fields: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": "a slow waltz about ferries"}]
    return {"model": MODEL, "messages": messages, **fields}


def texts(reply: Reply) -> str:
    chunks = [json.loads(event) for event in reply.events if event != b"[DONE]"]
    deltas = [c["choices"][0]["delta"] for c in chunks if c.get("choices")]
    return "".join(delta.get("content") or "" for delta in deltas)


async def finishing(studio: Studio, suno: Any, chat: Any) -> Reply:
    """The reply of a chat whose job is heard and finished meanwhile."""
    before = len(suno.jobs)
    asked = asyncio.create_task(chat)
    async with asyncio.timeout(45):
        while len(suno.jobs) == before and not asked.done():
            await asyncio.sleep(0.02)
        if len(suno.jobs) > before:
            suno.jobs[-1].hear()
            await asyncio.sleep(0.2)
            suno.jobs[-1].finish()
        reply: Reply = await asked
    return reply


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


def over_chat(url: str, **more: Any) -> dict[str, Any]:
    return channel(
        "chat", url, "openai-compatible", models=[MODEL], model_map={"suno_music": MODEL}, **more
    )


def answer_of(suno: Any) -> list[str]:
    """A relay's markdown, as it comes."""
    ids = ["11111111-aaaa-4bbb-8ccc-000000000001", "11111111-aaaa-4bbb-8ccc-000000000002"]
    job = suno._add("music", {})
    job.finish()
    text = "\n### 🤯 Creating\n```suno\n{prompt:x}\n```\n### ⭐ 歌曲信息\n"
    text += "".join(f"- **🧩 ID{n}️⃣**：{each}\n" for n, each in enumerate(ids, 1))
    text += "- **🤖 歌名**：Harbour \n- **💄 类型**：folk waltz \n"
    text += "### 📖 完整歌词\n```\n[Verse]\nsalt\n```\n"
    text += (
        f"### 🖼️ 歌曲图片\n![image_large_url]({job.clips[0]['image_large_url']}) \n### 🤩 即刻享受"
    )
    for at, clip in enumerate(job.clips, 1):
        text += f"\n- **🔗 实时音乐{at}️⃣**：{clip['audio_url'].replace('.mp3', '?live')}"
    text += "\n🎵🎵\n### 🎷 CDN音乐链接\n"
    text += "".join(f"- **🎧 音乐{n}️⃣**：{c['audio_url']} \n" for n, c in enumerate(job.clips, 1))
    text += "### 📺 CDN视频链接\n" + "".join(f"- 视频：{c['video_url']} \n" for c in job.clips)
    return [text[at : at + 7] for at in range(0, len(text), 7)]


@pytest.mark.parametrize("stream", [True, False])
async def test_a_relay_that_sings_over_chat(begin, suno, stream) -> None:
    studio = await begin([over_chat(suno.url)])
    suno.on_submit(suno.streams(*answer_of(suno)))
    reply = await studio.post(CHAT, body(stream=stream))
    assert reply.status == 200, reply.body
    text = texts(reply) if stream else reply.json()["choices"][0]["message"]["content"]
    songs = read_songs(text)
    assert [(s.title, s.tags, s.prompt) for s in songs] == [
        ("Harbour", "folk waltz", "[Verse]\nsalt")
    ] * 2
    assert all(song.audio.startswith("http") and suno.url not in song.audio for song in songs)
    assert (await studio.file(songs[1].video)).status == 200
    assert suno.seen[0].body["model"] == MODEL
    assert suno.seen[0].body["messages"] == body()["messages"]
    assert (await studio.settled(reply.headers["x-waystation-task"])).settle == "posted"


async def test_the_task_pages_on_it(begin, suno) -> None:
    studio = await begin([over_chat(suno.url)])
    suno.on_submit(suno.streams(*answer_of(suno), reason=None))
    task_id = await studio.music(prompt="[Verse]\nsalt", tags="folk", title="Harbour")
    shown = await studio.task(task_id, "SUCCESS")
    assert [clip["title"] for clip in shown["data"]] == ["Harbour"] * 2
    assert (
        suno.seen[0].body["messages"][0]["content"] == "[Verse]\nsalt\nTitle: Harbour\nStyle: folk"
    )
    assert (await studio.settled(task_id)).nanos == 100_000_000
    assert (await studio.post("/suno/submit/lyrics", {"prompt": "x"})).status == 404


async def test_over_chat_no_song_goes_on(begin, suno) -> None:
    """Nothing can be said of the other song there: another would be made, and charged."""
    studio = await begin([over_chat(suno.url)])
    suno.on_submit(suno.streams(*answer_of(suno)), suno.streams(*answer_of(suno)))
    task_id = await studio.music()
    clip = (await studio.task(task_id, "SUCCESS"))["data"][0]["id"]
    asked = {"continue_clip_id": clip, "continue_at": 9}
    reply = await studio.post("/suno/submit/music", asked)
    assert (reply.status, reply.json().get("code")) == (400, "get_origin_task_failed"), reply.body
    assert len(suno.seen) == 1


async def test_two_sing_over_chat_where_two_may(begin, suno) -> None:
    studio = await begin([over_chat(suno.url, limits={"concurrency": 2})])
    go_on = asyncio.Event()
    pieces = answer_of(suno)

    async def slow(suno: Any, asked: dict[str, Any]) -> Any:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(suno._request)
        await response.write(_frame(asked, {"content": "".join(pieces)}, None))
        await go_on.wait()
        await response.write(_frame(asked, {}, "stop") + b"data: [DONE]\n\n")
        return response

    suno.on_submit(slow, slow, suno.streams(*pieces))
    first = await studio.music()
    await studio.task(first, "IN_PROGRESS")
    second = await studio.music()
    await studio.task(second, "IN_PROGRESS")
    third = await studio.music()
    await asyncio.sleep(0.3)
    assert len(suno.submits()) == 2
    go_on.set()
    for task_id in (first, second, third):
        await studio.task(task_id, "SUCCESS")


async def test_failures_told_as_answers_are_none(begin, suno) -> None:
    studio = await begin([over_chat(suno.url)])
    told = "生成失败: quota of account sk-abcdefghijklmnop is used up"
    for answer in (
        suno.streams(told),
        suno.streams("### 🤯 Creating", None),
        suno.streams("choose suno-v3 or suno-v3.5", reason=None, done=False),
        suno.raw(200, b'{"error":{"message":"no account left","type":"server_error"}}'),
    ):
        suno.on_submit(answer)
        reply = await studio.post(CHAT, body(stream=True))
        assert reply.status in (502, 503, 504), reply.body
        assert "sk-abcdef" not in reply.error["message"]
        task_id = reply.headers["x-waystation-task"]
        assert (await studio.settled(task_id)).settle == "voided"


async def test_another_channel_sings_when_this_one_says_it_cannot(begin, suno) -> None:
    first, second = over_chat(suno.url, priority=0), over_chat(suno.url, priority=1)
    studio = await begin([first, {**second, "name": "other"}])
    suno.on_submit(suno.streams("生成失败"), suno.streams(*answer_of(suno)))
    reply = await studio.post(CHAT, body())
    assert reply.status == 200, reply.body


# ---- upstreams that know songs alone -------------------------------------------------------------


async def test_suno_api_with_its_feed(begin, suno) -> None:
    studio = await begin([channel("feed", suno.url, "suno-api", keys=[])])
    reply = await finishing(studio, suno, studio.post(CHAT, body(stream=True)))
    assert len(read_songs(texts(reply))) == 2
    paths = [seen.path for seen in suno.seen]
    assert paths[0] == "/generate/description-mode"
    assert paths[1] == "/feed/up-1-clip-1,up-1-clip-2?session_id=7"
    task_id = await studio.submit("lyrics", prompt="x")
    await studio.task(task_id, "SUBMITTED")
    suno.jobs[-1].finish()
    assert (await studio.task(task_id, "SUCCESS"))["data"]["text"] == "[Verse]\nwater"
    lost = await studio.music(prompt="la", tags="folk")
    await studio.task(lost, "SUBMITTED")
    suno.hidden |= {clip["id"] for clip in suno.jobs[-1].clips}
    await studio.task(lost, "FAILURE")


async def test_the_other_suno_api(begin, suno) -> None:
    studio = await begin([channel("songs", suno.url, "suno-songs", keys=[])])
    task_id = await studio.music(prompt="la la", tags="folk", title="La", mv="chirp-v4")
    await studio.task(task_id, "SUBMITTED")
    assert suno.seen[0].path == "/api/custom_generate"
    assert suno.seen[0].body == {
        "prompt": "la la", "tags": "folk", "title": "La", "model": "chirp-v4",
        "make_instrumental": False, "wait_audio": False,
    }  # fmt: skip
    suno.jobs[0].finish()
    shown = await studio.task(task_id, "SUCCESS")
    words = await studio.submit("lyrics", prompt="x")
    assert (await studio.task(words, "SUCCESS"))["data"]["title"] == "River"
    clip = shown["data"][0]["id"]
    more = await studio.music(prompt="on", continue_clip_id=clip, continue_at="30")
    await studio.task(more, "SUBMITTED")
    sent = suno.submits()[-1]
    assert (sent.path, sent.body["audio_id"]) == ("/api/extend_audio", "up-1-clip-1")
    suno.jobs[-1].fail()
    await studio.task(more, "FAILURE")


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

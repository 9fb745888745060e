"""Upstreams that sing over chat: a relay, and the two open suno-api servers behind it."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from tests.suno.chatting import MODEL, body, finishing, texts
from tests.suno.conftest import channel
from tests.suno.upstream import _frame
from tests.support.gateway import CHAT
from waystation.dialects.suno.chat_answer import read_songs

pytestmark = pytest.mark.untraced


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

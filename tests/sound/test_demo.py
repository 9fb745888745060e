"""The demo's voice and ear, through the gateway and through the official SDKs."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.pictures.studio import KEY, Studio
from tests.sound.sounds import probe, sound
from tests.sound.test_hearing import hear
from waystation.sound.formats import FORMATS

pytestmark = pytest.mark.untraced

PATH = "/v1/audio/speech"
SAID = "Good morning, the train leaves at nine."


@pytest.fixture
async def sdk(demo: Studio) -> AsyncIterator[openai.AsyncOpenAI]:
    base = f"http://127.0.0.1:{demo.port}/v1"
    async with openai.AsyncOpenAI(api_key=KEY, base_url=base, max_retries=0) as client:
        yield client


async def test_what_it_says_it_understands(demo: Studio, tmp_path: Path) -> None:
    """In each format; ffprobe opens each."""
    for form in FORMATS:
        reply = await demo.post(
            PATH, model="demo-speech", input=SAID, voice="nova", response_format=form
        )
        assert reply.status == 200, reply.body
        if form == "pcm":
            continue
        told = probe(reply.body, tmp_path, form)
        assert told["codec_type"] == "audio"
        heard = await hear(demo, data=reply.body, model="demo-transcription", name=f"a.{form}")
        assert heard.json()["text"] == SAID, form
    assert demo.near.seen == []


async def test_chinese_and_its_translation(demo: Studio) -> None:
    said = "早上好，火车九点开。"
    reply = await demo.post(PATH, model="demo-speech", input=said, voice="alloy")
    data = reply.body
    verbose = await hear(
        demo, data=data, model="demo-transcription", response_format="verbose_json"
    )
    assert (verbose.json()["text"], verbose.json()["language"]) == (said, "chinese")
    translations = "/v1/audio/translations"
    english = await hear(demo, data=data, path=translations, model="demo-transcription")
    assert english.json()["text"] == SAID
    lines = await hear(
        demo, data=data, path=translations, model="demo-transcription", response_format="srt"
    )
    assert SAID in lines.body.decode()


async def test_other_voices_are_not_understood(demo: Studio) -> None:
    reply = await hear(demo, data=sound("mp3", 2.0), model="demo-transcription")
    assert reply.status == 400
    assert "its own voice" in reply.body.decode()


async def test_each_model_at_its_own_address(demo: Studio) -> None:
    said = {"input": "Hi.", "voice": "alloy"}
    turns = [{"role": "user", "content": "hi"}]
    chats = {
        "/v1/chat/completions": {"messages": turns},
        "/v1/messages": {"messages": turns, "max_tokens": 9},
        "/v1/responses": {"input": "hi"},
        "/v1/completions": {"prompt": "hi"},
    }
    for path, body in chats.items():
        for model in ("demo-speech", "demo-transcription", "demo-embedding"):
            reply = await demo.post(path, model=model, **body)
            assert (reply.status, "is for" in reply.body.decode()) == (400, True), reply.body
    for model in ("demo-chat", "demo-transcription"):
        assert (await demo.post(PATH, model=model, **said)).status == 400
    gemini = "/v1beta/models/demo-speech:generateContent"
    assert (await demo.post(gemini, contents=[{"parts": [{"text": "hi"}]}])).status == 400
    for model in ("demo-speech", "demo-chat"):
        reply = await hear(demo, data=sound("mp3", 2.0), model=model)
        assert (reply.status, "is for" in reply.body.decode()) == (400, True)


async def test_strange_words_do_no_harm(demo: Studio) -> None:
    for text in (
        "...",
        "<speak><break time='99s'/></speak>",
        "\u0000\u0007 ok",
        "😀" * 40,
        "x" * 300,
    ):
        reply = await demo.post(PATH, model="demo-speech", input=text, voice="nobody-knows")
        assert reply.status == 200
        assert len(reply.body) > 1000


async def test_a_client_that_leaves_leaves_nobody_behind(demo: Studio) -> None:
    body = {"model": "demo-speech", "input": "word " * 800, "voice": "echo"}
    reader, writer = await demo.open(PATH, json.dumps(body).encode(), "application/json")
    await reader.readuntil(b"\r\n\r\n")
    writer.close()
    await demo.settled()
    async with asyncio.timeout(10):
        while _speakers():
            await asyncio.sleep(0.02)


def _speakers() -> list[str]:
    """Children of this process that speak."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            line = (entry / "cmdline").read_bytes()
            parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[1]
        except OSError:
            continue
        if b"speaker.py" in line and int(parent) == os.getpid():
            found.append(entry.name)
    return found


async def test_python_sdk(sdk: openai.AsyncOpenAI, tmp_path: Path) -> None:
    file = tmp_path / "said.mp3"
    async with sdk.audio.speech.with_streaming_response.create(
        model="demo-speech", voice="alloy", input=SAID
    ) as reply:
        file.write_bytes(b"".join([piece async for piece in reply.iter_bytes()]))
    whole = await sdk.audio.speech.create(
        model="demo-speech", voice="shimmer", input="Hi.", response_format="wav", speed=1.5
    )
    assert whole.content[:4] == b"RIFF"
    async with sdk.audio.speech.with_streaming_response.create(
        model="demo-speech", voice="alloy", input="Hi.", stream_format="sse"
    ) as told:
        lines = [line async for line in told.iter_lines() if line.startswith("data: {")]
    kinds = [json.loads(line[6:])["type"] for line in lines]
    assert set(kinds[:-1]) == {"speech.audio.delta"}
    assert kinds[-1] == "speech.audio.done"
    given: dict[str, Any] = {"model": "demo-transcription", "file": file}
    assert (await sdk.audio.transcriptions.create(**given)).text == SAID
    verbose = await sdk.audio.transcriptions.create(**given, response_format="verbose_json")
    assert verbose.segments
    assert verbose.duration > 1
    text = await sdk.audio.transcriptions.create(**given, response_format="text")
    assert str(text).strip() == SAID
    stream = await sdk.audio.transcriptions.create(**given, stream=True)
    events = [event async for event in stream]
    assert "".join(e.delta for e in events if e.type == "transcript.text.delta") == SAID
    assert events[-1].type == "transcript.text.done"
    assert events[-1].text == SAID
    with pytest.warns(DeprecationWarning, match="deprecated"):
        assert (await sdk.audio.translations.create(**given)).text == SAID
    with pytest.raises(openai.BadRequestError) as refused:
        await sdk.audio.speech.create(model="demo-speech", voice="alloy", input="x" * 5000)
    assert refused.value.param == "input"

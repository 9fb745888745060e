"""Songs asked for in each chat dialect: answered in it, and never as words that are paid for."""

import asyncio
import json
from typing import Any, NamedTuple

import anthropic
import openai
import pytest

from tests.suno.chatting import MODEL, finishing
from tests.suno.studio import Studio
from tests.suno.test_sung_over_chat import over_chat
from tests.support.gateway import KEY
from tests.support.wire import Reply
from waystation.dialects.suno.chat_answer import read_songs

pytestmark = pytest.mark.untraced

WORDS = "a slow waltz about ferries"


class Asked(NamedTuple):
    """One way to ask. field: of the words, as a refusal names it. error: where its type stands."""

    path: str
    streamed: str
    body: dict[str, Any]
    field: str
    error: tuple[str, ...]

    def request(self, *, stream: bool, words: str = WORDS) -> tuple[str, dict[str, Any]]:
        body = json.loads(json.dumps(self.body).replace("$WORDS", words))
        if stream and self.path == self.streamed:
            body["stream"] = True
        return self.streamed if stream else self.path, body


_TURNS = [{"role": "user", "content": "$WORDS"}]
_GEMINI = f"/v1beta/models/{MODEL}:"
WAYS = {
    "messages": Asked(
        "/v1/messages",
        "/v1/messages",
        {"model": MODEL, "max_tokens": 100, "messages": _TURNS},
        "messages",
        ("error", "type"),
    ),
    "responses": Asked(
        "/v1/responses",
        "/v1/responses",
        {"model": MODEL, "input": "$WORDS"},
        "input",
        ("error", "code"),
    ),
    "gemini": Asked(
        f"{_GEMINI}generateContent",
        f"{_GEMINI}streamGenerateContent?alt=sse",
        {"contents": [{"role": "user", "parts": [{"text": "$WORDS"}]}]},
        "contents",
        ("error", "status"),
    ),
    "array": Asked(
        f"{_GEMINI}generateContent",
        f"{_GEMINI}streamGenerateContent",
        {"contents": [{"role": "user", "parts": [{"text": "$WORDS"}]}]},
        "contents",
        ("error", "status"),
    ),
    "completions": Asked(
        "/v1/completions",
        "/v1/completions",
        {"model": MODEL, "prompt": "$WORDS"},
        "prompt",
        ("error", "code"),
    ),
}


def said(reply: Reply) -> str:
    """The text of an answer, streamed or whole."""
    kind = reply.headers["content-type"]
    if not kind.startswith("text/event-stream"):
        told = reply.json()
        return "".join(map(_whole, told)) if isinstance(told, list) else _whole(told)
    return "".join(map(_piece, events_of(reply)))


def events_of(reply: Reply) -> list[dict[str, Any]]:
    """Of streams whose events may have names."""
    lines = (line for line in reply.body.split(b"\n") if line.startswith(b"data: {"))
    return [json.loads(line[6:]) for line in lines]


def _whole(told: dict[str, Any]) -> str:
    if "candidates" in told:
        parts = told["candidates"][0].get("content", {}).get("parts", [])
        return "".join(part.get("text", "") for part in parts)
    if "choices" in told:
        return str(told["choices"][0]["text"])
    if "output" in told:
        return "".join(part["text"] for item in told["output"] for part in item["content"])
    return "".join(part["text"] for part in told.get("content", ()))


def _piece(event: dict[str, Any]) -> str:
    if event.get("type") == "response.output_text.delta":
        return str(event["delta"])
    if event.get("type") == "content_block_delta":
        return str(event["delta"]["text"])
    if "candidates" in event or event.get("choices"):
        return _whole(event)
    return ""


async def ask(studio: Studio, way: str, *, stream: bool, words: str = WORDS) -> Reply:
    path, body = WAYS[way].request(stream=stream, words=words)
    return await studio.post(path, body)


async def test_songs_in_each_dialect(studio: Studio, suno: Any) -> None:
    for way in WAYS:
        texts = []
        for stream in (True, False):
            reply = await finishing(studio, suno, ask(studio, way, stream=stream))
            assert reply.status == 200, reply.body
            text = said(reply)
            songs = read_songs(text)
            assert [bool(song.audio and song.video) for song in songs] == [True, True], text
            assert suno.url not in text
            task = await studio.settled(reply.headers["x-waystation-task"])
            assert (task.settle, task.nanos) == ("posted", 200_000_000)
            assert suno.submits()[-1].body["gpt_description_prompt"] == WORDS
            texts.append(text.split("### ⭐")[0])
        assert texts[0] == texts[1]


async def test_a_failure_before_the_first_word(studio: Studio, suno: Any) -> None:
    for way in WAYS:
        refusal = b'{"code":"invalid_request","message":"too long","data":null}'
        for stream in (True, False):
            suno.on_submit(suno.raw(400, refusal))
            reply = await ask(studio, way, stream=stream)
            assert reply.status == 400, reply.body
            told: Any = reply.json()
            assert "too long" in told["error"]["message"]
            for name in WAYS[way].error:
                told = told[name]
            assert told in ("invalid_request_error", "invalid_request", "INVALID_ARGUMENT")
            task = await studio.settled(reply.headers["x-waystation-task"])
            assert task.settle == "voided"


async def test_a_failure_in_the_stream(studio: Studio, suno: Any) -> None:
    async def failing(before: int) -> None:
        async with asyncio.timeout(45):
            while len(suno.jobs) == before:
                await asyncio.sleep(0.02)
        suno.jobs[-1].hear()
        await studio.telling()
        suno.jobs[-1].fail("the words were refused")

    for way in WAYS:
        reply, _ = await asyncio.gather(ask(studio, way, stream=True), failing(len(suno.jobs)))
        assert reply.status == 200
        last = reply.json()[-1] if way == "array" else events_of(reply)[-1]
        assert "the words were refused" in json.dumps(last)
        assert b"[DONE]" not in reply.body
        assert b"message_stop" not in reply.body
        assert b"response.completed" not in reply.body
        task = await studio.settled(reply.headers["x-waystation-task"])
        assert task.settle == "voided"


async def test_words_of_a_failure_are_no_answer(begin: Any, suno: Any) -> None:
    """Of an upstream that sings over chat: it is asked as such, and what it says is looked at."""
    studio = await begin([over_chat(suno.url)])
    for way in WAYS:
        for stream in (True, False):
            suno.on_submit(suno.streams("生成失败: no account left"))
            reply = await ask(studio, way, stream=stream)
            assert reply.status in (502, 503), reply.body
            task = await studio.settled(reply.headers["x-waystation-task"])
            assert task.settle == "voided"
    assert not (await studio.station.account()).spent


async def test_what_says_nothing_is_refused(studio: Studio, suno: Any) -> None:
    for way in WAYS:
        reply = await ask(studio, way, stream=False, words="  ")
        assert reply.status == 400
        assert WAYS[way].field in reply.json()["error"]["message"]
        assert not suno.seen


async def test_a_response_is_kept_and_followed(studio: Studio, suno: Any) -> None:
    first = await finishing(studio, suno, ask(studio, "responses", stream=False))
    identity = first.json()["id"]
    async with asyncio.timeout(10):
        while (kept := await studio.get(f"/v1/responses/{identity}")).status != 200:
            await asyncio.sleep(0.02)
    assert kept.json()["output"] == first.json()["output"]
    body = {"model": MODEL, "input": "the same, but quick", "previous_response_id": identity}
    again = await finishing(studio, suno, studio.post("/v1/responses", body))
    assert again.json()["previous_response_id"] == identity
    assert suno.submits()[-1].body["gpt_description_prompt"] == "the same, but quick"
    unknown = await studio.post("/v1/responses", {**body, "previous_response_id": "resp_none"})
    assert (unknown.status, unknown.error["code"]) == (404, "response_not_found")
    assert len(suno.submits()) == 2


async def test_official_sdks_of_other_dialects(studio: Studio, suno: Any) -> None:
    base_url = f"http://127.0.0.1:{studio.station.port}"
    turns: Any = [{"role": "user", "content": WORDS}]
    async with anthropic.AsyncAnthropic(api_key=KEY, base_url=base_url, max_retries=0) as claude:

        async def told() -> Any:
            async with claude.messages.stream(
                model=MODEL, max_tokens=100, messages=turns
            ) as stream:
                return await stream.get_final_message()

        message = await finishing(studio, suno, told())
        assert message.stop_reason == "end_turn"
        assert read_songs(message.content[0].text)[0].audio
    async with openai.AsyncOpenAI(api_key=KEY, base_url=f"{base_url}/v1", max_retries=0) as sdk:

        async def responded() -> Any:
            async with sdk.responses.stream(model=MODEL, input=WORDS) as stream:
                return await stream.get_final_response()

        response = await finishing(studio, suno, responded())
        assert response.status == "completed"
        assert read_songs(response.output_text)[0].audio

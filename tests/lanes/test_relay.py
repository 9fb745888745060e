"""Both lanes over the wire: who is asked in which dialect, what is charged, what is told."""

import json
import threading
from typing import Any

import pytest

from tests.anthropic.making import check_order, content
from tests.lanes.upstream import answers
from tests.relay.conftest import Begin
from tests.support.gateway import (
    INPUT_NANOS,
    KEY,
    MODEL,
    OUTPUT_NANOS,
    UPSTREAM_KEY,
    Station,
    body,
    channel,
    document,
)
from tests.support.rogue import Rogue
from tests.support.script import RESET, Gate, error, reply, stream
from tests.support.wire import Reply, Wire

pytestmark = pytest.mark.untraced

MESSAGES = "/v1/messages"
COUNT = "/v1/messages/count_tokens"
TOOL = {"name": "weather", "description": "of a city", "input_schema": {"type": "object"}}


def messages(**fields: Any) -> dict[str, Any]:
    turns = [{"role": "user", "content": "hello there"}]
    return {"model": MODEL, "max_tokens": 200, "messages": turns, **fields}


@pytest.fixture
async def native(begin: Begin, rogue: Rogue) -> Station:
    """One channel, of Anthropic's own."""
    rogue.answer(answers)
    return await begin(document([channel("up", rogue.url, vendor="anthropic")]))


@pytest.fixture
async def chats(begin: Begin, rogue: Rogue) -> Station:
    """One channel, which speaks chat only."""
    rogue.answer(answers)
    return await begin(document([channel("up", rogue.url, vendor="openai-compatible")]))


async def ask(station: Station, what: dict[str, Any], path: str = MESSAGES, **more: Any) -> Reply:
    return await station.request("POST", path, what, **more)


async def charged(station: Station, reply: Reply) -> int:
    row = await station.row(reply.request_id)
    assert row.exact
    assert row.end == "complete"
    assert row.nanos == row.input_tokens * INPUT_NANOS + row.output_tokens * OUTPUT_NANOS
    return row.nanos


# ---- the native lane -------------------------------------------------------------------------


async def test_native(native: Station) -> None:
    answer = await ask(native, messages(), f"{MESSAGES}?beta=true")
    assert answer.status == 200
    said = answer.json()
    assert said["type"] == "message"
    nanos = await charged(native, answer)
    assert nanos > 0
    assert said["usage"]["cost"] == nanos / 1e9
    row = await native.row(answer.request_id)
    assert (row.facts.operation, row.facts.dialect) == ("messages", "anthropic")
    assert "x-waystation-dropped" not in answer.headers
    sent = native.rogue.seen[0]
    assert sent.path == MESSAGES
    assert sent.headers["x-api-key"] == UPSTREAM_KEY
    assert "authorization" not in sent.headers
    assert sent.headers["anthropic-version"] == "2023-06-01"


async def test_native_streamed(native: Station) -> None:
    thinking = {"type": "enabled", "budget_tokens": 1024}
    what = messages(stream=True, thinking=thinking, max_tokens=2000)
    answer = await ask(native, what)
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    blocks = content(check_order(answer.body))
    assert [block["type"] for block in blocks] == ["thinking", "text"]
    assert blocks[0]["signature"]
    await charged(native, answer)


async def test_the_callers_version_and_betas_go_on(native: Station) -> None:
    headers = {"anthropic-version": "2099-01-01", "anthropic-beta": "a-1,b-2", "x-api-key": KEY}
    answer = await native.request("POST", MESSAGES, messages(), None, headers)
    assert answer.status == 200
    sent = native.rogue.seen[0].headers
    assert sent["anthropic-version"] == "2099-01-01"
    assert sent["anthropic-beta"] == "a-1,b-2"
    assert sent["x-api-key"] == UPSTREAM_KEY


async def test_a_mapped_model_shows_as_it_was_asked_for(begin: Begin, rogue: Rogue) -> None:
    rogue.answer(answers)
    mapped = channel("up", rogue.url, vendor="anthropic", model_map={MODEL: "theirs"})
    station = await begin(document([mapped]))
    whole = await ask(station, messages())
    streamed = await ask(station, messages(stream=True))
    assert whole.json()["model"] == MODEL
    assert check_order(streamed.body)[0]["message"]["model"] == MODEL
    assert {json.loads(seen.body)["model"] for seen in rogue.seen} == {"theirs"}


# ---- the translated lane ---------------------------------------------------------------------


async def test_messages_at_a_chat_channel(chats: Station) -> None:
    answer = await ask(chats, messages(top_k=3, tools=[TOOL], tool_choice={"type": "any"}))
    said = answer.json()
    assert said["stop_reason"] == "tool_use"
    assert said["content"][0]["name"] == "weather"
    assert answer.headers["x-waystation-dropped"] == "top_k"
    assert said["usage"]["cost"] == await charged(chats, answer) / 1e9
    sent = chats.rogue.seen[0]
    assert sent.path == "/v1/chat/completions"
    assert sent.headers["authorization"] == f"Bearer {UPSTREAM_KEY}"
    assert "anthropic-version" not in sent.headers


async def test_messages_streamed_at_a_chat_channel(chats: Station) -> None:
    answer = await ask(chats, messages(stream=True))
    found = check_order(answer.body)
    row = await chats.row(answer.request_id)
    assert found[-2]["usage"]["input_tokens"] == row.input_tokens
    assert found[-2]["usage"]["output_tokens"] == row.output_tokens
    assert found[-2]["usage"]["cost"] == await charged(chats, answer) / 1e9


async def test_chat_at_a_messages_channel(native: Station) -> None:
    answer = await native.chat(seed=1)
    said = answer.json()
    assert said["object"] == "chat.completion"
    assert said["choices"][0]["message"]["content"]
    assert answer.headers["x-waystation-dropped"] == "seed"
    assert said["usage"]["cost"] == await charged(native, answer) / 1e9
    assert native.rogue.seen[0].path == MESSAGES


async def test_chat_streamed_at_a_messages_channel(native: Station) -> None:
    answer = await native.chat(stream=True, stream_options={"include_usage": True})
    assert answer.events[-1] == b"[DONE]"
    usage = json.loads(answer.events[-2])["usage"]
    row = await native.row(answer.request_id)
    assert usage["prompt_tokens"] == row.input_tokens
    await charged(native, answer)


@pytest.mark.parametrize("streamed", [False, True])
async def test_several_choices_are_several_calls(native: Station, streamed: bool) -> None:
    usage = {"stream_options": {"include_usage": True}} if streamed else {}
    answer = await native.chat(n=3, stream=streamed, **usage)
    assert answer.status == 200
    assert len(native.rogue.seen) == 3
    if streamed:
        chunks = [json.loads(event) for event in answer.events[:-1]]
        finishes = [
            choice["index"]
            for chunk in chunks
            for choice in chunk["choices"]
            if choice["finish_reason"]
        ]
        assert sorted(finishes) == [0, 1, 2]
        assert len({chunk["id"] for chunk in chunks}) == 1
    else:
        assert [choice["index"] for choice in answer.json()["choices"]] == [0, 1, 2]
    await charged(native, answer)


async def test_the_native_channel_is_asked_in_its_own_dialect(begin: Begin, rogue: Rogue) -> None:
    """deepseek speaks both."""
    rogue.answer(answers)
    station = await begin(document([channel("up", rogue.url, vendor="deepseek")]))
    await ask(station, messages())
    await station.chat()
    paths = [seen.path for seen in rogue.seen]
    assert paths == ["/anthropic/v1/messages", "/chat/completions"]
    assert rogue.seen[0].headers["x-api-key"] == UPSTREAM_KEY


async def test_content_that_one_channel_cannot_be_told_goes_to_the_next(
    begin: Begin, rogue: Rogue
) -> None:
    rogue.answer(answers)
    station = await begin(
        document(
            [
                channel("first", rogue.url, vendor="openai-compatible", priority=1),
                channel("second", rogue.url, vendor="anthropic", priority=2),
            ]
        )
    )
    odd = [{"role": "user", "content": [{"type": "new_kind"}, {"type": "text", "text": "x"}]}]
    answer = await ask(station, messages(messages=odd))
    assert answer.status == 200
    assert [seen.path for seen in rogue.seen] == [MESSAGES]
    row = await station.row(answer.request_id)
    assert [attempt.outcome for attempt in row.attempts] == ["invalid_value", "answered"]


async def test_content_that_no_channel_can_be_told_is_refused_unbilled(chats: Station) -> None:
    odd = [{"role": "user", "content": [{"type": "new_kind"}]}]
    answer = await ask(chats, messages(messages=odd))
    assert answer.status == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert "messages[0].content[0]" in answer.json()["error"]["message"]
    assert not chats.rogue.seen
    assert (await chats.row(answer.request_id)).nanos == 0


async def test_a_failover_between_dialects(begin: Begin, rogue: Rogue) -> None:
    rogue.answer(answers)
    rogue.on("/v1/chat/completions", error(500))
    station = await begin(
        document(
            [
                channel("first", rogue.url, vendor="openai", priority=1),
                channel("second", rogue.url, vendor="anthropic", priority=2),
            ]
        )
    )
    answer = await station.chat(stream=True)
    assert answer.events[-1] == b"[DONE]"
    await charged(station, answer)


# ---- failures in Anthropic's shape -----------------------------------------------------------


def told_error(answer: Reply) -> dict[str, Any]:
    said = answer.json()
    assert said["type"] == "error"
    assert said["request_id"] == answer.request_id
    assert set(said["error"]) == {"type", "message"}
    found: dict[str, Any] = said["error"]
    return found


async def test_failures_of_the_callers(native: Station) -> None:
    wrong = await ask(native, messages(), key="sk-wrong-wrong-wrong-wrong-wrong")
    assert (wrong.status, told_error(wrong)["type"]) == (401, "authentication_error")
    no_limit = messages()
    del no_limit["max_tokens"]
    missing = await ask(native, no_limit)
    assert (missing.status, told_error(missing)["type"]) == (400, "invalid_request_error")
    unknown = await ask(native, messages(model="no-such-model"))
    assert (unknown.status, told_error(unknown)["type"]) == (404, "not_found_error")
    dear = await ask(native, messages(max_tokens=10_000_000, messages=_long()))
    assert (dear.status, told_error(dear)["type"]) == (402, "billing_error")
    assert not native.rogue.seen


def _long() -> list[dict[str, Any]]:
    return [{"role": "user", "content": "0123456789" * 2_000_000}]


@pytest.mark.parametrize(
    ("status", "kind", "shown", "told"),
    [
        (400, "invalid_request_error", 400, "invalid_request_error"),
        (401, "authentication_error", 503, "overloaded_error"),
        (429, "rate_limit_error", 429, "rate_limit_error"),
        (500, "api_error", 502, "api_error"),
        (529, "overloaded_error", 529, "overloaded_error"),
    ],
)
async def test_failures_of_the_upstreams(
    native: Station, status: int, kind: str, shown: int, told: str
) -> None:
    said = {"type": "error", "error": {"type": kind, "message": "not now"}}
    native.rogue.answer(reply(status, json.dumps(said).encode()))
    answer = await ask(native, messages(stream=status == 529))
    assert (answer.status, told_error(answer)["type"]) == (shown, told)
    assert (await native.row(answer.request_id)).nanos == 0


async def test_an_upstream_that_breaks_off_in_the_middle(native: Station) -> None:
    events = [
        b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1",'
        b'"usage":{"input_tokens":7,"output_tokens":1}}}\n\n',
        b'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
        b'"content_block":{"type":"text","text":""}}\n\n',
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
        b'"delta":{"type":"text_delta","text":"Hello"}}\n\n',
    ]
    native.rogue.answer(stream(events, done=False, end=(RESET,)))
    answer = await ask(native, messages(stream=True))
    last = answer.body.rstrip(b"\n").split(b"\n\n")[-1]
    assert last.startswith(b"event: error\n")
    row = await native.row(answer.request_id)
    assert row.end == "upstream_failed"
    assert row.nanos > 0
    chat = await native.chat(stream=True)
    assert "error" in json.loads(chat.events[-1])


async def test_pings_break_the_silence(begin: Begin, rogue: Rogue) -> None:
    gate = threading.Event()
    told = answers_of_stream()
    rogue.answer((*told[:-1], Gate(gate), told[-1]))
    station = await begin(
        document([channel("up", rogue.url, vendor="anthropic")]), keep_alive_seconds=0.05
    )
    wire = await Wire.open(station.port)
    try:
        await wire.send("POST", MESSAGES, messages(stream=True), KEY)
        await wire.read_head()
        seen = b""
        while b"event: ping" not in seen:
            seen += await wire.piece()
    finally:
        gate.set()
        await wire.close()


def answers_of_stream() -> tuple[Any, ...]:
    events = [
        b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1"}}\n\n',
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
        b'"delta":{"type":"text_delta","text":"Hello"}}\n\n',
    ]
    return stream(events, done=False)


# ---- counting --------------------------------------------------------------------------------


async def test_counting_by_the_vendor(native: Station) -> None:
    answer = await ask(native, messages(), COUNT)
    assert answer.json() == {"input_tokens": 5}
    assert "x-waystation-estimate" not in answer.headers
    assert native.rogue.seen[0].path == COUNT
    assert set(json.loads(native.rogue.seen[0].body)) == {"model", "messages"}
    assert native.rogue.seen[0].headers["anthropic-version"] == "2023-06-01"
    assert (await native.account()).balance == 10_000_000_000


@pytest.mark.parametrize("failing", [True, False])
async def test_counting_by_us(begin: Begin, rogue: Rogue, failing: bool) -> None:
    rogue.answer(error(500))
    vendor = "anthropic" if failing else "openai-compatible"
    station = await begin(document([channel("up", rogue.url, vendor=vendor)]))
    answer = await ask(station, messages(), COUNT)
    assert answer.status == 200
    assert answer.json()["input_tokens"] > 5
    assert answer.headers["x-waystation-estimate"] == "1"
    assert len(rogue.seen) == int(failing)


async def test_counting_refuses_in_shape(native: Station) -> None:
    unknown = await ask(native, messages(model="no-such-model"), COUNT)
    assert (unknown.status, told_error(unknown)["type"]) == (404, "not_found_error")
    missing = await ask(native, {"model": MODEL}, COUNT)
    assert (missing.status, told_error(missing)["type"]) == (400, "invalid_request_error")


async def test_a_chat_is_still_a_chat(chats: Station) -> None:
    answer = await chats.request("POST", "/v1/chat/completions", body())
    assert answer.json()["object"] == "chat.completion"


async def test_models_tell_their_protocols(begin: Begin, rogue: Rogue) -> None:
    models = [MODEL, "claude-sonnet-4-5", "gemini-3-pro", "gemini-3-pro-image", "flux-pro-1.1"]
    prices = [{"model": name, "input": "3", "output": "15"} for name in models[1:]]
    station = await begin(
        document([channel("up", rogue.url, vendor="anthropic", models=models)], prices=prices)
    )
    listed = (await station.request("GET", "/v1/models")).json()["data"]
    told = {entry["id"]: entry["supported_endpoint_types"] for entry in listed}
    assert told == {
        MODEL: ["openai"],
        "claude-sonnet-4-5": ["anthropic", "openai"],
        "gemini-3-pro": ["gemini", "openai"],
        "gemini-3-pro-image": ["image-generation", "openai"],
        "flux-pro-1.1": ["image-generation", "openai"],
    }

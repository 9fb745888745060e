"""An upstream that nobody here wrote, in each dialect that it speaks, asked in every dialect:
whole and streamed answers, parallel tools, usage, failures."""

import json
from typing import Any

import pytest

from tests.pairs.answers import Say
from tests.pairs.heard import Heard, heard
from tests.relay.conftest import Begin
from tests.support.gateway import INPUT_NANOS, OUTPUT_NANOS, Station, channel, document
from tests.support.wire import Reply

pytestmark = pytest.mark.node
MUCH = "The relay passes this on, piece by piece, until there is nothing more to say."
DIALECTS = ("chat", "messages", "responses", "generate")
CHANNELS: dict[str, dict[str, Any]] = {
    "chat": {"vendor": "openai-compatible", "operations": ["chat"]},
    "messages": {"vendor": "anthropic"},
    "responses": {"vendor": "openai", "operations": ["responses"]},
    "generate": {"vendor": "gemini"},
}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOLS = ("locate_parcel", "weather")


def lane(spoken: str, address: str) -> dict[str, Any]:
    mapped = {f"at-{spoken}": "mock-1"}
    named = channel(spoken, address, models=[], model_map=mapped, **CHANNELS[spoken])
    return {**named, "keys": [f"sk-upstream-of-{spoken}-0123456789"]}


async def station_at(begin: Begin, foreign: str) -> Station:
    price = {"model": "at-*", "input": "1", "output": "2"}
    return await begin(document([lane(each, foreign) for each in DIALECTS], prices=[price]))


def asked(caller: str, spoken: str, words: str, stream: bool, tools: bool) -> tuple[str, Any]:
    """(address, body)"""
    model = f"at-{spoken}"
    if caller == "generate":
        verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
        declared = [{"name": name, "parameters": SCHEMA} for name in TOOLS]
        body: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": words}]}]}
        more = {"tools": [{"functionDeclarations": declared}]} if tools else {}
        return f"/v1beta/models/{model}:{verb}", {**body, **more}
    turns = [{"role": "user", "content": words}]
    base = {"model": model, "stream": stream}
    if caller == "messages":
        named: list[Any] = [{"name": name, "input_schema": SCHEMA} for name in TOOLS]
        body = {**base, "messages": turns, "max_tokens": 500}
        path = "/v1/messages"
    elif caller == "responses":
        named = [{"type": "function", "name": name, "parameters": SCHEMA} for name in TOOLS]
        body, path = {**base, "input": words, "store": False}, "/v1/responses"
    else:
        inner = [{"name": name, "parameters": SCHEMA} for name in TOOLS]
        named = [{"type": "function", "function": each} for each in inner]
        options = {"stream_options": {"include_usage": True}} if stream else {}
        body, path = {**base, "messages": turns, **options}, "/v1/chat/completions"
    return path, {**body, "tools": named} if tools else body


async def ask(
    station: Station, caller: str, spoken: str, words: str, stream: bool, tools: bool = False
) -> Reply:
    path, body = asked(caller, spoken, words, stream, tools)
    return await station.request("POST", path, body)


async def check(station: Station, got: Reply, made: Heard, want: Say) -> None:
    assert made.text == want.text
    assert made.calls == list(want.calls)
    assert made.finish == want.finish
    row = await station.row(got.request_id)
    assert (made.input, made.output) == (row.input_tokens, row.output_tokens)
    assert (row.input_tokens, row.output_tokens) == (want.input, want.output)
    assert row.exact
    assert row.nanos == want.input * INPUT_NANOS + want.output * OUTPUT_NANOS


PARCEL = (
    ("locate_parcel", {"parcel_id": "P-118"}),
    ("weather", {"city": "Oslo", "unit": "celsius"}),
)
SAID = {
    "say hello": Say("Hello from elsewhere.", input=11, output=5),
    "say much": Say(MUCH, input=12, output=17),
    "where is the parcel": Say("", PARCEL, finish="tool_calls", input=40, output=21),
}


@pytest.mark.parametrize("spoken", DIALECTS)
async def test_asked_in_every_dialect(begin: Begin, foreign: str, spoken: str) -> None:
    """One station for all three, for most of their time would go into starting it."""
    station = await station_at(begin, foreign)
    await answers(station, spoken)
    await streams_that_break_off(station, spoken)
    await failures(station, spoken)


async def answers(station: Station, spoken: str) -> None:
    for caller in DIALECTS:
        for words, want in SAID.items():
            for stream in (False, True):
                got = await ask(station, caller, spoken, words, stream, bool(want.calls))
                assert got.status == 200, (caller, words, got.body)
                made = heard(caller, got, stream)
                if caller == spoken and made.finish == "FUNCTION_CALL":
                    made.finish = "tool_calls"  # its own word for it, which passes natively
                await check(station, got, made, want)


async def failures(station: Station, spoken: str) -> None:
    """In the caller's dialect, free, and never with the channel's key in it."""
    for caller in DIALECTS:
        got = await ask(station, caller, spoken, "fail with 400", stream=False)
        assert got.status == 400, (caller, got.body)
        assert (await station.row(got.request_id)).nanos == 0
    got = await ask(station, "chat", spoken, "fail with 429", stream=False)
    assert got.status == 429
    for caller in DIALECTS:  # parked now, or asked and found broken
        got = await ask(station, caller, spoken, "fail with 500", stream=False)
        assert got.status in (429, 502, 503, 529), (caller, got.body)
        assert json.loads(got.body)["error"]["message"]
        assert b"0123456789" not in got.body


async def streams_that_break_off(station: Station, spoken: str) -> None:
    for caller in DIALECTS:
        got = await ask(station, caller, spoken, "break off", stream=True)
        row = await station.row(got.request_id)
        if spoken == "responses":  # its first four events say nothing yet
            assert (got.status, row.nanos) == (502, 0)
            break
        assert got.status == 200
        assert b"error" in got.body or b"UNAVAILABLE" in got.body, (caller, got.body[-300:])
        assert not row.exact
        assert 0 < row.nanos < 60 * INPUT_NANOS + 60 * OUTPUT_NANOS

"""Responses through the whole relay: the official SDK, both lanes, money, errors."""

import json
from typing import Any

import openai
import pytest
from jsonschema import Draft202012Validator

from tests.dialects import recorded
from tests.relay.conftest import Begin
from tests.responses.recorded import events_of
from tests.responses.recorded import stream as recorded_stream
from tests.support.gateway import KEY, MODEL, Station, channel, document
from tests.support.rogue import Rogue
from tests.support.speaking import speak_only

DEMO = {
    "name": "demo",
    "vendor": "demo",
    "groups": ["default"],
    "models": [MODEL],
    "header_overrides": {"x-demo-pace-ms": "1"},
}
WEATHER = {
    "type": "function",
    "name": "weather",
    "description": "The weather in a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAIAAAA2iEnWAAAAEElEQVR4nGP4z8AARAwoFAAn8AP9"
"""Two by three."""
LANES = ("responses", "chat", "messages", "generate")


def sdk(station: Station) -> openai.AsyncOpenAI:
    base = f"http://127.0.0.1:{station.port}/v1"
    return openai.AsyncOpenAI(api_key=KEY, base_url=base, max_retries=0)


def check(response: dict[str, Any]) -> None:
    schema = recorded.schema("Response")
    errors = list(Draft202012Validator(schema).iter_errors(response))
    assert not errors, errors[0]


async def a_plain_answer(client: openai.AsyncOpenAI, lane: Station) -> None:
    reply = await client.responses.with_raw_response.create(
        model=MODEL, input="Name a bridge.", instructions="Be brief.", store=False
    )
    response = reply.parse()
    assert "Name a bridge." in response.output_text
    assert response.status == "completed"
    assert response.model == MODEL
    assert response.usage is not None
    row = await lane.row(reply.headers["x-request-id"])
    assert row.exact
    assert row.output_tokens == response.usage.output_tokens > 0
    assert row.input_tokens == response.usage.input_tokens > 0
    assert row.nanos == row.input_tokens * 1000 + row.output_tokens * 2000
    assert f"{row.nanos / 1e9:.9f}".rstrip("0") == reply.headers["x-waystation-cost"]
    check(json.loads(reply.content))


async def a_stream(client: openai.AsyncOpenAI) -> None:
    stream = await client.responses.create(
        model=MODEL, input="Name a bridge.", stream=True, store=False
    )
    events = [event async for event in stream]
    assert [event.type for event in events[:3]] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    last = events[-1]
    assert last.type == "response.completed"
    text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
    assert text == last.response.output_text
    assert "Name a bridge." in text
    assert len(events) > 12
    check(json.loads(last.response.model_dump_json(exclude_unset=True)))


async def a_tool_s_round(client: openai.AsyncOpenAI) -> None:
    first = await client.responses.create(
        model=MODEL, input="How is the weather in Trieste?", tools=[WEATHER], store=False
    )
    calls = [item for item in first.output if item.type == "function_call"]
    assert [call.name for call in calls] == ["weather"]
    assert json.loads(calls[0].arguments)["city"]
    turns: list[Any] = [{"role": "user", "content": "How is the weather in Trieste?"}]
    turns += first.output
    told = {"type": "function_call_output", "call_id": calls[0].call_id, "output": "sunny, 21"}
    second = await client.responses.create(
        model=MODEL, input=[*turns, told], tools=[WEATHER], store=False
    )
    assert "sunny, 21" in second.output_text


async def a_picture_and_a_schema(client: openai.AsyncOpenAI) -> None:
    png = f"data:image/png;base64,{PNG}"
    parts: list[Any] = [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": png, "detail": "auto"},
    ]
    given: list[Any] = [{"role": "user", "content": parts}]
    seen = await client.responses.create(model=MODEL, input=given, store=False)
    assert "PNG of 2×3" in seen.output_text
    schema = {
        "type": "object",
        "properties": {"open": {"type": "boolean"}},
        "required": ["open"],
        "additionalProperties": False,
    }
    wanted: Any = {"format": {"type": "json_schema", "name": "v", "strict": True, "schema": schema}}
    made = await client.responses.create(model=MODEL, input="Is it open?", text=wanted, store=False)
    assert isinstance(json.loads(made.output_text)["open"], bool)


async def the_limit_makes_it_incomplete(client: openai.AsyncOpenAI) -> None:
    response = await client.responses.create(
        model=MODEL, input="Name a bridge.", max_output_tokens=16, store=False
    )
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"


@pytest.mark.parametrize("operation", LANES)
async def test_the_official_client(begin: Begin, operation: str) -> None:
    """Against the demo, speaking one dialect only."""
    station = await begin(document([DEMO]))
    speak_only(station, operation)
    async with sdk(station) as client:
        await a_plain_answer(client, station)
        await a_stream(client)
        await a_tool_s_round(client)
        await a_picture_and_a_schema(client)
        await the_limit_makes_it_incomplete(client)


async def test_errors_are_the_dialect_s(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([channel("up", rogue.url)]))
    reply = await station.request("POST", "/v1/responses", {"model": MODEL})
    assert reply.status == 400
    assert reply.error["param"] == "input"
    reply = await station.request("POST", "/v1/responses", {"model": "x", "input": "a"})
    assert (reply.status, reply.error["code"]) == (404, "model_not_found")
    reply = await station.request("POST", "/v1/responses", {"model": MODEL, "input": "a"}, "sk-no")
    assert (reply.status, reply.error["type"]) == (401, "authentication_error")
    for field in ({"conversation": "conv_1"}, {"background": True}):
        told = {"model": MODEL, "input": "a", **field}
        reply = await station.request("POST", "/v1/responses", told)
        assert (reply.status, reply.error["param"]) == (400, next(iter(field)))
    assert rogue.seen == []


async def test_the_body_and_the_answer_pass_untouched(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([channel("up", rogue.url, model_map={MODEL: "gpt-up"})]))
    wire = recorded_stream("azure/azure-text.1")
    rogue.answer(rogue.stream([wire], done=False))
    item = '{"role" : "user","content":[ {"type":"input_text","text":"é\\u00e9"}],"x":1.50}'
    body = f'{{"model":"{MODEL}","input":[{item}],"stream":true,"store":false,"new":[1.0]}}'
    reply = await station.request("POST", "/v1/responses", body.encode())
    assert reply.status == 200
    assert item.encode() in rogue.seen[0].body
    assert b'"new":[1.0]' in rogue.seen[0].body
    assert b'"model":"gpt-up"' in rogue.seen[0].body
    events = events_of(reply.body)
    assert events[-1]["type"] == "response.completed"
    assert events[-1]["response"]["model"] == MODEL
    assert events[-1]["response"]["usage"]["cost"] > 0


async def test_a_failure_before_content_is_a_status(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([channel("up", rogue.url)]))
    failed = {"status": "failed", "error": {"code": "server_error", "message": "broken"}}
    created = {"type": "response.created", "sequence_number": 0, "response": {"id": "resp_1"}}
    ended = {"type": "response.failed", "sequence_number": 1, "response": failed}
    frames = [b"data: " + json.dumps(one).encode() + b"\n\n" for one in (created, ended)]
    rogue.answer(rogue.stream(frames))
    told = {"model": MODEL, "input": "a", "stream": True}
    reply = await station.request("POST", "/v1/responses", told)
    assert reply.status == 502
    assert reply.error["type"] == "upstream_error"


async def test_counts_are_free_and_a_chat_body_with_input_is_read(begin: Begin) -> None:
    station = await begin(document([DEMO]))
    before = await station.account()
    told = {"model": MODEL, "input": "Name a bridge."}
    reply = await station.request("POST", "/v1/responses/input_tokens", told)
    assert reply.json() == {"object": "response.input_tokens", "input_tokens": 7}
    assert await station.account() == before
    reply = await station.request("POST", "/v1/chat/completions", told)
    assert reply.json()["object"] == "response"
    streamed = await station.request("POST", "/v1/chat/completions", told | {"stream": True})
    assert events_of(streamed.body)[-1]["type"] == "response.completed"
    reply = await station.request("POST", "/v1/responses/compact", told)
    assert reply.json()["object"] == "response.compaction"
    assert (await station.row(reply.request_id)).nanos > 0


async def test_the_demo_s_stored_responses(begin: Begin) -> None:
    """A fresh installation has the demo alone."""
    station = await begin(document([DEMO]))
    async with sdk(station) as client:
        made = await client.responses.create(model=MODEL, input="Name a bridge.")
        shown = await client.responses.retrieve(made.id)
        assert (shown.output_text, shown.model) == (made.output_text, MODEL)
        assert [one.type async for one in client.responses.input_items.list(made.id)] == ["message"]
        await client.responses.delete(made.id)
        with pytest.raises(openai.NotFoundError):
            await client.responses.retrieve(made.id)

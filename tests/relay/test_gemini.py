"""Gemini's calls through the whole relay: the official SDK, both lanes, money, errors."""

import base64
import json
from typing import Any

import pytest
from google import genai
from google.genai import types

from tests.dialects import recorded
from tests.gemini.recorded import chunks_of
from tests.relay.conftest import Begin
from tests.relay.test_responses import DEMO, PNG
from tests.support.gateway import INPUT_NANOS, KEY, MODEL, Station, channel, document
from tests.support.rogue import Rogue
from tests.support.speaking import speak_only

pytestmark = pytest.mark.filterwarnings(
    "ignore:Inheritance class AiohttpClientSession:DeprecationWarning"  # the SDK's own
)
LANES = ("generate", "chat", "messages", "responses")
PATH = f"/v1beta/models/{MODEL}"
SIMPLE = {"contents": [{"role": "user", "parts": [{"text": "Name a bridge."}]}]}
WEATHER = types.FunctionDeclaration(
    name="weather",
    description="The weather in a city.",
    parameters=types.Schema(
        type=types.Type.OBJECT,
        properties={"city": types.Schema(type=types.Type.STRING)},
        required=["city"],
    ),
)


def sdk(station: Station) -> genai.Client:
    options = types.HttpOptions(base_url=f"http://127.0.0.1:{station.port}")
    return genai.Client(api_key=KEY, http_options=options)


@pytest.mark.parametrize("operation", LANES)
async def test_the_official_client(begin: Begin, operation: str) -> None:
    """Against the demo, speaking one dialect only."""
    station = await begin(document([DEMO]))
    speak_only(station, operation)
    async with sdk(station).aio as client:
        await a_plain_answer(client, station)
        await a_stream(client)
        await a_tool_s_round(client)
        await a_picture_and_a_schema(client)


async def a_plain_answer(client: Any, station: Station) -> None:
    config = types.GenerateContentConfig(system_instruction="Be brief.", temperature=0.5)
    reply = await client.models.generate_content(
        model=MODEL, contents="Name a bridge.", config=config
    )
    assert "Name a bridge." in reply.text
    assert reply.candidates[0].finish_reason == types.FinishReason.STOP
    assert reply.model_version == MODEL
    headers = {name.lower(): value for name, value in reply.sdk_http_response.headers.items()}
    row = await station.row(headers["x-request-id"])
    assert row.exact
    assert row.input_tokens == reply.usage_metadata.prompt_token_count > 0
    assert row.output_tokens == reply.usage_metadata.candidates_token_count > 0
    assert row.nanos == row.input_tokens * 1000 + row.output_tokens * 2000
    limited = types.GenerateContentConfig(max_output_tokens=16)
    reply = await client.models.generate_content(
        model=MODEL, contents="Name a bridge.", config=limited
    )
    assert reply.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS


async def a_stream(client: Any) -> None:
    stream = await client.models.generate_content_stream(model=MODEL, contents="Name a bridge.")
    chunks = [chunk async for chunk in stream]
    assert "Name a bridge." in "".join(chunk.text or "" for chunk in chunks)
    assert len(chunks) > 10
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP
    assert chunks[-1].usage_metadata.total_token_count > 10


async def a_tool_s_round(client: Any) -> None:
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=[WEATHER])],
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    asked = types.Content(role="user", parts=[types.Part(text="How is the weather in Trieste?")])
    first = await client.models.generate_content(model=MODEL, contents=[asked], config=config)
    (call,) = first.function_calls
    assert call.name == "weather"
    assert call.args["city"]
    told = types.FunctionResponse(id=call.id, name="weather", response={"result": "sunny, 21"})
    turns = [
        asked,
        first.candidates[0].content,
        types.Content(role="user", parts=[types.Part(function_response=told)]),
    ]
    second = await client.models.generate_content(model=MODEL, contents=turns, config=config)
    assert "sunny, 21" in second.text


async def a_picture_and_a_schema(client: Any) -> None:
    picture = types.Part.from_bytes(data=base64.b64decode(PNG), mime_type="image/png")
    seen = await client.models.generate_content(
        model=MODEL, contents=[picture, types.Part(text="What is this?")]
    )
    assert "PNG of 2×3" in seen.text
    schema = types.Schema(
        type=types.Type.OBJECT,
        properties={"open": types.Schema(type=types.Type.BOOLEAN)},
        required=["open"],
    )
    config = types.GenerateContentConfig(
        response_mime_type="application/json", response_schema=schema
    )
    made = await client.models.generate_content(model=MODEL, contents="Is it open?", config=config)
    assert isinstance(json.loads(made.text)["open"], bool)


async def test_the_smaller_calls_and_the_lists(begin: Begin) -> None:
    station = await begin(document([DEMO]))
    before = await station.account()
    async with sdk(station).aio as client:
        counted = await client.models.count_tokens(model=MODEL, contents="Name a bridge.")
        assert counted.total_tokens == 7
        assert await station.account() == before
        embedded = await client.models.embed_content(
            model=MODEL,
            contents=["a boat", "a ship"],
            config=types.EmbedContentConfig(output_dimensionality=8),
        )
        assert [len(one.values) for one in embedded.embeddings] == [8, 8]
        models = [model.name async for model in await client.models.list()]
        assert models == [f"models/{MODEL}"]
    told = {"content": {"parts": [{"text": "a boat"}]}, "outputDimensionality": 8}
    reply = await station.request("POST", f"{PATH}:embedContent", told)
    assert len(reply.json()["embedding"]["values"]) == 8
    assert (await station.row(reply.request_id)).nanos > 0


async def test_a_count_is_estimated_where_nobody_counts(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([channel("up", rogue.url)]))
    reply = await station.request("POST", f"{PATH}:countTokens", SIMPLE)
    assert reply.status == 200
    assert reply.headers["x-waystation-estimate"] == "1"
    assert 5 < reply.json()["totalTokens"] < 40
    assert rogue.seen == []
    reply = await station.request("POST", "/v1/models/x:countTokens", SIMPLE)
    assert (reply.status, reply.error["status"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("operation", ["generate", "chat"])
async def test_without_sse_a_stream_is_one_array(begin: Begin, operation: str) -> None:
    station = await begin(document([DEMO]))
    speak_only(station, operation)
    reply = await station.request("POST", f"/v1/models/{MODEL}:streamGenerateContent", SIMPLE)
    assert reply.headers["content-type"].startswith("application/json")
    chunks = reply.json()
    assert len(chunks) > 10
    assert chunks[-1]["candidates"][0]["finishReason"] == "STOP"


async def test_errors_are_the_dialect_s(begin: Begin, rogue: Rogue) -> None:
    up = channel("up", rogue.url, vendor="gemini")
    station = await begin(document([up]))
    reply = await station.request("POST", f"{PATH}:generateContent", {"contents": None})
    assert (reply.status, reply.error["status"]) == (400, "INVALID_ARGUMENT")
    reply = await station.request("POST", f"{PATH}:generateContent", SIMPLE, "sk-no")
    assert (reply.status, reply.error["status"]) == (401, "UNAUTHENTICATED")
    reply = await station.request("POST", "/v1beta/models/x:generateContent", SIMPLE)
    assert (reply.status, reply.error["status"]) == (404, "NOT_FOUND")
    cached = {**SIMPLE, "cachedContent": "cachedContents/x"}
    reply = await station.request("POST", f"{PATH}:generateContent", cached)
    assert reply.status == 400
    many = {**SIMPLE, "generationConfig": {"candidateCount": 99}}
    reply = await station.request("POST", f"{PATH}:generateContent", many)
    assert reply.status == 400
    assert rogue.seen == []
    error = {"error": {"code": 400, "message": "no such thing", "status": "INVALID_ARGUMENT"}}
    rogue.answer(rogue.reply(400, json.dumps(error).encode()))
    reply = await station.request("POST", f"{PATH}:generateContent", SIMPLE)
    assert (reply.status, reply.error["status"]) == (400, "INVALID_ARGUMENT")
    assert "no such thing" in reply.error["message"]


@recorded.needs_recordings
async def test_the_body_and_the_answer_pass_untouched(begin: Begin, rogue: Rogue) -> None:
    up = channel("up", rogue.url, vendor="gemini", model_map={MODEL: "gemini-3-pro"})
    station = await begin(document([up]))
    wire = recorded.stream("google/google-text", done=False)
    rogue.answer(rogue.stream([wire], done=False))
    content = '{"role":"user","parts":[ {"text":"é\\u00e9","thoughtSignature":"QUJD"} ],"x":1.50}'
    config = '"generation_config":{"max_output_tokens":9000,"topK" : 3}'
    body = f'{{"contents":[{content}],"safetySettings":[{{}}],{config}}}'
    reply = await station.request(
        "POST", f"{PATH}:streamGenerateContent?alt=sse&key={KEY}", body.encode(), key=None
    )
    assert reply.status == 200
    seen = rogue.seen[0]
    assert seen.path.startswith("/v1beta/models/gemini-3-pro:streamGenerateContent")
    assert seen.headers["x-goog-api-key"].startswith("sk-upstream")
    assert seen.body == body.encode()
    chunks = chunks_of(reply.body)
    assert [chunk["modelVersion"] for chunk in chunks] == [MODEL] * len(chunks)
    row = await station.row(reply.request_id)
    assert row.exact
    assert row.output_tokens > 0


ANSWER = {
    "candidates": [
        {"content": {"role": "model", "parts": [{"text": "A dot."}]}, "finishReason": "STOP"}
    ],
    "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 3, "totalTokenCount": 12},
}


def look(*addresses: str) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"type": "text", "text": "What is it?"}]
    parts += [{"type": "image_url", "image_url": {"url": one}} for one in addresses]
    return {"messages": [{"role": "user", "content": parts}]}


async def test_pictures_by_address_are_fetched(begin: Begin, rogue: Rogue) -> None:
    up = channel("up", rogue.url, vendor="gemini")
    station = await begin(document([up]), egress_allow=("127.0.0.1",))
    rogue.on("/dot.png", rogue.reply(200, base64.b64decode(PNG), {"content-type": "x/y"}))
    rogue.on("/page", rogue.reply(200, b"<html>no picture</html>"))
    rogue.answer(rogue.reply(200, json.dumps(ANSWER).encode()))
    address = f"{rogue.url}/dot.png"
    reply = await station.chat(**look(address, address))
    assert reply.json()["choices"][0]["message"]["content"] == "A dot."
    assert [seen.path for seen in rogue.seen] == [
        "/dot.png",
        f"/v1beta/models/{MODEL}:generateContent",
    ]
    told = json.loads(rogue.seen[1].body)["contents"][0]["parts"]
    assert told == [
        {"text": "What is it?"},
        *[{"inlineData": {"mimeType": "image/png", "data": PNG}}] * 2,
    ]
    reply = await station.chat(**look(f"{rogue.url}/page"))
    assert (reply.status, reply.error["code"]) == (400, "image_fetch_failed")
    assert (await station.row(reply.request_id)).nanos == 0
    assert len(rogue.seen) == 3


async def test_private_addresses_stay_out_of_reach(begin: Begin, rogue: Rogue) -> None:
    up = channel("up", rogue.url, vendor="gemini")
    station = await begin(document([up]))
    for address in (f"{rogue.url}/dot.png", "http://169.254.169.254/latest", "http://[::1]/x"):
        reply = await station.chat(**look(address))
        assert (reply.status, reply.error["code"]) == (400, "image_fetch_failed")
    assert rogue.seen == []


async def test_a_blocked_prompt_costs_what_the_vendor_counted(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([channel("up", rogue.url, vendor="gemini")]))
    blocked = {
        "promptFeedback": {"blockReason": "SAFETY"},
        "usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9},
    }
    rogue.answer(rogue.reply(200, json.dumps(blocked).encode()))
    reply = await station.request("POST", f"{PATH}:generateContent", SIMPLE)
    assert reply.status == 200
    assert reply.json() == blocked
    assert (await station.row(reply.request_id)).nanos == 9 * INPUT_NANOS
    reply = await station.chat()
    assert (reply.status, reply.error["code"]) == (400, "content_filter")
    row = await station.row(reply.request_id)
    assert (row.nanos, row.status, row.end) == (9 * INPUT_NANOS, 400, "failed")
    assert len(rogue.seen) == 2
    rogue.answer(rogue.stream([blocked], done=False))
    address = f"{PATH}:streamGenerateContent?alt=sse"
    reply = await station.request("POST", address, SIMPLE)
    assert (await station.row(reply.request_id)).nanos == 9 * INPUT_NANOS
    reply = await station.chat(stream=True)
    assert (reply.status, reply.error["code"]) == (400, "content_filter")
    assert (await station.row(reply.request_id)).nanos == 9 * INPUT_NANOS
    rogue.answer(rogue.reply(200, json.dumps({**blocked, "usageMetadata": None}).encode()))
    for reply in (await station.request("POST", f"{PATH}:generateContent", SIMPLE),
                  await station.chat()):  # fmt: skip
        assert (await station.row(reply.request_id)).nanos == 0

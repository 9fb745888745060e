"""The official Python SDK against the relay: in the native lane, and over a channel of chat."""

from typing import Any

import anthropic
import pytest
from anthropic import AsyncAnthropic

from tests.lanes.upstream import answers
from tests.relay.conftest import Begin
from tests.support.gateway import KEY, MODEL, channel, document
from tests.support.rogue import Rogue
from tests.support.script import error, stream

pytestmark = pytest.mark.untraced

TOOL: dict[str, Any] = {
    "name": "locate_parcel",
    "description": "Current place of a parcel.",
    "input_schema": {
        "type": "object",
        "properties": {"parcel_id": {"type": "string"}},
        "required": ["parcel_id"],
    },
}
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAIAAAA2iEnWAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5E"
    "rkJggg=="
)


def user(content: Any) -> Any:
    return [{"role": "user", "content": content}]


def client_of(port: int, **more: Any) -> AsyncAnthropic:
    base = f"http://127.0.0.1:{port}"
    return AsyncAnthropic(**{"base_url": base, "api_key": KEY, "max_retries": 0, **more})


async def a_message(client: AsyncAnthropic) -> None:
    said = await client.messages.create(
        model=MODEL, max_tokens=300, system="Be brief.", messages=user("Hello there")
    )
    assert said.type == "message"
    assert said.model == MODEL
    assert said.content[0].type == "text"
    assert "Hello there" in said.content[0].text
    assert said.stop_reason == "end_turn"
    assert said.usage.input_tokens > 0
    assert said.usage.output_tokens > 0
    assert said._request_id


async def a_stream(client: AsyncAnthropic) -> None:
    async with client.messages.stream(
        model=MODEL, max_tokens=300, messages=user("Hello there")
    ) as told:
        texts = [text async for text in told.text_stream]
        whole = await told.get_final_message()
    assert len(texts) > 5
    assert whole.content[0].type == "text"
    assert "".join(texts) == whole.content[0].text
    assert whole.stop_reason == "end_turn"
    assert whole.usage.input_tokens > 0
    assert whole.usage.output_tokens > 0


async def tools_to_their_end(client: AsyncAnthropic) -> None:
    question = user("Locate parcel P-118, please")
    async with client.messages.stream(
        model=MODEL, max_tokens=300, tools=[TOOL], messages=question
    ) as told:
        asked = await told.get_final_message()
    assert asked.stop_reason == "tool_use"
    call = next(block for block in asked.content if block.type == "tool_use")
    assert call.name == "locate_parcel"
    assert call.input == {"parcel_id": "P-118"}
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "in Oslo"}
    answered = await client.messages.create(
        model=MODEL,
        max_tokens=300,
        tools=[TOOL],
        messages=[
            *question,
            {"role": "assistant", "content": asked.content},
            {"role": "user", "content": [result]},
        ],
    )
    assert answered.stop_reason == "end_turn"
    assert "in Oslo" in answered.content[0].text


async def a_picture(client: AsyncAnthropic) -> None:
    source = {"type": "base64", "media_type": "image/png", "data": PNG}
    said = await client.messages.create(
        model=MODEL,
        max_tokens=300,
        messages=user([{"type": "image", "source": source}, {"type": "text", "text": "What?"}]),
    )
    assert "a PNG of 2×3" in said.content[0].text


async def a_limit_and_a_stop(client: AsyncAnthropic) -> None:
    cut = await client.messages.create(model=MODEL, max_tokens=3, messages=user("Hello there"))
    assert cut.stop_reason == "max_tokens"
    stopped = await client.messages.create(
        model=MODEL, max_tokens=300, stop_sequences=["."], messages=user("Hello there")
    )
    assert stopped.stop_reason in ("stop_sequence", "end_turn")
    assert "." not in stopped.content[0].text


async def the_beta_client(client: AsyncAnthropic) -> None:
    said = await client.beta.messages.create(
        model=MODEL, max_tokens=300, messages=user("Hello there"), betas=["some-beta-2025-01-01"]
    )
    assert said.content[0].type == "text"


async def counting(client: AsyncAnthropic) -> None:
    counted = await client.messages.count_tokens(model=MODEL, messages=user("Hello there"))
    assert counted.input_tokens > 0


async def models(client: AsyncAnthropic) -> None:
    page = await client.models.list(limit=1000)
    assert [model.id for model in page.data] == [MODEL]
    assert (await client.models.retrieve(MODEL)).id == MODEL


CHECKS = (
    a_message,
    a_stream,
    tools_to_their_end,
    a_picture,
    a_limit_and_a_stop,
    the_beta_client,
    counting,
    models,
)


@pytest.mark.parametrize("vendor", ["anthropic", "openai-compatible", "demo"])
async def test_the_sdk(vendor: str, begin: Begin, rogue: Rogue) -> None:
    """One station for all checks: to start one takes longer than all of them."""
    rogue.answer(answers)
    up = channel("up", rogue.url, vendor=vendor)
    if vendor == "demo":
        up = {"name": "demo", "vendor": "demo", "groups": ["default"], "models": [MODEL]}
        up["header_overrides"] = {"x-demo-pace-ms": "0"}
    station = await begin(document([up]))
    async with client_of(station.port) as client:
        for check in CHECKS:
            await check(client)


async def test_thoughts(begin: Begin, rogue: Rogue) -> None:
    rogue.answer(answers)
    station = await begin(document([channel("up", rogue.url, vendor="anthropic")]))
    async with (
        client_of(station.port) as client,
        client.messages.stream(
            model=MODEL,
            max_tokens=3000,
            thinking={"type": "enabled", "budget_tokens": 1024},
            messages=user("Hello there"),
        ) as told,
    ):
        whole = await told.get_final_message()
    assert whole.content[0].type == "thinking"
    assert whole.content[0].signature.startswith("demo-signature-")


async def test_refusals(begin: Begin, rogue: Rogue) -> None:
    rogue.answer(answers)
    station = await begin(document([channel("up", rogue.url, vendor="anthropic")]))
    hello = {"max_tokens": 10, "messages": user("Hello")}
    async with client_of(station.port, api_key="sk-wrong-wrong-wrong-wrong-wrong") as other:
        with pytest.raises(anthropic.AuthenticationError):
            await other.messages.create(model=MODEL, **hello)
    async with client_of(station.port, api_key=None, auth_token=KEY) as bearer:
        assert (await bearer.messages.create(model=MODEL, **hello)).type == "message"
    async with client_of(station.port) as client:
        with pytest.raises(anthropic.NotFoundError):
            await client.messages.create(model="no-such-model", **hello)
        with pytest.raises(anthropic.BadRequestError):
            await client.messages.create(model=MODEL, max_tokens=10, messages=[])
        rogue.answer(error(529))
        with pytest.raises(anthropic.InternalServerError) as caught:
            await client.messages.create(model=MODEL, **hello)
        assert caught.value.status_code == 529


async def test_an_error_amid_a_stream(begin: Begin, rogue: Rogue) -> None:
    events = [
        b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1",'
        b'"type":"message","role":"assistant","model":"m","content":[],"usage":'
        b'{"input_tokens":7,"output_tokens":1}}}\n\n',
        b'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
        b'"content_block":{"type":"text","text":""}}\n\n',
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
        b'"delta":{"type":"text_delta","text":"Hello"}}\n\n',
        b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error",'
        b'"message":"busy"}}\n\n',
    ]
    rogue.answer(stream(events, done=False))
    station = await begin(document([channel("up", rogue.url, vendor="anthropic")]))
    async with client_of(station.port) as client:
        with pytest.raises(anthropic.APIStatusError, match="busy"):
            async with client.messages.stream(
                model=MODEL, max_tokens=10, messages=user("Hello")
            ) as told:
                await told.get_final_message()

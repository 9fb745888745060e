"""Chat by the official Python SDK, sync and async."""

import base64
import json
import struct
import time
import zlib
from typing import Any

import openai
import pytest

from tests.conformance import streams
from tests.conformance.serving import Server
from tests.conformance.spec import fits
from tests.conformance.words import MODEL, user


def png(width: int, height: int) -> str:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    rows = b"".join(b"\x00" + b"\xff\x80\x00" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    raw = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows))
    return "data:image/png;base64," + base64.b64encode(raw + chunk(b"IEND", b"")).decode()


def test_plain(client: openai.OpenAI, server: Server) -> None:
    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=user("Good day"))
    reply = raw.parse()
    assert reply.object == "chat.completion"
    assert reply.model == MODEL
    assert "Good day" in (reply.choices[0].message.content or "")
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage is not None
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    receipt = server.receipt(raw.headers["x-request-id"])
    assert receipt["usage"]["input_fresh"] == reply.usage.prompt_tokens
    assert receipt["usage"]["output_text"] == reply.usage.completion_tokens
    assert receipt["upstream_id"] == reply.id
    fits("CreateChatCompletionResponse", json.loads(raw.text))


def test_headers_and_cost(client: openai.OpenAI, server: Server) -> None:
    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=user("Good day"))
    assert raw.headers["content-type"] == "application/json; charset=utf-8"
    assert raw.headers["x-request-id"] == raw.headers["x-oneapi-request-id"]
    assert raw.headers["access-control-allow-origin"] == "*"
    assert ": " not in raw.text.split('"content"')[0]  # compact
    usage = raw.parse().usage
    assert usage is not None
    cost = usage.model_dump()["cost"]
    expected = 2 * (usage.prompt_tokens * 1 + usage.completion_tokens * 3) / 1e6
    assert cost == pytest.approx(expected, abs=1e-12)
    assert float(raw.headers["x-waystation-cost"]) == cost
    assert server.receipt(raw.headers["x-request-id"])["cost_usd"] == cost
    assert raw.parse()._request_id == raw.headers["x-request-id"]


def test_streamed(client: openai.OpenAI, server: Server) -> None:
    whole = client.chat.completions.create(model=MODEL, messages=user("Rain, rain"))
    raw = client.chat.completions.with_raw_response.create(
        model=MODEL, messages=user("Rain, rain"), stream=True
    )
    assert raw.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert raw.headers["cache-control"] == "no-cache"
    assert raw.headers["x-accel-buffering"] == "no"
    chunks = list(raw.parse())
    streams.check(chunks)
    assert chunks[0].object == "chat.completion.chunk"
    assert chunks[0].model == MODEL
    assert streams.text(chunks) == whole.choices[0].message.content
    receipt = server.receipt(raw.headers["x-request-id"])
    assert whole.usage is not None
    assert receipt["usage"]["output_text"] == whole.usage.completion_tokens
    for chunk in chunks:
        streams.fits_chunk(chunk)


def test_usage_chunk_when_it_is_asked_for(client: openai.OpenAI) -> None:
    for asked in (True, False):
        chunks = list(
            client.chat.completions.create(
                model=MODEL,
                messages=user("Rain"),
                stream=True,
                stream_options={"include_usage": asked},
            )
        )
        streams.check(chunks, usage=asked)
    usage = list(
        client.chat.completions.create(
            model=MODEL,
            messages=user("Rain"),
            stream=True,
            stream_options={"include_usage": True},
        )
    )[-1].usage
    assert usage is not None
    whole = client.chat.completions.create(model=MODEL, messages=user("Rain")).usage
    assert whole is not None
    assert usage.model_dump(exclude={"cost"}) == whole.model_dump(exclude={"cost"})


async def test_async(async_client: openai.AsyncOpenAI) -> None:
    reply = await async_client.chat.completions.create(model=MODEL, messages=user("Good day"))
    assert "Good day" in (reply.choices[0].message.content or "")
    stream = await async_client.chat.completions.create(
        model=MODEL, messages=user("Good day"), stream=True
    )
    chunks = [chunk async for chunk in stream]
    streams.check(chunks)
    assert streams.text(chunks) == reply.choices[0].message.content


async def test_the_stream_helper(async_client: openai.AsyncOpenAI) -> None:
    async with async_client.chat.completions.stream(model=MODEL, messages=user("Snow")) as stream:
        kinds = {event.type async for event in stream}
        final = await stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= kinds
    assert "Snow" in (final.choices[0].message.content or "")


@pytest.mark.parametrize("stream", [False, True])
def test_vision(client: openai.OpenAI, stream: bool) -> None:
    content = [
        {"type": "text", "text": "What is on the table?"},
        {"type": "image_url", "image_url": {"url": png(31, 17), "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://img.example/table.png"}},
    ]
    said = said_by(client, content, stream)
    assert "31×17" in said
    assert "https://img.example/table.png" in said


def said_by(client: openai.OpenAI, content: Any, stream: bool) -> str:
    if stream:
        chunks = list(
            client.chat.completions.create(model=MODEL, messages=user(content), stream=True)
        )
        streams.check(chunks)
        return streams.text(chunks)
    reply = client.chat.completions.create(model=MODEL, messages=user(content))
    return reply.choices[0].message.content or ""


def test_a_picture_as_a_bare_string(client: openai.OpenAI) -> None:
    content = [{"type": "image_url", "image_url": png(8, 9)}]
    assert "8×9" in said_by(client, content, False)


@pytest.mark.parametrize("stream", [False, True])
def test_n(client: openai.OpenAI, stream: bool) -> None:
    if stream:
        chunks = list(
            client.chat.completions.create(model=MODEL, messages=user("Rain"), n=3, stream=True)
        )
        streams.check(chunks, choices=3)
        assert all(streams.text(chunks, index) for index in range(3))
        return
    reply = client.chat.completions.create(model=MODEL, messages=user("Rain"), n=3)
    assert [choice.index for choice in reply.choices] == [0, 1, 2]
    one = client.chat.completions.create(model=MODEL, messages=user("Rain"))
    assert reply.usage is not None
    assert one.usage is not None
    assert reply.usage.prompt_tokens == one.usage.prompt_tokens
    assert reply.usage.completion_tokens > 2 * one.usage.completion_tokens


def test_n_over_the_cap(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model=MODEL, messages=user("Rain"), n=17)
    assert caught.value.param == "n"


def test_seed_and_its_typo(client: openai.OpenAI) -> None:
    def said(**more: Any) -> str:
        reply = client.chat.completions.create(model=MODEL, messages=user("Rain"), **more)
        return reply.choices[0].message.content or ""

    by_seed = {seed: said(seed=seed) for seed in range(4)}
    assert len(set(by_seed.values())) > 1
    assert said(seed=3) == by_seed[3]
    assert said(extra_body={"seen": 3}) == by_seed[3]
    assert said(extra_body={"seen": 2, "seed": 3}) == by_seed[3]


def test_logprobs(client: openai.OpenAI) -> None:
    reply = client.chat.completions.create(
        model=MODEL, messages=user("Rain"), logprobs=True, top_logprobs=3
    )
    logprobs = reply.choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content
    assert "".join(one.token for one in logprobs.content) == reply.choices[0].message.content
    assert all(one.logprob <= 0 and len(one.top_logprobs) == 3 for one in logprobs.content)
    chunks = list(
        client.chat.completions.create(
            model=MODEL, messages=user("Rain"), logprobs=True, top_logprobs=3, stream=True
        )
    )
    streamed = [
        one
        for chunk in chunks
        for choice in chunk.choices
        for one in (choice.logprobs.content or () if choice.logprobs else ())
    ]
    assert streamed == logprobs.content
    fits("CreateChatCompletionResponse", reply.model_dump(exclude_unset=True))


def test_limits_on_the_output(client: openai.OpenAI) -> None:
    for name in ("max_tokens", "max_completion_tokens"):
        limit: dict[str, Any] = {name: 5}
        reply = client.chat.completions.create(model=MODEL, messages=user("Rain"), **limit)
        assert reply.choices[0].finish_reason == "length"
        assert reply.usage is not None
        assert reply.usage.completion_tokens == 5
    stopped = client.chat.completions.create(model=MODEL, messages=user("Rain"), stop=["You said"])
    assert "You said" not in (stopped.choices[0].message.content or "")
    assert stopped.choices[0].finish_reason == "stop"


def test_reasoning(client: openai.OpenAI, server: Server) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model=MODEL, messages=user("Rain"), reasoning_effort="low"
    )
    reply = raw.parse()
    thought = reply.choices[0].message.model_dump()["reasoning_content"]
    assert thought
    assert reply.usage is not None
    assert reply.usage.completion_tokens_details is not None
    assert reply.usage.completion_tokens_details.reasoning_tokens
    usage = server.receipt(raw.headers["x-request-id"])["usage"]
    assert usage["output_reasoning"] == reply.usage.completion_tokens_details.reasoning_tokens
    assert usage["output_text"] + usage["output_reasoning"] == reply.usage.completion_tokens
    chunks = list(
        client.chat.completions.create(
            model=MODEL,
            messages=user("Rain"),
            stream=True,
            extra_body={"extra_body": {"enable_thinking": True}},
        )
    )
    streams.check(chunks)
    pieces = [chunk.choices[0].delta.model_dump().get("reasoning_content") for chunk in chunks]
    assert "".join(piece or "" for piece in pieces) == thought


def test_numbers_as_text(client: openai.OpenAI) -> None:
    reply = client.chat.completions.create(
        model=MODEL,
        messages=user("Rain"),
        extra_body={"temperature": "0.7", "max_tokens": "5", "unheard_of": {"x": [1]}},
    )
    assert reply.choices[0].finish_reason == "length"
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(
            model=MODEL, messages=user("Rain"), extra_body={"temperature": "warm"}
        )
    assert caught.value.param == "temperature"


def test_a_closed_stream_ends_and_is_charged_for_what_came(
    client: openai.OpenAI, server: Server
) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model="slow-chat", messages=user("Tell me much " * 40), stream=True
    )
    stream = raw.parse()
    for count, _ in enumerate(stream):
        if count == 3:
            break
    stream.close()
    receipt = server.receipt(raw.headers["x-request-id"])
    assert receipt["end"] == "client_gone"
    whole = client.chat.completions.create(
        model="slow-chat", messages=user("Tell me much " * 40)
    ).usage
    assert whole is not None
    assert 0 < receipt["usage"]["output_text"] < whole.completion_tokens
    assert receipt["usage"]["input_fresh"] > 0


async def test_a_time_out_of_the_client(async_client: openai.AsyncOpenAI, server: Server) -> None:
    stream = await async_client.with_options(timeout=1.0).chat.completions.create(
        model="slow-chat", messages=user("Rain"), stream=True
    )
    async for _ in stream:
        break
    await stream.close()
    identity = stream.response.headers["x-request-id"]
    assert server.receipt(identity)["end"] == "client_gone"


def test_retries_honour_retry_after(client: openai.OpenAI, server: Server) -> None:
    """One place in the channel: the second call is told to come later, and the SDK does."""
    held = client.chat.completions.create(
        model="single-chat", messages=user("Take a little while"), stream=True
    )
    next(iter(held))
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model="single-chat", messages=user("Now"))
    assert caught.value.code == "upstream_saturated"
    seconds = int(caught.value.response.headers["retry-after"])
    assert seconds >= 1
    before = len(server.seen)
    began = time.monotonic()
    reply = client.with_options(max_retries=4).chat.completions.create(
        model="single-chat", messages=user("Now")
    )
    assert reply.choices[0].finish_reason == "stop"
    statuses = [status for status, _ in list(server.seen.values())[before:]]
    assert statuses[0] == 429
    assert statuses[-1] == 200
    assert time.monotonic() - began >= (len(statuses) - 1) * seconds * 0.75  # the SDK's own jitter
    held.close()

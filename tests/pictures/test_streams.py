"""Streamed pictures: partial ones where they come, signs of life, failures inside the stream."""

import asyncio
import json
import threading
from base64 import b64decode
from typing import Any

import pytest

from tests.pictures.conftest import Begin
from tests.pictures.studio import CENT, Studio, b64, images, png
from tests.support.rogue import Rogue
from tests.support.script import RESET, STALL, Gate

PNG, PART = png(), png(shade=1)
PRICES = """
[[prices]]
model = "gpt-image-1"
input = "5"
output = "40"
image_in = "10"
image_out = "40"
"""
USAGE = {
    "total_tokens": 1066,
    "input_tokens": 10,
    "output_tokens": 1056,
    "input_tokens_details": {"text_tokens": 10, "image_tokens": 0},
}


def event(kind: str, **more: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n".encode()


def partial(index: int) -> bytes:
    return event("image_generation.partial_image", b64_json=b64(PART), partial_image_index=index)


DONE = event("image_generation.completed", b64_json=b64(PNG), quality="low", usage=USAGE)


def script(*frames: Any) -> tuple[Any, ...]:
    """frames: bytes or steps; chunked."""
    head = Rogue.stream([])[0]
    chunk = b"%x\r\n%b\r\n"
    out = [head, *(chunk % (len(f), f) if isinstance(f, bytes) else f for f in frames)]
    return (*out, b"0\r\n\r\n") if isinstance(frames[-1], bytes) else tuple(out)


async def test_partial_pictures(begin: Begin) -> None:
    studio = await begin(prices=PRICES)
    studio.near.answer(script(partial(0), partial(1), DONE))
    reply = await studio.draw(model="gpt-image-1", stream=True, partial_images=2)
    assert reply.headers["content-type"].startswith("text/event-stream")
    first, second, last = reply.events()
    assert (first["type"], first["partial_image_index"]) == ("image_generation.partial_image", 0)
    assert b64decode(first["b64_json"]) == PART
    assert second["partial_image_index"] == 1
    assert (last["type"], last["usage"]) == ("image_generation.completed", USAGE)
    assert (b64decode(last["b64_json"]), last["quality"]) == (PNG, "low")
    sent = json.loads(studio.near.seen[0].body)
    assert (sent["stream"], sent["partial_images"]) == (True, 2)
    row = await studio.row(reply.request_id)
    assert (row.nanos, row.end) == (10 * 5_000 + 1056 * 40_000, "complete")
    page = await studio.listed(row.facts.account_id)
    assert len(page) == 1


async def test_a_vendor_without_streams_gives_the_end_alone(studio: Studio) -> None:
    studio.near.answer(images({"b64_json": b64(PNG)}))
    reply = await studio.draw(stream=True, partial_images=2)
    (last,) = reply.events()
    assert (last["type"], b64decode(last["b64_json"])) == ("image_generation.completed", PNG)
    assert (await studio.row(reply.request_id)).nanos == 2 * CENT


async def test_a_json_answer_to_a_stream(begin: Begin) -> None:
    studio = await begin(prices=PRICES)
    studio.near.answer(images({"b64_json": b64(PNG)}, usage=USAGE))
    reply = await studio.draw(model="gpt-image-1", stream=True)
    (last,) = reply.events()
    assert last["usage"] == USAGE


async def test_a_streamed_edit(begin: Begin) -> None:
    studio = await begin(prices=PRICES)
    studio.near.answer(script(event("image_edit.completed", b64_json=b64(PNG), usage=USAGE)))
    reply = await studio.upload(
        "/v1/images/edits",
        ("image", "a.png", PNG),
        ("prompt", None, b"x"),
        ("model", None, b"gpt-image-1"),
        ("stream", None, b"true"),
    )
    (last,) = reply.events()
    assert last["type"] == "image_edit.completed"


async def test_before_the_first_partial_another_channel_is_tried(begin: Begin) -> None:
    studio = await begin(prices=PRICES)
    studio.near.answer(script(event("error", error={"message": "broken", "type": "server_error"})))
    studio.far.answer(script(DONE))
    reply = await studio.draw(model="gpt-image-1", stream=True)
    assert reply.events()[-1]["type"] == "image_generation.completed"
    assert (await studio.row(reply.request_id)).group == "half"


async def test_a_failure_before_anything_is_a_status(begin: Begin) -> None:
    studio = await begin(prices=PRICES)
    studio.near.answer(
        script(event("error", error={"code": "moderation_blocked", "message": "no"}))
    )
    reply = await studio.draw(model="gpt-image-1", stream=True)
    assert (reply.status, reply.code) == (400, "content_policy_violation")


async def test_a_failure_after_a_partial_is_told_in_the_stream(begin: Begin) -> None:
    studio = await begin(prices=PRICES)
    studio.near.answer(script(partial(0), RESET))
    reply = await studio.draw(model="gpt-image-1", stream=True, partial_images=1)
    assert reply.status == 200
    assert [each["type"] for each in reply.events()] == ["image_generation.partial_image", "error"]
    assert not studio.far.seen
    row = await studio.row(reply.request_id)
    assert (row.nanos, row.end) == (0, "upstream_failed")


async def test_signs_of_life_while_it_takes_long(begin: Begin) -> None:
    studio = await begin(preamble_seconds_max=0.1, keep_alive_seconds=0.2)
    gate = threading.Event()
    studio.near.answer((Gate(gate), *images({"b64_json": b64(PNG)})))
    body = json.dumps({"model": "m", "prompt": "x", "stream": True}).encode()
    reader, writer = await studio.open("/v1/images/generations", body, "application/json")
    async with asyncio.timeout(10):
        assert b"200" in await reader.readline()
        await reader.readuntil(b": keep-alive\n\n")
        gate.set()
        assert b"image_generation.completed" in await reader.read()
    writer.close()
    await studio.settled()


async def test_a_client_that_leaves_a_stream(begin: Begin) -> None:
    studio = await begin(prices=PRICES)
    studio.near.answer(script(partial(0), STALL))
    body = json.dumps({"model": "gpt-image-1", "prompt": "x", "stream": True}).encode()
    reader, writer = await studio.open("/v1/images/generations", body, "application/json")
    await reader.readuntil(b"partial_image_index")
    writer.transport.abort()
    await studio.near.until(lambda: studio.near.links[0].closed_by == "peer")
    await studio.settled()
    (hold_id,) = studio.books._state.resolved
    row = await studio.row(hold_id)
    assert (row.nanos, row.end) == (0, "client_gone")


async def test_a_drained_stream_is_kept_and_billed(begin: Begin) -> None:
    studio = await begin(prices=PRICES, more='on_disconnect = "drain"')
    gate = threading.Event()
    studio.near.answer(script(partial(0), Gate(gate), DONE))
    body = json.dumps({"model": "gpt-image-1", "prompt": "x", "stream": True}).encode()
    reader, writer = await studio.open("/v1/images/generations", body, "application/json")
    await reader.readuntil(b"partial_image_index")
    writer.transport.abort()
    gate.set()
    await studio.settled()
    (hold_id,) = studio.books._state.resolved
    row = await studio.row(hold_id)
    assert (row.nanos, row.end) == (10 * 5_000 + 1056 * 40_000, "client_gone")


async def test_a_stream_at_our_leaving(begin: Begin) -> None:
    """Cut at the end of the drain: told in the stream, nothing owed."""
    studio = await begin(prices=PRICES)
    studio.near.answer(script(partial(0), STALL))
    body = json.dumps({"model": "gpt-image-1", "prompt": "x", "stream": True}).encode()
    reader, writer = await studio.open("/v1/images/generations", body, "application/json")
    await reader.readuntil(b"partial_image_index")
    await studio.gateway.drain()
    rest = await reader.read()
    writer.close()
    assert b"event: error" in rest
    await studio.settled()
    (hold_id,) = studio.books._state.resolved
    row = await studio.row(hold_id)
    assert (row.nanos, row.end) == (0, "drained")


DEMO = """
[[channels]]
name = "built-in"
vendor = "demo"
groups = ["default"]
models = ["demo-image", "any-other"]
priority = 0
"""


@pytest.mark.parametrize("model", ["demo-image", "any-other"])
@pytest.mark.parametrize("route", ["generations", "edits"])
async def test_the_demo_streams_whatever_it_is_called(begin: Begin, model: str, route: str) -> None:
    price = f'[[prices]]\nmodel = "{model}"\nper_image = "0.01"\n'
    studio = await begin(prices=DEMO + price)
    body = {"model": model, "prompt": "a red boat", "size": "64x64", "stream": True}
    if route == "edits":
        body["image"] = f"data:image/png;base64,{b64(png(64, 64))}"
    reply = await studio.post(f"/v1/images/{route}", partial_images=2, **body)
    assert reply.status == 200, reply.body
    kinds = [event["type"].rpartition(".")[2] for event in reply.events()]
    assert kinds == ["partial_image", "partial_image", "completed"]
    assert len({event["b64_json"] for event in reply.events()}) == 3
    assert (await studio.row(reply.request_id)).nanos == CENT

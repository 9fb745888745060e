"""Faults on demand, each as a real upstream would show it."""

import asyncio
import base64
import json
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from tests.demo_pictures.asking import BYTES_MAX, ask, send
from waystation.demo.pictures.faults import KINDS, wanted
from waystation.demo.transport import DemoTransport
from waystation.upstream.transport import Deadlines, MaybeSent

PATH = "/v1/images/generations"
ASKED: dict[str, Any] = {"model": "gpt-image-1", "size": "64x64", "n": 2}
BY_PROMPT = {"x-demo-fault": "prompt"}


async def told(mark: str) -> tuple[int, dict[str, Any]]:
    return await ask(DemoTransport(), PATH, {**ASKED, "prompt": f"a fox demo:{mark}"}, **BY_PROMPT)


@pytest.mark.parametrize(
    ("mark", "status", "code"),
    [
        ("moderated", 400, "moderation_blocked"),
        ("rate_limit", 429, "rate_limit_exceeded"),
        ("overloaded", 503, None),
        ("server_error", 500, None),
        ("unauthorized", 401, "invalid_api_key"),
    ],
)
async def test_refusals(mark: str, status: int, code: str | None) -> None:
    found, body = await told(mark)
    assert (found, body["error"]["code"]) == (status, code)
    assert body["error"]["type"]
    assert set(body["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    ("model", "code"),
    [("gpt-image-1", "moderation_blocked"), ("dall-e-3", "content_policy_violation")],
)
async def test_a_word_of_the_list_is_refused(model: str, code: str) -> None:
    for prompt in ("a bomb", "杀"):
        found, body = await ask(DemoTransport(), PATH, {"model": model, "prompt": prompt})
        assert (found, body["error"]["code"]) == (400, code)


async def test_by_the_channels_header() -> None:
    fields = {**ASKED, "prompt": "a fox"}
    incoming = await send(DemoTransport(), PATH, fields, **{"x-demo-fault": "rate_limit"})
    assert (incoming.status, incoming.header(b"retry-after")) == (429, b"1")


async def test_fewer_and_none() -> None:
    status, body = await told("fewer")
    assert (status, len(body["data"])) == (200, 1)
    assert body["usage"]["output_tokens"] == 6
    status, body = await told("empty")
    assert (status, body["data"]) == (200, [])


async def test_pictures_that_are_none() -> None:
    _, body = await told("broken")
    with pytest.raises(OSError, match=r"truncated|broken|identify"):
        Image.open(BytesIO(base64.b64decode(body["data"][0]["b64_json"]))).load()
    _, body = await told("page")
    assert base64.b64decode(body["data"][0]["b64_json"]).startswith(b"<!doctype html>")


async def test_a_page_instead_of_an_answer() -> None:
    incoming = await send(DemoTransport(), PATH, {**ASKED, "prompt": "demo:html"}, **BY_PROMPT)
    assert (incoming.status, incoming.header(b"content-type")) == (200, b"text/html")
    with pytest.raises(ValueError):
        json.loads(await incoming.read_all(BYTES_MAX))


@pytest.mark.parametrize("stream", [False, True])
async def test_the_connection_breaks(stream: bool) -> None:
    fields = {**ASKED, "prompt": "demo:reset", "stream": stream}
    with pytest.raises(MaybeSent) as caught:
        await send(DemoTransport(), PATH, fields, **BY_PROMPT)
    assert caught.value.kind == "reset"
    fields["prompt"] = "demo:cut"
    incoming = await send(DemoTransport(), PATH, fields, **BY_PROMPT)
    assert incoming.status == 200
    assert await incoming.read()
    with pytest.raises(MaybeSent):
        await incoming.read()


async def test_slowness_meets_the_deadline() -> None:
    fields, quick = {**ASKED, "prompt": "demo:slow=60"}, Deadlines(first_byte_seconds=0.02)
    with pytest.raises(MaybeSent) as caught:
        await send(DemoTransport(), PATH, fields, deadlines=quick, **BY_PROMPT)
    assert caught.value.kind == "first_byte_timeout"
    waiting = asyncio.create_task(send(DemoTransport(), PATH, fields, **BY_PROMPT))
    await asyncio.sleep(0.02)
    assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    fields["prompt"] = "demo:slow=0"
    assert (await send(DemoTransport(), PATH, fields, **BY_PROMPT)).status == 200


def test_marks() -> None:
    for kind in KINDS:
        assert wanted("prompt", f"a fox, demo:{kind}.").kind == kind
        assert wanted(kind, "").kind == kind
    assert wanted("reset", "demo:cut").kind == "reset"
    assert wanted("slow=9", "").seconds == 9
    for text in ("demo", "demo:", "demo:nothing", "ademo:reset", "x" * 20_000 + " demo:reset"):
        assert wanted("prompt", text).kind is None
    assert wanted("nothing", "").kind is None


def test_a_caller_alone_can_only_have_a_refusal() -> None:
    """What counts against the channel needs the channel's consent."""
    assert {wanted("", f"demo:{kind}").kind for kind in KINDS} == {None, "moderated"}


async def test_whatever_is_sent_gets_an_answer() -> None:
    transport = DemoTransport()
    for body in ([], None, {"prompt": ["x"]}, {"prompt": {}}, {"prompt": "x", "size": 5}):
        status, told_body = await ask(transport, PATH, body)  # type: ignore[arg-type]
        assert status == 400
        assert told_body["error"]["message"]

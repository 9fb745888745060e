"""The demo as a transport: its pace, its statuses, its end."""

import json
import time
from typing import Any

import pytest

from waystation.demo.transport import DemoTransport
from waystation.upstream.transport import Deadlines, Origin, Outgoing

ORIGIN = Origin("demo", "local", 1)


def outgoing(path: str, body: Any, **headers: str) -> Outgoing:
    pairs = tuple(
        (name.replace("_", "-").encode(), each.encode()) for name, each in headers.items()
    )
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Outgoing(ORIGIN, "POST", path, pairs, raw, False)


CHAT = {"model": "demo-chat", "messages": [{"role": "user", "content": "Rain"}]}


async def test_an_answer() -> None:
    sent: list[bool] = []
    transport = DemoTransport()
    incoming = await transport.send(
        outgoing("/v1/chat/completions", CHAT), Deadlines(), lambda: sent.append(True)
    )
    assert sent == [True]
    assert incoming.status == 200
    body = json.loads(await incoming.read_all(100_000))
    assert body["object"] == "chat.completion"
    assert await incoming.read() == b""


async def test_a_stream_keeps_its_pace() -> None:
    body = {**CHAT, "stream": True, "max_tokens": 10}
    request = outgoing("/v1/chat/completions", body, x_demo_pace_ms="10")
    incoming = await DemoTransport().send(request, Deadlines())
    began = time.perf_counter()
    pieces = []
    while piece := await incoming.read():
        pieces.append(piece)
    assert pieces[-1] == b"data: [DONE]\n\n"
    assert time.perf_counter() - began >= 0.01 * (len(pieces) - 1)
    assert incoming.header(b"content-type") == b"text/event-stream"


async def test_a_closed_stream_says_no_more() -> None:
    request = outgoing("/v1/chat/completions", {**CHAT, "stream": True}, x_demo_pace_ms="1")
    incoming = await DemoTransport().send(request, Deadlines())
    assert await incoming.read()
    incoming.close()
    assert await incoming.read() == b""


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/completions", {"model": "m", "prompt": 5}, 400),
        ("/v1/embeddings", {"model": "m", "input": []}, 400),
        ("/v1/moderations", {"model": "m"}, 400),
        ("/v1/nowhere", {}, 404),
        ("/v1/models", {}, 200),
        ("/v1/chat/completions", b"{", 400),
        ("/v1/chat/completions", [], 400),
    ],
)
async def test_refusals_are_a_vendors(path: str, body: Any, status: int) -> None:
    incoming = await DemoTransport().send(outgoing(path, body), Deadlines())
    assert incoming.status == status
    told = json.loads(await incoming.read_all(100_000))
    assert status == 200 or told["error"]["message"]


async def test_an_odd_pace_is_the_usual_one() -> None:
    request = outgoing("/v1/chat/completions", CHAT, x_demo_pace_ms="soon")
    assert (await DemoTransport().send(request, Deadlines())).status == 200

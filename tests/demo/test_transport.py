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


async def ask(transport: DemoTransport, method: str, target: str, body: Any = None) -> Any:
    raw = b"" if body is None else json.dumps(body).encode()
    request = Outgoing(ORIGIN, method, target, (), raw, False)
    incoming = await transport.send(request, Deadlines())
    return incoming.status, json.loads(await incoming.read_all(100_000))


async def test_a_response_is_shown_and_deleted() -> None:
    demo = DemoTransport()
    body = {"model": "demo-chat", "input": "Rain"}
    _, made = await ask(demo, "POST", "/v1/responses", body)
    assert made["store"] is True
    place = f"/v1/responses/{made['id']}"
    assert await ask(demo, "GET", place) == (200, made)
    status, page = await ask(demo, "GET", f"{place}/input_items?limit=20&order=desc")
    assert status == 200
    assert [one["content"] for one in page["data"]] == ["Rain"]
    assert page["has_more"] is False
    status, told = await ask(demo, "DELETE", place)
    assert (status, told["deleted"]) == (200, True)
    status, refusal = await ask(demo, "GET", place)
    assert (status, refusal["error"]["code"]) == (404, "response_not_found")


async def test_items_come_in_pages() -> None:
    demo = DemoTransport()
    items = [{"role": "user", "content": word} for word in ("one", "two", "three")]
    _, made = await ask(demo, "POST", "/v1/responses", {"model": "demo-chat", "input": items})
    place = f"/v1/responses/{made['id']}/input_items?order=asc&limit=2"
    _, first = await ask(demo, "GET", place)
    assert [one["content"] for one in first["data"]] == ["one", "two"]
    assert first["has_more"] is True
    _, second = await ask(demo, "GET", f"{place}&after={first['last_id']}")
    assert [one["content"] for one in second["data"]] == ["three"]
    assert second["has_more"] is False


async def test_an_item_that_is_none_is_not_listed() -> None:
    demo = DemoTransport()
    body = {"model": "demo-chat", "input": ["x", {"role": "user", "content": "y"}]}
    _, made = await ask(demo, "POST", "/v1/responses", body)
    _, page = await ask(demo, "GET", f"/v1/responses/{made['id']}/input_items")
    assert [one["content"] for one in page["data"]] == ["y"]


async def test_a_response_that_is_not_to_be_stored_is_not_kept() -> None:
    demo = DemoTransport()
    body = {"model": "demo-chat", "input": "Rain", "store": False}
    _, made = await ask(demo, "POST", "/v1/responses", body)
    assert made["store"] is False
    assert (await ask(demo, "GET", f"/v1/responses/{made['id']}"))[0] == 404

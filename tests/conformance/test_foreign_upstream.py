"""The official SDK, through Waystation, to an upstream that was written by nobody here.

The usage that the upstream tells is the usage that is charged; its failures become the right
status, or another channel's answer. That each request is charged once is looked up by `server`.
"""

import json
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from tests.conformance import streams
from tests.conformance.raw import call
from tests.conformance.serving import Server
from tests.conformance.test_chat_tools import PARCEL, WEATHER
from tests.conformance.words import user
from waystation.errors import Fault

pytestmark = pytest.mark.node
CANARY = "sk-upstream-canary"


@pytest.fixture(autouse=True)
def _there(server: Server, node_packages: str) -> None:
    """Skipped where Node, or its packages, are not there."""
    assert server.upstream


def usage_of(server: Server, raw: Any) -> tuple[int, int]:
    receipt = server.receipt(raw.headers["x-request-id"])
    assert receipt["exact"]
    return receipt["usage"]["input_fresh"], receipt["usage"]["output_text"]


def test_chat(client: openai.OpenAI, server: Server) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model="mock-plain", messages=user("say hello")
    )
    reply = raw.parse()
    assert reply.choices[0].message.content == "Hello from elsewhere."
    assert reply.model == "mock-plain"
    assert usage_of(server, raw) == (11, 5)


@pytest.mark.parametrize("asked", [True, False])
def test_streamed(client: openai.OpenAI, server: Server, asked: bool) -> None:
    more: Any = {"stream_options": {"include_usage": True}} if asked else {}
    raw = client.chat.completions.with_raw_response.create(
        model="mock-plain", messages=user("say much"), stream=True, **more
    )
    chunks = list(raw.parse())
    streams.check(chunks, usage=asked)
    assert streams.text(chunks).startswith("The relay passes this on")
    assert usage_of(server, raw) == (12, 17)
    if asked:
        assert chunks[-1].usage is not None
        assert chunks[-1].usage.completion_tokens == 17
        cost = chunks[-1].usage.model_dump()["cost"]
        assert cost == server.receipt(raw.headers["x-request-id"])["cost_usd"]


@pytest.mark.parametrize("stream", [True, False])
def test_tools(client: openai.OpenAI, server: Server, stream: bool) -> None:
    messages = user("where is the parcel")
    tools = [PARCEL, WEATHER]
    calls = called(client, messages, tools, stream)
    assert [(name, json.loads(arguments)) for _, name, arguments in calls] == [
        ("locate_parcel", {"parcel_id": "P-118"}),
        ("weather", {"city": "Oslo", "unit": "celsius"}),
    ]
    said = {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": one, "type": "function", "function": {"name": name, "arguments": arguments}}
            for one, name, arguments in calls
        ],
    }
    results = [{"role": "tool", "tool_call_id": one, "content": "Oslo"} for one, _, _ in calls]
    raw = client.chat.completions.with_raw_response.create(
        model="mock-plain", messages=[*messages, said, *results], tools=tools
    )
    assert raw.parse().choices[0].message.content == "It is in Oslo, where it rains."
    assert usage_of(server, raw) == (70, 9)


def called(
    client: openai.OpenAI, messages: list[Any], tools: list[Any], stream: bool
) -> list[tuple[str, str, str]]:
    if stream:
        chunks = list(
            client.chat.completions.create(
                model="mock-plain", messages=messages, tools=tools, stream=True
            )
        )
        streams.check(chunks)
        assert [c.choices[0].finish_reason for c in chunks][-1] == "tool_calls"
        return streams.calls(chunks)
    reply = client.chat.completions.create(model="mock-plain", messages=messages, tools=tools)
    assert reply.choices[0].finish_reason == "tool_calls"
    return [
        (call.id, call.function.name, call.function.arguments)
        for call in reply.choices[0].message.tool_calls or ()
        if call.type == "function"
    ]


class Verdict(BaseModel):
    verdict: str
    score: int


def test_structured_output(client: openai.OpenAI) -> None:
    reply = client.chat.completions.parse(
        model="mock-plain", messages=user("judge this"), response_format=Verdict
    )
    assert reply.choices[0].message.parsed == Verdict(verdict="good", score=7)


def test_n_of_an_upstream_that_answers_once(client: openai.OpenAI, server: Server) -> None:
    """One choice is charged as one, whatever was asked for."""
    raw = client.chat.completions.with_raw_response.create(
        model="mock-plain", messages=user("say hello"), n=2
    )
    receipt = server.receipt(raw.headers["x-request-id"])
    calls = len(raw.parse().choices)
    assert receipt["usage"]["output_text"] == 5 * calls


def test_embeddings(client: openai.OpenAI, server: Server) -> None:
    model = "text-embedding-3-small"
    raw = client.embeddings.with_raw_response.create(model=model, input="measure this")
    assert raw.parse().data[0].embedding == [0.5, -0.25, 0.125, 1]
    floats = client.embeddings.create(model=model, input="measure this", encoding_format="float")
    assert floats.data[0].embedding == [0.5, -0.25, 0.125, 1]
    several = client.embeddings.create(model=model, input=["one", "two", "three"])
    assert [item.index for item in several.data] == [0, 1, 2]
    assert server.receipt(raw.headers["x-request-id"])["status"] == "settled"


FAILURES = [
    ("429", "fail with 429", 429, "upstream_saturated"),
    ("500", "fail with 500", 502, "upstream_error"),
    ("503", "fail with 503", 503, "upstream_error"),
    ("401", "fail with 401", 503, "upstream_account_unavailable"),
    ("drop", "drop the line", 502, "upstream_error"),
    ("nonsense", "send nonsense", 502, "bad_upstream_response"),
]
failures = pytest.mark.parametrize(("kind", "prompt", "status", "code"), FAILURES)
forms = pytest.mark.parametrize("form", ["json", "stream"])


@forms
@failures
def test_a_failure_without_another_channel(
    client: openai.OpenAI,
    server: Server,
    kind: str,
    prompt: str,
    status: int,
    code: str,
    form: str,
) -> None:
    """Of our key, too: never the caller's 401, and our key stays ours."""
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(
            model=f"lone-{kind}-{form}", messages=user(prompt), stream=form == "stream"
        )
    error = caught.value
    assert (error.status_code, error.code) == (status, code), error.message
    assert CANARY not in error.message
    if status in (429, 503):
        assert int(error.response.headers["retry-after"]) >= 1
    receipt = server.receipt(error.request_id or "")
    assert [one["outcome"] for one in receipt["attempts"]] == [code]
    assert receipt["cost_nanos"] == "0"


@forms
@failures
def test_a_failure_with_another_channel(
    client: openai.OpenAI,
    server: Server,
    kind: str,
    prompt: str,
    status: int,
    code: str,
    form: str,
) -> None:
    """Before the first content byte the caller never sees it."""
    raw = client.chat.completions.with_raw_response.create(
        model=f"spared-{kind}-{form}", messages=user(prompt), stream=form == "stream"
    )
    if form == "stream":
        chunks = list(raw.parse())  # type: ignore[call-overload]
        streams.check(chunks)
        assert prompt in streams.text(chunks)
    else:
        assert prompt in (raw.parse().choices[0].message.content or "")
    receipt = server.receipt(raw.headers["x-request-id"])
    assert [one["outcome"] for one in receipt["attempts"]] == [code, "answered"]


@forms
def test_a_request_that_the_upstream_refuses(
    client: openai.OpenAI, server: Server, form: str
) -> None:
    """The caller's own mistake: told in the upstream's words, not tried elsewhere."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(
            model=f"spared-400-{form}", messages=user("fail with 400"), stream=form == "stream"
        )
    assert "Your request is odd." in caught.value.message
    assert caught.value.code == "odd_request"
    assert len(server.receipt(caught.value.request_id or "")["attempts"]) == 1


def test_a_stream_that_breaks_off(client: openai.OpenAI, server: Server) -> None:
    """An error event, never a quiet end; what came is charged and said to be counted by us."""
    raw = client.chat.completions.with_raw_response.create(
        model="spared-break-stream", messages=user("break off"), stream=True
    )
    came: list[Any] = []
    with pytest.raises(openai.APIError) as caught:
        came.extend(raw.parse())
    assert streams.text(came)
    assert caught.value.body
    receipt = server.receipt(raw.headers["x-request-id"])
    assert receipt["end"] == "upstream_failed"
    assert not receipt["exact"]
    assert receipt["usage"]["output_text"] > 0


@forms
def test_a_client_that_does_not_wait(client: openai.OpenAI, server: Server, form: str) -> None:
    """The upstream has the request already: the prompt is charged, once, and nothing is open."""
    stream = form == "stream"
    before = left(server)
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.6).chat.completions.create(
            model="mock-plain", messages=user("think for long"), stream=stream
        )
    [identity] = server.wait_for(lambda: left(server) - before)
    receipt = server.receipt(identity)
    assert receipt["http_status"] == 499
    assert receipt["stream"] is stream
    assert [one["kind"] for one in receipt["transfers"]] == ["pending", "post"]
    assert receipt["usage"]["input_fresh"] > 0
    assert not receipt["usage"].get("output_text")
    assert receipt["cost_nanos"] == receipt["transfers"][1]["nanos"]


def left(server: Server) -> set[str]:
    """Ids of the requests whose client went before an answer."""
    rows = call(server, "GET", "/api/log/token").body["data"]
    gone = Fault("client_closed_request").text("en")
    return {row["request_id"] for row in rows if row["content"] == gone}


def test_a_slow_first_token(client: openai.OpenAI, server: Server) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model="mock-plain", messages=user("take your time"), stream=True
    )
    chunks = list(raw.parse())
    streams.check(chunks)
    assert streams.text(chunks) == "Late but whole, after all."
    assert server.receipt(raw.headers["x-request-id"])["first_token_ms"] >= 800


def test_a_pause_is_filled_with_empty_deltas(client: openai.OpenAI) -> None:
    """Data events of the dialect, with the stream's own id: some idle timers ignore comments."""
    chunks = list(
        client.chat.completions.create(
            model="mock-plain", messages=user("pause between words"), stream=True
        )
    )
    streams.check(chunks)
    assert streams.text(chunks) == "Slowly."
    empty = [
        chunk
        for chunk in chunks[1:]
        if not chunk.choices[0].delta.content and chunk.choices[0].finish_reason is None
    ]
    assert empty

"""Upstreams that break their own protocol, behind callers of another; and what chat callers send
that only the Responses dialect has words for, or has none."""

import json
from typing import Any

import pytest

from tests.dialects.making import FREE, body, no_headers, same
from waystation.dialects.anthropic.request import parse as parse_messages
from waystation.dialects.openai_chat.request import parse as parse_chat
from waystation.dialects.openai_responses.request import parse as parse_responses
from waystation.dialects.speakers import translate
from waystation.errors import Fault

SPOKEN = ("responses", "generate", "messages")
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
FUNCTION = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}


def chat(**fields: Any) -> Any:
    turns = [{"role": "user", "content": "Hello?"}]
    return parse_chat(body(**{"model": "m", "messages": turns, **fields}), no_headers)


def sse(*events: Any) -> bytes:
    return b"".join(b"data: " + body(**event) + b"\n\n" for event in events)


BROKEN = [
    b"<html>busy</html>",
    body(error={"message": "no", "code": 429, "status": "RESOURCE_EXHAUSTED"}),
    b"[1, 2]",
    b"data: {broken\n\n",
    b"data: 7\n\n",
    sse({"error": {"message": "no", "type": "server_error"}}),
    sse({"type": "error", "error": {"type": "overloaded_error", "message": "no"}}),
    sse({"type": "error", "code": "server_error", "message": "no"}),
    sse({"type": "response.failed", "response": {"status": "failed", "error": {"code": "x"}}}),
    sse({"type": "response.created", "response": {"id": "resp_1"}}),
    sse({"promptFeedback": {"blockReason": "SAFETY"}}),
    sse({"type": "message_start", "message": {"id": "msg_1", "role": "assistant"}}),
    b"data: " + b"[" * 3000 + b"]" * 3000 + b"\n\n",
    b"",
]


@pytest.mark.parametrize("spoken", SPOKEN)
@pytest.mark.parametrize("broken", BROKEN, ids=range(len(BROKEN)))
@pytest.mark.parametrize("pieces", [1, 7, 10_000])
def test_a_broken_stream_is_a_fault_and_tells_nothing(
    spoken: str, broken: bytes, pieces: int
) -> None:
    reader = translate(chat(stream=True), spoken).stream_reader(same("up"), FREE)
    size = len(broken) // 7 + 1 if pieces == 7 else pieces
    for at in range(0, len(broken), size):
        reader.feed(broken[at : at + size])
    reader.close()
    assert reader.fault is not None
    assert not reader.has_output
    assert reader.feed(broken) == b""


@pytest.mark.parametrize("spoken", SPOKEN)
@pytest.mark.parametrize("broken", BROKEN[:10], ids=range(10))
def test_a_broken_answer_is_a_fault(spoken: str, broken: bytes) -> None:
    reader = translate(chat(), spoken).reply_reader(same("up"), FREE)
    with pytest.raises(Fault) as caught:
        reader.read(200, "application/json", broken)
    assert caught.value.status >= 400


RARE_TURNS: list[dict[str, Any]] = [
    {"role": "system", "content": [{"type": "text", "text": "Be kind."}]},
    {"role": "user", "content": [
        {"type": "file", "file": {"filename": "a.pdf",
                                  "file_data": "data:application/pdf;base64,aGk="}},
        {"type": "image_url", "image_url": {"url": "https://files.example/a.png"}},
        {"type": "file", "file": {"file_id": "file_1"}},
        {"type": "text", "text": "What is this?"}]},
    {"role": "assistant", "content": None, "refusal": "I will not."},
    {"role": "assistant", "content": "Then I do.", "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": ""}}]},
    {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "sun"}]},
    {"role": "developer", "content": "Soon."},
]  # fmt: skip


def test_rare_turns_of_chat_reach_responses() -> None:
    operation = chat(messages=RARE_TURNS, tools=[FUNCTION], parallel_tool_calls=False)
    told = json.loads(translate(operation, "responses").body_for(same("gpt-5")))
    text = json.dumps(told)
    for word in ("Be kind.", "a.pdf", "a.png", "file_1", "I will not.", "Then I do.", "sun"):
        assert word in text
    kinds = [item["type"] for item in told["input"]]
    assert kinds.count("function_call") == kinds.count("function_call_output") == 1
    assert told["store"] is False


@pytest.mark.parametrize(
    ("model", "fields", "told", "lost"),
    [
        ("gpt-5", {"temperature": 0.2}, {}, {"temperature"}),
        ("gpt-4o", {"temperature": 0.2, "top_p": 0.5}, {"temperature": 0.2, "top_p": 0.5}, set()),
        ("gpt-4o", {"reasoning_effort": "high"}, {}, {"reasoning_effort"}),
        ("gpt-5", {"reasoning_effort": "none"}, {"reasoning": {"effort": "none"}}, set()),
        ("gpt-5", {"verbosity": "low"}, {"text": {"verbosity": "low"}}, set()),
        ("gpt-5", {"max_completion_tokens": 3}, {"max_output_tokens": 16}, set()),
        (
            "gpt-5",
            {"response_format": {"type": "json_object"}},
            {"text": {"format": {"type": "json_object"}}},
            set(),
        ),
        (
            "gpt-5",
            {"tools": [FUNCTION], "tool_choice": "required"},
            {"tool_choice": "required"},
            set(),
        ),
    ],
)
def test_knobs_of_chat_at_responses(
    model: str, fields: dict[str, Any], told: dict[str, Any], lost: set[str]
) -> None:
    translated = translate(chat(**fields), "responses")
    sent = json.loads(translated.body_for(same(model)))
    assert {name: sent.get(name) for name in told} == told
    assert {loss.path for loss in translated.losses(same(model))} == lost


@pytest.mark.parametrize(("budget", "effort"), [(1024, "low"), (8192, "medium"), (32000, "high")])
def test_budgets_of_messages_are_efforts_at_responses(budget: int, effort: str) -> None:
    operation = parse_messages(
        body(
            model="m",
            max_tokens=40_000,
            messages=[{"role": "user", "content": [
                {"type": "text", "text": "Hi"},
                {"type": "document", "source": {"type": "base64", "data": "aGk=",
                                                "media_type": "application/pdf"}}]},
                {"role": "assistant", "content": [
                    {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
                    {"type": "tool_use", "id": "t1", "name": "look", "input": {}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1",
                    "content": [{"type": "text", "text": "seen"},
                                {"type": "image", "source": {"type": "base64", "data": "aGk=",
                                                             "media_type": "image/png"}}]}]}],
            tools=[{"name": "look", "input_schema": SCHEMA},
                   {"type": "web_search_20250305", "name": "web_search"}],
            thinking={"type": "enabled", "budget_tokens": budget},
        ),
        no_headers,
    )  # fmt: skip
    translated = translate(operation, "responses")
    told = json.loads(translated.body_for(same("gpt-5")))
    assert told["reasoning"]["effort"] == effort
    assert "seen" in json.dumps(told)
    assert [loss.path for loss in translated.losses(same("gpt-5"))]


def test_what_a_responses_body_says_of_money_and_affinity() -> None:
    big = "aGk=" * 3000

    def asked(part: dict[str, Any]) -> Any:
        turns = [{"role": "user", "content": [part]}]
        return parse_responses(body(model="gpt-5", input=turns, instructions="x"), no_headers)

    plain = asked({"type": "input_text", "text": "hi"})
    sound = asked({"type": "input_audio", "input_audio": {"data": big}})
    named = asked({"type": "input_file", "file_id": "file_1"})
    small = asked({"type": "input_image", "image_url": f"data:image/png;base64,{big}",
                   "detail": "low"})  # fmt: skip
    assert sound.needs == {"audio"}
    assert named.needs == {"files"}
    assert small.needs == {"vision"}
    assert named.prompt_tokens > plain.prompt_tokens
    assert small.prompt_tokens < len(big)
    assert plain.affinity == asked({"type": "input_text", "text": "hi"}).affinity != named.affinity
    odd = parse_responses(body(model="gpt-5", input=[{"content": "x"}]), no_headers)
    assert odd.affinity is None

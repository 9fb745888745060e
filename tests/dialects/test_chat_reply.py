"""Whole answers: recorded vendors, the declared edits, streams put together."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.dialects import recorded
from tests.dialects.making import FREE, chat, completion, priced, same
from waystation.dialects.operation import Receipt, Target

USAGE = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}


def answer(message: dict[str, Any] | None = None, **more: Any) -> bytes:
    base = {
        "id": "chatcmpl-9aK",
        "object": "chat.completion",
        "created": 1731000100,
        "model": "up",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", **(message or {"content": "Good evening."})},
                "finish_reason": "stop",
            }
        ],
        "usage": USAGE,
    }
    kept = {name: value for name, value in {**base, **more}.items() if value is not ...}
    return json.dumps(kept, separators=(",", ":")).encode()


def read(body: bytes, target: Target | None = None, receipt: Receipt = FREE) -> dict[str, Any]:
    out = chat().reply_reader(target or same(), receipt).read(200, "application/json", body)
    told: dict[str, Any] = json.loads(out)
    return told


@recorded.needs_recordings
@pytest.mark.parametrize("name", recorded.CHAT_REPLIES)
def test_recorded_answers_pass_byte_for_byte(name: str) -> None:
    reader = chat().reply_reader(same(), FREE)
    body = recorded.reply(name)
    assert reader.read(200, "application/json", body) == body
    assert reader.has_output
    assert reader.usage().exact
    assert reader.upstream_id == json.loads(body)["id"]


@recorded.needs_recordings
@pytest.mark.parametrize("name", recorded.CHAT_REPLIES)
def test_only_declared_fields_change(name: str) -> None:
    body = recorded.reply(name)
    expected = json.loads(body)
    expected["model"] = "asked"
    expected["usage"]["cost"] = 0.0000045
    out = chat().reply_reader(same("other"), priced()).read(200, "application/json", body)
    assert json.loads(out) == expected


@recorded.needs_recordings
@pytest.mark.parametrize("name", [n for n in recorded.CHAT_REPLIES if "mistral" not in n])
def test_answers_fit_the_vendors_schema(name: str) -> None:
    validator = Draft202012Validator(recorded.schema("CreateChatCompletionResponse"))
    body = recorded.reply(name)
    told = read(body, same("other"), priced())
    told["system_fingerprint"] = told.get("system_fingerprint") or ""
    told["service_tier"] = "auto"
    for choice in told["choices"]:
        choice.setdefault("logprobs", None)
        choice["message"].setdefault("refusal", None)
    assert [error.message for error in validator.iter_errors(told)] == []


@recorded.needs_recordings
@pytest.mark.parametrize("name", recorded.CHAT_STREAMS)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_stream_where_json_was_asked_for_is_put_together(name: str, end: bytes) -> None:
    reader = chat().reply_reader(same("other"), FREE)
    out = reader.read(200, "text/event-stream", recorded.stream(name, end))
    told = json.loads(out)
    source = [json.loads(payload) for payload in recorded.payloads(name)]
    assert told["object"] == "chat.completion"
    assert told["model"] == "asked"
    assert told["usage"] == [chunk["usage"] for chunk in source if chunk.get("usage")][-1]
    message = told["choices"][0]["message"]
    assert message["role"] == "assistant"
    for field in ("content", "reasoning_content", "reasoning"):
        pieces = [choice["delta"].get(field) for chunk in source for choice in chunk["choices"]]
        if any(isinstance(piece, list) for piece in pieces):
            continue
        joined = "".join(piece for piece in pieces if piece)
        assert (message.get(field) or "") == joined
    deltas = [
        call
        for chunk in source
        for choice in chunk["choices"]
        for call in choice["delta"].get("tool_calls") or ()
    ]
    calls = message.get("tool_calls", [])
    assert bool(calls) == bool(deltas)
    arguments = "".join(delta["function"].get("arguments") or "" for delta in deltas)
    assert "".join(call["function"]["arguments"] for call in calls) == arguments
    assert all(call["id"] and call["type"] == "function" for call in calls)
    finishes = [c.get("finish_reason") for chunk in source for c in chunk["choices"]]
    assert told["choices"][0]["finish_reason"] == [finish for finish in finishes if finish][-1]
    assert reader.usage().exact


@recorded.needs_recordings
def test_a_completion_stream_is_put_together() -> None:
    name = recorded.TEXT_STREAMS[0]
    reader = completion(max_tokens=100).reply_reader(same(), FREE)
    told = json.loads(reader.read(200, "", recorded.stream(name)))
    source = [json.loads(payload) for payload in recorded.payloads(name)]
    text = "".join(choice["text"] for chunk in source for choice in chunk["choices"])
    assert told["object"] == "text_completion"
    assert told["choices"] == [
        {"index": 0, "text": text, "logprobs": None, "finish_reason": "length"}
    ]


def test_usage_is_always_there() -> None:
    for usage in (..., None, {}, 7):
        told = read(answer(usage=usage))
        assert told["usage"]["total_tokens"] > 0
        assert told["usage"]["completion_tokens"] == 4


def test_usage_in_odd_places() -> None:
    aside = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    choices = json.loads(answer())["choices"]
    choices[0]["usage"] = aside
    assert read(answer(usage=..., choices=choices))["usage"] == aside
    assert read(answer(usage=..., x_groq={"usage": aside}))["usage"] == aside


def test_cost_joins_the_usage() -> None:
    assert read(answer(), same("up"), priced("0.00000885"))["usage"] == {
        **USAGE,
        "cost": 0.00000885,
    }
    told = read(answer(usage={**USAGE, "cost": 99}), same("up"), priced("0.5"))
    assert told["usage"]["cost"] == 0.5


def test_the_model_is_only_set_back_when_mapped() -> None:
    assert read(answer(model="gpt-4o-2024-08-06"))["model"] == "gpt-4o-2024-08-06"
    assert read(answer(model="up"), same("up"))["model"] == "asked"


@pytest.mark.parametrize(
    ("message", "has_output"),
    [
        ({"content": ""}, False),
        ({"content": None}, False),
        ({"content": []}, False),
        ({"content": None, "tool_calls": []}, False),
        ({"content": "x"}, True),
        ({"content": None, "reasoning_content": "x"}, True),
        ({"content": None, "refusal": "no"}, True),
        ({"content": [{"type": "text", "text": "x"}]}, True),
        ({"content": None, "tool_calls": [{"id": "c"}]}, True),
        ({"content": None, "function_call": {"name": "f"}}, True),
        ({"content": None, "audio": {"id": "a"}}, True),
    ],
)
def test_what_counts_as_output(message: dict[str, Any], has_output: bool) -> None:
    reader = chat().reply_reader(same(), FREE)
    usage = {"prompt_tokens": 9, "completion_tokens": 0, "total_tokens": 9}
    reader.read(200, "application/json", answer(message, usage=usage))
    assert reader.has_output is has_output
    assert (reader.usage().input_tokens > 0) is has_output


def test_an_empty_answer_with_output_tokens_posts() -> None:
    reader = chat().reply_reader(same(), FREE)
    reader.read(200, "application/json", answer({"content": ""}))
    assert not reader.has_output
    assert (reader.usage().input_tokens, reader.usage().output_tokens) == (9, 4)


def test_thoughts_are_moved_when_the_channel_says_so() -> None:
    body = answer({"content": "<think>\nhmm</think>\n\nYes."})
    message = read(body, same(think_tags=True))["choices"][0]["message"]
    assert (message["reasoning_content"], message["content"]) == ("\nhmm", "Yes.")
    assert read(body)["choices"][0]["message"]["content"].startswith("<think>")


def test_a_legacy_caller_gets_its_function_call() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    body = answer({"content": None, "tool_calls": [call]})
    operation = chat(functions=[{"name": "f"}])
    out = json.loads(operation.reply_reader(same(), FREE).read(200, "", body))
    assert out["choices"][0]["message"]["function_call"] == call["function"]
    assert "tool_calls" not in out["choices"][0]["message"]
    assert out["choices"][0]["finish_reason"] == "function_call"


def test_a_legacy_caller_gets_its_function_call_in_streams() -> None:
    operation = chat(functions=[{"name": "f"}], stream=True)
    reader = operation.stream_reader(same(), FREE)
    pieces = [
        {"role": "assistant", "tool_calls": [_delta("c", "f", "")]},
        {"tool_calls": [_delta(None, None, "{}")]},
    ]
    frames = [{"choices": [{"index": 0, "delta": delta}]} for delta in pieces]
    frames.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    wire = b"".join(b"data: " + json.dumps(frame).encode() + b"\n\n" for frame in frames)
    chunks, _ = recorded.chunks_of(reader.feed(wire) + reader.close())
    calls = [chunk["choices"][0]["delta"].get("function_call") for chunk in chunks]
    assert calls == [{"name": "f", "arguments": ""}, {"arguments": "{}"}, None]
    assert chunks[-1]["choices"][0]["finish_reason"] == "function_call"


def _delta(call_id: str | None, name: str | None, arguments: str) -> dict[str, Any]:
    function = {"arguments": arguments} if name is None else {"name": name, "arguments": arguments}
    return {"index": 0, "function": function, **({"id": call_id} if call_id else {})}

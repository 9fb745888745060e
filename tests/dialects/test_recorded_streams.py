"""Streams read and passed on: recorded traffic at every split (proof 10) and the contract."""

import json
import random
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.dialects import recorded
from tests.dialects.making import priced, same
from tests.dialects.streams import check_contract, reader_for, run, texts_of
from waystation.dialects.openai_chat.stream import ChatStream
from waystation.dialects.operation import Target

pytestmark = pytest.mark.untraced

ALL = (*recorded.CHAT_STREAMS, *recorded.TEXT_STREAMS)


def facts(reader: ChatStream) -> tuple[Any, ...]:
    return (
        reader.usage(),
        reader.started,
        reader.finished,
        reader.fault,
        reader.upstream_id,
        reader.has_output,
    )


def split_randomly(data: bytes, seed: int) -> list[bytes]:
    chance = random.Random(seed)
    pieces, at = [], 0
    while at < len(data):
        size = chance.choice((1, 2, 3, 7, 50, 400, 3000))
        pieces.append(data[at : at + size])
        at += size
    return pieces


@recorded.needs_recordings
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("target", [same(), same("other")], ids=["same", "mapped"])
def test_every_split_gives_the_same(name: str, end: bytes, target: Target) -> None:
    wire = recorded.stream(name, end)
    whole = reader_for(name, True, target)
    expected = run(whole, [wire])
    assert whole.fault is None
    cuts = [split_randomly(wire, seed) for seed in range(3)]
    if len(wire) < 150_000:
        cuts.append([wire[at : at + 1] for at in range(len(wire))])
    else:
        cuts.append([wire[at : at + 3] for at in range(0, len(wire), 3)])
    for pieces in cuts:
        reader = reader_for(name, True, target)
        assert run(reader, pieces) == expected
        assert facts(reader) == facts(whole)


@recorded.needs_recordings
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("include_usage", [True, False])
@pytest.mark.parametrize("target", [same(), same("other")], ids=["same", "mapped"])
@pytest.mark.parametrize("done", [True, False], ids=["done", "no done"])
def test_the_contract_over_recorded_streams(
    name: str, include_usage: bool, target: Target, done: bool
) -> None:
    reader = reader_for(name, include_usage, target)
    out = run(reader, [recorded.stream(name, done=done)])
    is_text = name in recorded.TEXT_STREAMS
    object_name = "text_completion" if is_text else "chat.completion.chunk"
    chunks = check_contract(out, include_usage, object_name)
    source = [json.loads(payload) for payload in recorded.payloads(name)]
    assert texts_of(chunks) == texts_of(source)
    assert reader.finished
    assert reader.started
    assert reader.fault is None
    told = [chunk["usage"] for chunk in source if chunk.get("usage")][-1]
    assert reader.usage().raw == told
    assert reader.usage().exact
    assert reader.usage().input_tokens + reader.usage().output_tokens == told["total_tokens"]
    if include_usage:
        assert chunks[-1]["usage"] == told
    if target.upstream_model == "other":
        assert {chunk["model"] for chunk in chunks} == {"asked"}


UNTOUCHED = ("alibaba/alibaba-tool-call", "deepseek/deepseek-text", "openai/openai-completion-text")


@recorded.needs_recordings
@pytest.mark.parametrize("name", UNTOUCHED)
def test_frames_pass_byte_for_byte(name: str) -> None:
    reader = reader_for(name, True)
    payloads = recorded.payloads(name)
    out = b"".join(reader.feed(b"data: " + payload + b"\n\n") for payload in payloads)
    plain = [payload for payload in payloads if json.loads(payload).get("usage") is None]
    assert out.startswith(b"".join(b"data: " + payload + b"\n\n" for payload in plain))


@recorded.needs_recordings
@pytest.mark.parametrize("name", ALL)
def test_chunks_fit_the_vendors_schema(name: str) -> None:
    is_text = name in recorded.TEXT_STREAMS
    schema_name = "CreateCompletionResponse" if is_text else "CreateChatCompletionStreamResponse"
    validator = Draft202012Validator(recorded.schema(schema_name))
    chunks, _ = recorded.chunks_of(run(reader_for(name, True), [recorded.stream(name)]))
    for chunk in chunks:
        _forget_vendor_liberties(chunk)
        errors = [error.message for error in validator.iter_errors(chunk)]
        assert errors == []


def _forget_vendor_liberties(chunk: dict[str, Any]) -> None:
    """What vendors send that the published schema does not know, and that passes untouched."""
    for choice in chunk["choices"]:
        choice.setdefault("finish_reason", None)
        delta = choice.get("delta", {})
        if isinstance(delta.get("content"), list):
            delta["content"] = ""
        if "text" in choice and choice["finish_reason"] is None:
            choice["finish_reason"] = "stop"
    for name in [name for name, value in chunk.items() if value is None]:
        del chunk[name]


@recorded.needs_recordings
def test_a_tool_call_without_index_gets_one() -> None:
    name = "mistral/mistral-tool-call"
    chunks, _ = recorded.chunks_of(run(reader_for(name, False), [recorded.stream(name)]))
    calls = [
        call
        for chunk in chunks
        for choice in chunk["choices"]
        for call in choice["delta"].get("tool_calls") or ()
    ]
    assert [(call["index"], call["type"]) for call in calls] == [(0, "function")]


@recorded.needs_recordings
def test_cost_is_shown_in_the_usage_chunk() -> None:
    name = "deepseek/deepseek-text"
    reader = reader_for(name, True, receipt=priced("0.00012"))
    out = run(reader, [recorded.stream(name)])
    assert b'"cost":0.00012}' in out.split(b"\n\n")[-3]

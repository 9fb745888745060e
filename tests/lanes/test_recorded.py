"""Each recorded answer through a reader, its meter, and the other dialect's writer."""

import json
from typing import Any

import pytest

from tests.anthropic.making import REPLIES, STREAMS, check_order, content, recorded_path
from tests.anthropic.making import stream as messages_stream
from tests.dialects.making import same
from tests.dialects.recorded import CHAT_REPLIES, CHAT_STREAMS, needs_recordings, reply
from tests.dialects.recorded import stream as chat_stream
from tests.dialects.streams import check_contract, reader_for, texts_of
from tests.dialects.streams import run as run_native
from tests.lanes.making import chat_to_messages, message, messages_to_chat, read, reader, run
from waystation.dialects.operation import Receipt

FREE = Receipt(None)
ENDS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}
USAGE = {"stream_options": {"include_usage": True}}


def native_content(name: str) -> list[dict[str, Any]]:
    stream = message(stream=True).stream_reader(same(), FREE)
    out = stream.feed(messages_stream(name)) + stream.close()
    return content(check_order(out))


def joined(blocks: list[dict[str, Any]], kind: str) -> str:
    return "".join(block[kind] for block in blocks if block["type"] == kind)


def calls_of(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tool calls as an SDK adds them up."""
    found: dict[int, dict[str, Any]] = {}
    for chunk in chunks:
        for choice in chunk["choices"]:
            for call in choice["delta"].get("tool_calls", ()):
                at = found.setdefault(call["index"], {"arguments": ""})
                at |= {name: call[name] for name in ("id", "type") if name in call}
                function = call["function"]
                at |= {"name": function["name"]} if "name" in function else {}
                at["arguments"] += function["arguments"]
    assert list(found) == list(range(len(found)))
    return [found[index] for index in found]


@needs_recordings
@pytest.mark.parametrize("size", [0, 13])
@pytest.mark.parametrize("name", STREAMS)
def test_a_messages_stream_as_chat(name: str, size: int) -> None:
    stream = reader(chat_to_messages(stream=True, **USAGE))
    out = run(stream, messages_stream(name), size)
    assert stream.fault is None
    chunks = check_contract(out, include_usage=True, object_name="chat.completion.chunk")
    assert {chunk["model"] for chunk in chunks} == {"asked"}
    blocks = native_content(name)
    texts = texts_of(chunks)
    assert texts.get("content", "") == joined(blocks, "text")
    assert texts.get("reasoning_content", "") == joined(blocks, "thinking")
    tools = [block for block in blocks if block["type"] == "tool_use"]
    calls = calls_of(chunks)
    assert [(call["id"], call["name"]) for call in calls] == [(t["id"], t["name"]) for t in tools]
    assert [json.loads(call["arguments"]) for call in calls] == [t["input"] for t in tools]
    usage = stream.usage()
    assert usage.exact
    native = message(stream=True).stream_reader(same(), FREE)
    native.feed(messages_stream(name))
    assert usage == native.usage()
    assert chunks[-1]["usage"]["prompt_tokens"] == usage.input_tokens
    assert chunks[-1]["usage"]["completion_tokens"] == usage.output_tokens
    finish = "tool_calls" if tools else "stop"
    assert chunks[-2]["choices"][0]["finish_reason"] == finish


@needs_recordings
def test_signed_thoughts_come_with_their_signature() -> None:
    name = "anthropic/anthropic-clear-thinking.1"
    out = run(reader(chat_to_messages(stream=True)), messages_stream(name))
    chunks = check_contract(out, include_usage=False, object_name="chat.completion.chunk")
    details = [
        detail
        for chunk in chunks
        for detail in chunk["choices"][0]["delta"].get("reasoning_details", ())
    ]
    block = native_content(name)[0]
    assert len(details) == 1
    assert details[0]["text"] == block["thinking"]
    assert details[0]["signature"] == block["signature"]


@needs_recordings
@pytest.mark.parametrize("size", [0, 13])
@pytest.mark.parametrize("name", CHAT_STREAMS)
def test_a_chat_stream_as_messages(name: str, size: int) -> None:
    stream = reader(messages_to_chat(stream=True))
    out = run(stream, chat_stream(name), size)
    assert stream.fault is None
    found = check_order(out)
    assert found[0]["message"]["model"] == "asked"
    native = reader_for(name, include_usage=True)
    chunks = check_contract(run_native(native, [chat_stream(name)]), True, "chat.completion.chunk")
    texts = texts_of(chunks)
    blocks = content(found)
    if "mistral-reasoning" not in name:  # there the native texts hold parts
        assert joined(blocks, "text") == texts.get("content", "")
        thoughts = texts.get("reasoning_content", "") or texts.get("reasoning", "")
        assert joined(blocks, "thinking") == thoughts
    else:
        assert joined(blocks, "text")
        assert joined(blocks, "thinking")
    calls = calls_of(chunks)
    tools = [block for block in blocks if block["type"] == "tool_use"]
    assert [t["name"] for t in tools] == [call["name"] for call in calls]
    assert [t["input"] for t in tools] == [json.loads(call["arguments"]) for call in calls]
    usage = stream.usage()
    assert usage == native.usage()
    told = found[-2]["usage"]
    cached = told["cache_read_input_tokens"]
    assert told["input_tokens"] + cached == usage.input_tokens
    assert told["output_tokens"] == usage.output_tokens
    finish = next(c["choices"][0]["finish_reason"] for c in reversed(chunks) if c["choices"])
    assert found[-2]["delta"]["stop_reason"] == ENDS[finish]


@needs_recordings
@pytest.mark.parametrize("name", REPLIES)
def test_a_message_as_a_chat_completion(name: str) -> None:
    body = recorded_path(name).read_bytes()
    pair = chat_to_messages()
    out = read(pair, body)
    was = json.loads(body)
    said = out["choices"][0]["message"]
    assert (said["content"] or "") == joined(was["content"], "text")
    assert said.get("reasoning_content", "") == joined(was["content"], "thinking")
    tools = [block for block in was["content"] if block["type"] == "tool_use"]
    calls = said.get("tool_calls", [])
    assert [json.loads(call["function"]["arguments"]) for call in calls] == [
        tool["input"] for tool in tools
    ]
    finish = {"refusal": "content_filter", "tool_use": "tool_calls"}
    reason = was["stop_reason"] or "end_turn"
    assert out["choices"][0]["finish_reason"] == finish.get(reason, "stop")
    assert out["model"] == "asked"


@needs_recordings
@pytest.mark.parametrize("name", CHAT_REPLIES)
def test_a_chat_completion_as_a_message(name: str) -> None:
    pair = messages_to_chat()
    out = read(pair, reply(name))
    said = json.loads(reply(name))["choices"][0]["message"]
    if isinstance(said.get("content"), str):
        assert joined(out["content"], "text") == said["content"]
    tools = [block for block in out["content"] if block["type"] == "tool_use"]
    calls = said.get("tool_calls") or []
    assert [tool["input"] for tool in tools] == [
        json.loads(call["function"]["arguments"]) for call in calls
    ]
    assert out["stop_reason"] == ENDS[json.loads(reply(name))["choices"][0]["finish_reason"]]
    assert out["usage"]["output_tokens"] > 0


@needs_recordings
@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_cut_anywhere_is_a_fault(name: str) -> None:
    data = messages_stream(name)
    for share in (0.0, 0.3, 0.9):
        stream = reader(chat_to_messages(stream=True))
        cut = data[: int(len(data) * share)]
        run(stream, cut)
        assert stream.fault is not None
        assert not stream.finished


@needs_recordings
@pytest.mark.parametrize("name", CHAT_STREAMS)
def test_a_chat_stream_cut_anywhere_is_a_fault(name: str) -> None:
    data = chat_stream(name)
    for share in (0.0, 0.3, 0.6):
        stream = reader(messages_to_chat(stream=True))
        run(stream, data[: int(len(data) * share)])
        assert stream.fault is not None

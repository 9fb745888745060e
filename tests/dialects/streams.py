"""Streams as tests make them, and the contract that holds for what a caller gets."""

import json
from typing import Any

from tests.dialects import recorded
from tests.dialects.making import FREE, chat, completion, same
from waystation.dialects.openai_chat.stream import ChatStream
from waystation.dialects.operation import Receipt, Target


def reader_for(
    name: str, include_usage: bool, target: Target | None = None, receipt: Receipt = FREE
) -> ChatStream:
    options = {"stream_options": {"include_usage": True}} if include_usage else {}
    make = completion if name in recorded.TEXT_STREAMS else chat
    extra = {"max_tokens": 5000} if name in recorded.TEXT_STREAMS else {}
    operation = make(stream=True, **options, **extra)
    return operation.stream_reader(target or same(), receipt)


def run(reader: ChatStream, pieces: list[bytes]) -> bytes:
    out = [reader.feed(piece) for piece in pieces]
    return b"".join(out) + reader.close()


def texts_of(chunks: list[dict[str, Any]]) -> dict[str, str]:
    """Everything that the deltas add up to, told apart by field."""
    found: dict[str, str] = {}
    for chunk in chunks:
        for choice in chunk.get("choices", ()):
            parts = {**(choice.get("delta") or {}), "text": choice.get("text")}
            for name, value in parts.items():
                if name != "role" and value:
                    written = value if isinstance(value, str) else json.dumps(_bare(value))
                    found[name] = found.get(name, "") + written
    return found


def _bare(calls: Any) -> Any:
    """Tool calls without what a reader may add."""
    if isinstance(calls, list):
        return [
            {k: v for k, v in call.items() if k not in ("index", "type")}
            if "function" in call
            else call
            for call in calls
        ]
    return calls


def check_contract(out: bytes, include_usage: bool, object_name: str) -> list[dict[str, Any]]:
    """relay-api 1.4 over what a caller got."""
    chunks, is_done = recorded.chunks_of(out)
    assert is_done
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert chunks[0]["id"]
    assert len({chunk["created"] for chunk in chunks}) == 1
    assert {chunk["object"] for chunk in chunks} == {object_name}
    assert all(chunk["model"] for chunk in chunks)
    seen: set[int] = set()
    finishes: list[int] = []
    for position, chunk in enumerate(chunks):
        if not chunk["choices"]:
            assert include_usage
            assert position == len(chunks) - 1
        for choice in chunk["choices"]:
            index = choice["index"]
            if index not in seen and "delta" in choice:
                assert choice["delta"]["role"] == "assistant"
            seen.add(index)
            if choice.get("finish_reason") is not None:
                finishes.append(index)
    assert sorted(finishes) == sorted(seen)
    with_usage = [chunk for chunk in chunks if chunk.get("usage") is not None]
    assert len(with_usage) == int(include_usage)
    if include_usage:
        assert with_usage[0] is chunks[-1]
    return chunks


DONE = b"data: [DONE]\n\n"


def frame(
    delta: dict[str, Any] | None = None, finish: str | None = None, index: int = 0, **more: Any
) -> bytes:
    choice = {"index": index, "delta": delta or {}, "finish_reason": finish}
    return chunk(choices=[choice], **more)


def chunk(**fields: Any) -> bytes:
    base = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1731000000,
        "model": "asked",
    }
    return b"data: " + json.dumps({**base, **fields}).encode() + b"\n\n"


def usage_frame(prompt: int, completion_tokens: int, **more: Any) -> bytes:
    usage = {"prompt_tokens": prompt, "completion_tokens": completion_tokens}
    total = {"total_tokens": prompt + completion_tokens}
    return chunk(choices=[], usage={**usage, **total, **more})


HELLO = frame({"role": "assistant", "content": "Hello"})
STOP = frame(finish="stop")

"""What a caller heard in its own dialect, whole or streamed, told alike for all four."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.pairs.answers import CHAT_FINISH, GEMINI_FINISH, MESSAGES_FINISH
from tests.support.wire import Reply


@dataclass
class Heard:
    """cached, reasoning: of usage; None where the dialect does not tell it."""

    text: str = ""
    calls: list[tuple[str, Any]] = field(default_factory=list)
    thought: str = ""
    finish: str = ""
    input: int = -1
    output: int = -1
    cached: int | None = None
    reasoning: int | None = None
    turn: Any = None  # what goes back with the next turn


def heard(dialect: str, answer: Reply, streamed: bool) -> Heard:
    return heard_in(dialect, answer.body, streamed)


def heard_in(dialect: str, body: bytes, streamed: bool = True) -> Heard:
    """The same of an answer's bytes."""
    if not streamed:
        return _OF_WHOLE[dialect](json.loads(body))
    blocks = [block for block in body.replace(b"\r\n", b"\n").split(b"\n\n") if block]
    payloads = [
        line.removeprefix(b"data: ")
        for block in blocks
        for line in block.split(b"\n")
        if line.startswith(b"data: ")
    ]
    events = [json.loads(one) for one in payloads if one != b"[DONE]"]
    return _OF_STREAM[dialect](events)


def _key(names: dict[str, str], value: Any) -> str:
    return next((name for name, word in names.items() if word == value), str(value))


def _chat(body: dict[str, Any]) -> Heard:
    choice, usage = body["choices"][0], body["usage"]
    message = choice["message"]
    made = [(c["function"]["name"], json.loads(c["function"]["arguments"]))
            for c in message.get("tool_calls") or ()]  # fmt: skip
    return Heard(
        text=message.get("content") or "",
        calls=made,
        thought=message.get("reasoning_content") or "",
        finish=_key(CHAT_FINISH, choice["finish_reason"]),
        input=usage["prompt_tokens"],
        output=usage["completion_tokens"],
        cached=(usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0),
        reasoning=(usage.get("completion_tokens_details") or {}).get("reasoning_tokens", 0),
        turn=message,
    )


def _chat_stream(chunks: list[dict[str, Any]]) -> Heard:
    message: dict[str, Any] = {"role": "assistant", "content": "", "reasoning_content": ""}
    calls: dict[int, dict[str, Any]] = {}
    finish = None
    for chunk in chunks:
        for choice in chunk["choices"]:
            delta = choice["delta"]
            message["content"] += delta.get("content") or ""
            message["reasoning_content"] += delta.get("reasoning_content") or ""
            for call in delta.get("tool_calls") or ():
                known = calls.setdefault(call["index"], {"function": {"name": "", "arguments": ""}})
                known["id"] = call.get("id") or known.get("id")
                for name in ("name", "arguments"):
                    known["function"][name] += call["function"].get(name) or ""
            finish = choice.get("finish_reason") or finish
    message["tool_calls"] = list(calls.values())
    whole = {"message": message, "finish_reason": finish}
    return _chat({"choices": [whole], "usage": chunks[-1]["usage"]})


def _messages(body: dict[str, Any]) -> Heard:
    blocks, usage = body["content"], body["usage"]
    cached = usage.get("cache_read_input_tokens") or 0
    fresh = usage["input_tokens"] + (usage.get("cache_creation_input_tokens") or 0)
    return Heard(
        text="".join(block["text"] for block in blocks if block["type"] == "text"),
        calls=[(b["name"], b["input"]) for b in blocks if b["type"] == "tool_use"],
        thought="".join(b["thinking"] for b in blocks if b["type"] == "thinking"),
        finish=_key(MESSAGES_FINISH, body["stop_reason"]),
        input=fresh + cached,
        output=usage["output_tokens"],
        cached=cached,
        turn=blocks,
    )


def _messages_stream(events: list[dict[str, Any]]) -> Heard:
    assert events[0]["type"] == "message_start"
    assert events[-1]["type"] == "message_stop"
    blocks: list[dict[str, Any]] = []
    last: dict[str, Any] = {}
    for event in events:
        if event["type"] == "content_block_start":
            block = event["content_block"]
            blocks.append({**block, "input": ""} if block["type"] == "tool_use" else {**block})
        elif event["type"] == "content_block_delta":
            delta, block = event["delta"], blocks[event["index"]]
            block["input" if delta["type"] == "input_json_delta" else
                  delta["type"].removesuffix("_delta")] = (
                block.get("input", "") + delta["partial_json"]
                if delta["type"] == "input_json_delta"
                else block.get(delta["type"].removesuffix("_delta"), "")
                + delta[delta["type"].removesuffix("_delta")]
            )  # fmt: skip
        elif event["type"] == "message_delta":
            last = event
    for block in blocks:
        if block["type"] == "tool_use":
            block["input"] = json.loads(block["input"] or "{}")
    usage = {**events[0]["message"]["usage"], **last["usage"]}
    return _messages({"content": blocks, "usage": usage, **last["delta"]})


def _responses(body: dict[str, Any]) -> Heard:
    items, usage = body["output"], body["usage"]
    calls = [item for item in items if item["type"] == "function_call"]
    reason = (body.get("incomplete_details") or {}).get("reason")
    finish = {"max_output_tokens": "length", "content_filter": "content_filter"}.get(
        reason or "", "tool_calls" if calls else "stop"
    )
    assert (reason is None) == (body["status"] == "completed")
    return Heard(
        text="".join(
            p["text"] for i in items if i["type"] == "message" for p in i["content"]
        ),
        calls=[(call["name"], json.loads(call["arguments"])) for call in calls],
        thought="".join(
            p["text"] for i in items if i["type"] == "reasoning" for p in i["summary"]
        ),
        finish=finish,
        input=usage["input_tokens"],
        output=usage["output_tokens"],
        cached=usage.get("input_tokens_details", {}).get("cached_tokens"),
        reasoning=usage.get("output_tokens_details", {}).get("reasoning_tokens"),
        turn=items,
    )  # fmt: skip


def _responses_stream(events: list[dict[str, Any]]) -> Heard:
    assert events[0]["type"] == "response.created"
    made = _responses(events[-1]["response"])
    deltas = [e["delta"] for e in events if e["type"] == "response.output_text.delta"]
    assert "".join(deltas) == made.text
    return made


def _gemini(body: dict[str, Any]) -> Heard:
    return _gemini_stream([body])


def _gemini_stream(chunks: list[dict[str, Any]]) -> Heard:
    candidates = [chunk["candidates"][0] for chunk in chunks if chunk.get("candidates")]
    parts = [part for one in candidates for part in one.get("content", {}).get("parts", ())]
    calls = [(p["functionCall"]["name"], p["functionCall"].get("args", {}))
             for p in parts if "functionCall" in p]  # fmt: skip
    finish = next(one["finishReason"] for one in reversed(candidates) if "finishReason" in one)
    usage = chunks[-1]["usageMetadata"]
    thoughts = usage.get("thoughtsTokenCount", 0)
    return Heard(
        text="".join(p.get("text", "") for p in parts if not p.get("thought")),
        calls=calls,
        thought="".join(p.get("text", "") for p in parts if p.get("thought")),
        finish="tool_calls" if finish == "STOP" and calls else _key(GEMINI_FINISH, finish),
        input=usage["promptTokenCount"],
        output=usage.get("candidatesTokenCount", 0) + thoughts,
        cached=usage.get("cachedContentTokenCount", 0),
        reasoning=thoughts,
        turn=parts,
    )


_OF_WHOLE = {"chat": _chat, "messages": _messages, "responses": _responses, "generate": _gemini}
_OF_STREAM = {
    "chat": _chat_stream,
    "messages": _messages_stream,
    "responses": _responses_stream,
    "generate": _gemini_stream,
}

"""One answer in each dialect as its vendor tells it, whole or streamed, and what a caller heard."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.script import Script, reply, stream

THOUGHT = "Bridges span water."
Call = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Say:
    """What an upstream says. seal: a signature in its own words. finish: the IR's word."""

    text: str = "Stari Most."
    calls: tuple[Call, ...] = ()
    thought: str = ""
    seal: str = ""
    finish: str = "stop"
    input: int = 40
    cached: int = 0
    output: int = 12
    reasoning: int = 0


CHAT_FINISH = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
}
MESSAGES_FINISH = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
GEMINI_FINISH = {
    "stop": "STOP",
    "length": "MAX_TOKENS",
    "tool_calls": "STOP",
    "content_filter": "SAFETY",
}


def frames_of(dialect: str, say: Say) -> list[bytes]:
    """A whole stream, end mark included."""
    frames = {
        "chat": _chat_frames,
        "messages": _messages_frames,
        "responses": _responses_frames,
        "generate": lambda one: [_data(part) for part in _gemini_pieces(one)],
    }[dialect](say)
    return [*frames, b"data: [DONE]\n\n"] if dialect == "chat" else frames


def script(dialect: str, say: Say, streamed: bool) -> Script:
    if streamed:
        return stream(frames_of(dialect, say), done=False)
    return reply(200, json.dumps(whole(dialect, say)).encode())


def whole(dialect: str, say: Say) -> dict[str, Any]:
    return {
        "chat": _chat,
        "messages": _messages,
        "responses": _responses,
        "generate": _gemini,
    }[dialect](say)


def _data(value: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def _event(value: Mapping[str, Any]) -> bytes:
    return b"event: " + value["type"].encode() + b"\n" + _data(value)


# ---- chat ---------------------------------------------------------------------------------------


def _chat_message(say: Say) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": say.text or None}
    if say.thought:
        message["reasoning_content"] = say.thought
    if say.seal:
        message["reasoning_details"] = [
            {"type": "reasoning.text", "text": say.thought, "signature": say.seal, "index": 0}
        ]
    if say.calls:
        message["tool_calls"] = [
            {"id": f"c{n}", "type": "function",
             "function": {"name": name, "arguments": json.dumps(arguments)}}
            for n, (name, arguments) in enumerate(say.calls)
        ]  # fmt: skip
    return message


def _chat_usage(say: Say) -> dict[str, Any]:
    return {
        "prompt_tokens": say.input,
        "completion_tokens": say.output,
        "total_tokens": say.input + say.output,
        "prompt_tokens_details": {"cached_tokens": say.cached},
        "completion_tokens_details": {"reasoning_tokens": say.reasoning},
    }


def _chat(say: Say) -> dict[str, Any]:
    choice = {
        "index": 0,
        "message": _chat_message(say),
        "finish_reason": CHAT_FINISH[say.finish],
    }
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "theirs",
        "choices": [choice],
        "usage": _chat_usage(say),
    }


def _chat_frames(say: Say) -> list[bytes]:
    message = _chat_message(say)
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    if say.thought:
        deltas.append({"reasoning_content": say.thought})
    if say.seal:
        deltas.append({"reasoning_details": message["reasoning_details"]})
    deltas += [{"content": word} for word in _words(say.text)]
    for n, call in enumerate(message.get("tool_calls", ())):
        text = call["function"]["arguments"]
        head = {**call, "index": n, "function": {**call["function"], "arguments": ""}}
        deltas.append({"tool_calls": [head]})
        for piece in (text[:4], text[4:]):
            deltas.append({"tool_calls": [{"index": n, "function": {"arguments": piece}}]})
    base = {key: _chat(say)[key] for key in ("id", "created", "model")}
    base["object"] = "chat.completion.chunk"
    ends = {"index": 0, "delta": {}, "finish_reason": CHAT_FINISH[say.finish]}
    chunks = [
        {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        for delta in deltas
    ]
    chunks += [{**base, "choices": [ends]}, {**base, "choices": [], "usage": _chat_usage(say)}]
    return [_data(chunk) for chunk in chunks]


def _words(text: str) -> list[str]:
    return [text[:3], text[3:]] if text else []


# ---- messages -----------------------------------------------------------------------------------


def _messages_blocks(say: Say) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if say.thought:
        blocks.append({"type": "thinking", "thinking": say.thought, "signature": say.seal})
    if say.text:
        blocks.append({"type": "text", "text": say.text})
    for n, (name, arguments) in enumerate(say.calls):
        blocks.append({"type": "tool_use", "id": f"toolu_{n}", "name": name, "input": arguments})
    return blocks


def _messages_usage(say: Say) -> dict[str, int]:
    return {
        "input_tokens": say.input - say.cached,
        "cache_read_input_tokens": say.cached,
        "cache_creation_input_tokens": 0,
        "output_tokens": say.output,
    }


def _messages(say: Say) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "theirs",
        "content": _messages_blocks(say),
        "stop_reason": MESSAGES_FINISH[say.finish],
        "stop_sequence": None,
        "usage": _messages_usage(say),
    }


def _messages_frames(say: Say) -> list[bytes]:
    usage = {**_messages_usage(say), "output_tokens": 1}
    head = {**_messages(say), "content": [], "stop_reason": None, "usage": usage}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": head}]
    for n, block in enumerate(_messages_blocks(say)):
        events += _messages_block(n, block)
    delta = {"stop_reason": MESSAGES_FINISH[say.finish], "stop_sequence": None}
    events.append({"type": "message_delta", "delta": delta, "usage": _messages_usage(say)})
    events.append({"type": "message_stop"})
    return [_event(event) for event in events]


def _messages_block(n: int, block: dict[str, Any]) -> list[dict[str, Any]]:
    deltas: list[dict[str, Any]]
    if block["type"] == "thinking":
        empty = {"type": "thinking", "thinking": "", "signature": ""}
        deltas = [
            {"type": "thinking_delta", "thinking": block["thinking"]},
            {"type": "signature_delta", "signature": block["signature"]},
        ]
    elif block["type"] == "text":
        empty = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": word} for word in _words(block["text"])]
    else:
        empty = {**block, "input": {}}
        text = json.dumps(block["input"])
        pieces = (text[:4], text[4:])
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    told = [{"type": "content_block_delta", "index": n, "delta": delta} for delta in deltas]
    start = {"type": "content_block_start", "index": n, "content_block": empty}
    return [start, *told, {"type": "content_block_stop", "index": n}]


# ---- responses ----------------------------------------------------------------------------------


def _responses_items(say: Say) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if say.thought:
        summary = [{"type": "summary_text", "text": say.thought}]
        item = {"type": "reasoning", "id": "rs_1", "summary": summary}
        items.append({**item, "encrypted_content": say.seal} if say.seal else item)
    if say.text:
        content = [{"type": "output_text", "text": say.text, "annotations": []}]
        items.append({
            "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
            "content": content,
        })  # fmt: skip
    for n, (name, arguments) in enumerate(say.calls):
        items.append({
            "type": "function_call", "id": f"fc_{n}", "call_id": f"call_{n}", "name": name,
            "arguments": json.dumps(arguments), "status": "completed",
        })  # fmt: skip
    return items


def _responses(say: Say) -> dict[str, Any]:
    cut = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(say.finish)
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_700_000_000,
        "model": "theirs",
        "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": cut} if cut else None,
        "error": None,
        "output": _responses_items(say),
        "usage": {
            "input_tokens": say.input,
            "input_tokens_details": {"cached_tokens": say.cached},
            "output_tokens": say.output,
            "output_tokens_details": {"reasoning_tokens": say.reasoning},
            "total_tokens": say.input + say.output,
        },
    }


def _responses_frames(say: Say) -> list[bytes]:
    last = _responses(say)
    head = {**last, "status": "in_progress", "output": [], "usage": None}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": head},
        {"type": "response.in_progress", "response": head},
    ]
    for n, item in enumerate(last["output"]):
        events += _responses_item(n, item)
    events.append({"type": f"response.{last['status']}", "response": last})
    return [_event({**event, "sequence_number": n}) for n, event in enumerate(events)]


def _responses_item(n: int, item: dict[str, Any]) -> list[dict[str, Any]]:
    at = {"item_id": item["id"], "output_index": n}
    begun = {**item, "status": "in_progress"}
    told: list[dict[str, Any]] = []
    if item["type"] == "reasoning":
        begun = {"type": "reasoning", "id": item["id"], "summary": []}
        text = item["summary"][0]["text"]
        place = {**at, "summary_index": 0}
        told = [
            {"type": "response.reasoning_summary_part.added", **place,
             "part": {"type": "summary_text", "text": ""}},
            {"type": "response.reasoning_summary_text.delta", **place, "delta": text},
            {"type": "response.reasoning_summary_text.done", **place, "text": text},
            {"type": "response.reasoning_summary_part.done", **place, "part": item["summary"][0]},
        ]  # fmt: skip
    elif item["type"] == "message":
        begun["content"] = []
        place, (part,) = {**at, "content_index": 0}, item["content"]
        told = [{"type": "response.content_part.added", **place, "part": {**part, "text": ""}}]
        for word in _words(part["text"]):
            told.append({"type": "response.output_text.delta", **place, "delta": word})
        told.append({"type": "response.output_text.done", **place, "text": part["text"]})
        told.append({"type": "response.content_part.done", **place, "part": part})
    else:
        begun["arguments"] = ""
        kind, text = "response.function_call_arguments", item["arguments"]
        told = [{"type": f"{kind}.delta", **at, "delta": word} for word in (text[:4], text[4:])]
        told.append({"type": f"{kind}.done", **at, "arguments": text})
    added = {"type": "response.output_item.added", "output_index": n, "item": begun}
    done = {"type": "response.output_item.done", "output_index": n, "item": item}
    return [added, *told, done]


# ---- gemini -------------------------------------------------------------------------------------


def _gemini_parts(say: Say) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    if say.thought:
        parts.append({"text": say.thought, "thought": True})
    if say.text:
        parts.append({"text": say.text})
    for name, arguments in say.calls:
        parts.append({"functionCall": {"name": name, "args": arguments}})
    if say.seal:
        parts[-1 if not say.calls else -len(say.calls)]["thoughtSignature"] = say.seal
    return parts


def _gemini_piece(say: Say, parts: list[dict[str, Any]], finish: str | None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    usage = {
        "promptTokenCount": say.input,
        "cachedContentTokenCount": say.cached,
        "candidatesTokenCount": say.output - say.reasoning,
        "thoughtsTokenCount": say.reasoning,
        "totalTokenCount": say.input + say.output,
    }
    return {
        "candidates": [candidate],
        "usageMetadata": usage,
        "modelVersion": "theirs",
        "responseId": "g-1",
    }


def _gemini(say: Say) -> dict[str, Any]:
    return _gemini_piece(say, _gemini_parts(say), GEMINI_FINISH[say.finish])


def _gemini_pieces(say: Say) -> list[dict[str, Any]]:
    *first, last = _gemini_parts(say)
    pieces = [_gemini_piece(say, [part], None) for part in first]
    return [*pieces, _gemini_piece(say, [last], GEMINI_FINISH[say.finish])]

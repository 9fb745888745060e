"""Anthropic's messages on the demo's wire: one message, or a stream of events.

The body is read as the chat that it would be, so that the same words get the same answer in either
dialect. Thoughts are signed, as the vendor's are, with a signature that nobody checks.
"""

import json
from collections.abc import Iterator
from typing import Any

from waystation.demo import chat
from waystation.demo.others import BadRequest
from waystation.demo.words import digest, tokens

_FINISH = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}


def error(message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": "invalid_request_error", "message": message}}


def count(body: dict[str, Any]) -> dict[str, Any]:
    return {"input_tokens": chat.prompt_tokens(_as_chat(body))}


def message(body: dict[str, Any]) -> dict[str, Any]:
    """The whole answer as one object."""
    asked = _as_chat(body)
    made = chat.choices(asked)[0]
    reason, stop = _end(body, made)
    return {
        **_head(body),
        "content": _blocks(body, made),
        "stop_reason": reason,
        "stop_sequence": stop,
        "usage": _usage(asked, made),
    }


def events(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The answer as a stream; thoughts, text and arguments piece by piece."""
    asked = _as_chat(body)
    made = chat.choices(asked)[0]
    usage = _usage(asked, made)
    begun = {**usage, "output_tokens": 1}
    head = {**_head(body), "content": [], "stop_reason": None, "stop_sequence": None}
    yield {"type": "message_start", "message": {**head, "usage": begun}}
    yield {"type": "ping"}
    for index, block in enumerate(_blocks(body, made)):
        yield from _block_events(index, block, made)
    reason, stop = _end(body, made)
    delta = {"stop_reason": reason, "stop_sequence": stop}
    yield {"type": "message_delta", "delta": delta, "usage": usage}
    yield {"type": "message_stop"}


def _block_events(index: int, block: dict[str, Any], made: chat.Choice) -> Iterator[dict[str, Any]]:
    kind = block["type"]
    deltas: list[dict[str, Any]]
    if kind == "thinking":
        start = {"type": kind, "thinking": "", "signature": ""}
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in made.reasoning]
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    elif kind == "text":
        start = {"type": kind, "text": ""}
        deltas = [{"type": "text_delta", "text": piece} for piece in made.pieces]
    else:
        start = {**block, "input": {}}
        written = json.dumps(block["input"], ensure_ascii=False)
        pieces = tokens(written) if block["input"] else [""]
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    yield {"type": "content_block_start", "index": index, "content_block": start}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def _blocks(body: dict[str, Any], made: chat.Choice) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if made.reasoning:
        text = "".join(made.reasoning)
        signature = f"demo-signature-{digest(text):016x}"
        blocks.append({"type": "thinking", "thinking": text, "signature": signature})
    if made.pieces:
        blocks.append({"type": "text", "text": "".join(made.pieces)})
    for place, (name, arguments) in enumerate(made.answer.calls):
        identity = f"toolu_demo{digest(name, arguments, place, str(body)):016x}"
        try:
            given = json.loads(arguments)
        except ValueError:  # cut off by the limit
            given = {}
        blocks.append({"type": "tool_use", "id": identity, "name": name, "input": given})
    return blocks


def _end(body: dict[str, Any], made: chat.Choice) -> tuple[str, str | None]:
    """(stop reason, the stop sequence that was met)"""
    given = body.get("stop_sequences")
    listed = given if isinstance(given, list) else []
    stops = [one for one in listed if isinstance(one, str) and one]
    if made.finish == "stop" and stops:
        found = [(made.answer.text.find(one), one) for one in stops if one in made.answer.text]
        if found:
            return "stop_sequence", min(found)[1]
    return _FINISH[made.finish], None


def _head(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"msg_demo{digest(json.dumps(body, sort_keys=True)):016x}",
        "type": "message",
        "role": "assistant",
        "model": body.get("model"),
    }


def _usage(asked: dict[str, Any], made: chat.Choice) -> dict[str, Any]:
    return {
        "input_tokens": chat.prompt_tokens(asked),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": made.output_tokens,
        "output_tokens_details": {"thinking_tokens": len(made.reasoning)},
    }


# ---- the body as a chat ----------------------------------------------------------------------


def _as_chat(body: dict[str, Any]) -> dict[str, Any]:
    turns = body.get("messages")
    if not isinstance(turns, list) or not turns:
        raise BadRequest("messages: at least one message is required")
    if not isinstance(body.get("max_tokens") or 1, int):
        raise BadRequest("max_tokens: a whole number is required")
    asked: list[dict[str, Any]] = []
    if body.get("system"):
        asked.append({"role": "system", "content": _content(body["system"])})
    for turn in turns:
        if not isinstance(turn, dict) or turn.get("role") not in ("user", "assistant", "system"):
            raise BadRequest("messages: roles are user, assistant and system")
        asked += _turns(turn)
    made: dict[str, Any] = {"model": body.get("model"), "messages": asked}
    made["max_tokens"] = body.get("max_tokens")
    made["stop"] = body.get("stop_sequences")
    thinking = body.get("thinking")
    if isinstance(thinking, dict) and thinking.get("type") in ("enabled", "adaptive"):
        made["enable_thinking"] = True
    tools = [_tool(one) for one in _objects(body, "tools") if "input_schema" in one]
    if tools:
        made["tools"] = tools
        made |= _choice(body.get("tool_choice"))
    config = body.get("output_config")
    wanted = config.get("format") if isinstance(config, dict) else body.get("output_format")
    if isinstance(wanted, dict):
        schema = {"name": "answer", "schema": wanted.get("schema") or {}}
        made["response_format"] = {"type": "json_schema", "json_schema": schema}
    return made


def _objects(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    listed = body.get(name)
    if listed is None:
        return []
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise BadRequest(f"{name}: a list of objects is required")
    return listed


def _turns(turn: dict[str, Any]) -> list[dict[str, Any]]:
    content = turn.get("content")
    blocks = content if isinstance(content, list) else []
    results = [
        {"role": "tool", "content": _content(block.get("content") or "")}
        for block in blocks
        if isinstance(block, dict) and block.get("type") == "tool_result"
    ]
    rest = _content(content)
    if results and not rest:
        return results
    return [{"role": turn["role"], "content": rest}, *results]


def _content(content: Any) -> Any:
    if not isinstance(content, list):
        return content
    parts: list[dict[str, Any]] = []
    for block in content:
        kind = block.get("type") if isinstance(block, dict) else None
        if kind == "text":
            parts.append({"type": "text", "text": str(block.get("text", ""))})
        elif kind == "image":
            parts.append({"type": "image_url", "image_url": {"url": _address(block)}})
    return parts


def _address(block: dict[str, Any]) -> str:
    source = block.get("source")
    if not isinstance(source, dict):
        return ""
    if source.get("type") == "base64":
        return f"data:{source.get('media_type')};base64,{source.get('data')}"
    return str(source.get("url", ""))


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    function = {"name": tool.get("name"), "description": tool.get("description") or ""}
    return {"type": "function", "function": {**function, "parameters": tool["input_schema"]}}


def _choice(choice: Any) -> dict[str, Any]:
    if not isinstance(choice, dict):
        return {}
    made: dict[str, Any] = {}
    if choice.get("disable_parallel_tool_use"):
        made["parallel_tool_calls"] = False
    kind = choice.get("type")
    if kind == "tool":
        made["tool_choice"] = {"type": "function", "function": {"name": choice.get("name")}}
    elif kind in ("auto", "none"):
        made["tool_choice"] = kind
    else:
        made["tool_choice"] = "required"
    return made

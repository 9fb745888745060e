"""Responses on the demo's wire: one object, or its events."""

import json
from collections.abc import Iterator
from typing import Any

from waystation.demo import chat
from waystation.demo.chat import Choice
from waystation.demo.words import digest, tokens

_PARTS = {"input_text": "text", "output_text": "text", "input_image": "image_url"}
_ROLES = {"developer": "system"}


def as_chat(body: dict[str, Any]) -> dict[str, Any]:
    """The request as the demo's chat reads it."""
    messages: list[dict[str, Any]] = []
    if isinstance(body.get("instructions"), str):
        messages.append({"role": "system", "content": body["instructions"]})
    given = body.get("input")
    if isinstance(given, str):
        messages.append({"role": "user", "content": given})
    for item in given if isinstance(given, list) else ():
        if isinstance(item, dict):
            messages += _turns(item)
    found = {"model": body.get("model"), "messages": messages}
    tools = [_tool(one) for one in body.get("tools") or () if isinstance(one, dict)]
    if any(tools):
        found["tools"] = [one for one in tools if one]
        found["tool_choice"] = _tool_choice(body.get("tool_choice", "auto"))
        found["parallel_tool_calls"] = body.get("parallel_tool_calls", True)
    found["max_completion_tokens"] = body.get("max_output_tokens")
    wanted = (body.get("text") or {}).get("format") or {}
    if wanted.get("type") == "json_schema":
        found["response_format"] = {"type": "json_schema", "json_schema": wanted}
    elif wanted.get("type") == "json_object":
        found["response_format"] = wanted
    found["reasoning_effort"] = (body.get("reasoning") or {}).get("effort")
    return found


def _turns(item: dict[str, Any]) -> list[dict[str, Any]]:
    kind = item.get("type") or "message"
    if kind == "message":
        role = str(item.get("role"))
        return [{"role": _ROLES.get(role, role), "content": _content(item.get("content"))}]
    if kind == "function_call":
        function = {"name": item.get("name"), "arguments": item.get("arguments")}
        call = {"id": item.get("call_id"), "type": "function", "function": function}
        return [{"role": "assistant", "content": None, "tool_calls": [call]}]
    if kind == "function_call_output":
        content = _content(item.get("output"))
        return [{"role": "tool", "tool_call_id": item.get("call_id"), "content": content}]
    return []


def _content(content: Any) -> Any:
    if not isinstance(content, list):
        return content
    parts = []
    for part in content:
        name = _PARTS.get(str(part.get("type"))) if isinstance(part, dict) else None
        if name == "text":
            parts.append({"type": "text", "text": part.get("text")})
        elif name == "image_url":
            parts.append({"type": "image_url", "image_url": {"url": part.get("image_url")}})
    return parts


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    if tool.get("type") != "function":
        return {}
    return {"type": "function", "function": tool}


def _tool_choice(choice: Any) -> Any:
    if isinstance(choice, dict) and choice.get("type") == "function":
        return {"type": "function", "function": {"name": choice.get("name")}}
    return choice


def response(body: dict[str, Any], created: int) -> dict[str, Any]:
    """The whole answer as one object."""
    said = as_chat(body)
    made = chat.choices(said)[0]
    return _ended(body, said, made, _items(made, _key(body, created)), created)


def input_tokens(body: dict[str, Any]) -> dict[str, Any]:
    counted = chat.prompt_tokens(as_chat(body))
    return {"object": "response.input_tokens", "input_tokens": counted}


def compaction(body: dict[str, Any], created: int) -> dict[str, Any]:
    """The user's turns as they are, the rest as one item that says nothing to anybody else."""
    said = as_chat(body)
    kept = [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        for one in said["messages"]
        if one["role"] == "user" and isinstance(text := one["content"], str)
    ]
    key = _key(body, created)
    sealed = {"type": "compaction", "id": f"cmp_{key}", "encrypted_content": f"demo-{key}"}
    output = [*kept, sealed]
    usage = _usage(said, len(tokens(json.dumps(output))), 0)
    head = {"id": f"resp_{key}", "object": "response.compaction", "created_at": created}
    return {**head, "output": output, "usage": usage}


def _key(body: dict[str, Any], created: int) -> str:
    return f"demo{digest(json.dumps(body, sort_keys=True), created):016x}"


def _items(made: Choice, key: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if made.reasoning:
        summary = [{"type": "summary_text", "text": "".join(made.reasoning)}]
        items.append({"id": f"rs_{key}", "type": "reasoning", "summary": summary})
    for place, (name, arguments) in enumerate(made.answer.calls):
        items.append(
            {
                "id": f"fc_{key}{place}",
                "type": "function_call",
                "status": "completed",
                "call_id": f"call_{key}{place}",
                "name": name,
                "arguments": arguments,
            }
        )
    if not made.answer.calls:
        text = _text("".join(made.pieces))
        items.append(
            {
                "id": f"msg_{key}",
                "type": "message",
                "status": "completed" if made.finish == "stop" else "incomplete",
                "role": "assistant",
                "content": [text],
            }
        )
    return items


def _text(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _head(body: dict[str, Any], created: int) -> dict[str, Any]:
    kept = {
        name: body.get(name, default)
        for name, default in (
            ("instructions", None),
            ("metadata", {}),
            ("model", None),
            ("parallel_tool_calls", True),
            ("previous_response_id", None),
            ("temperature", 1.0),
            ("tool_choice", "auto"),
            ("tools", []),
            ("top_p", 1.0),
            ("max_output_tokens", None),
        )
    }
    return {
        "id": f"resp_{_key(body, created)}",
        "object": "response",
        "created_at": created,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "output": [],
        "reasoning": {"effort": (body.get("reasoning") or {}).get("effort"), "summary": None},
        "store": body.get("store") is not False,
        "text": body.get("text") or {"format": {"type": "text"}},
        "truncation": "disabled",
        "usage": None,
        **kept,
    }


def _usage(said: dict[str, Any], output: int, reasoning: int) -> dict[str, Any]:
    prompt = chat.prompt_tokens(said)
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": prompt + output,
    }


def _ended(
    body: dict[str, Any],
    said: dict[str, Any],
    made: Choice,
    items: list[dict[str, Any]],
    created: int,
) -> dict[str, Any]:
    is_cut = made.finish == "length"
    return {
        **_head(body, created),
        "status": "incomplete" if is_cut else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if is_cut else None,
        "output": items,
        "usage": _usage(said, made.output_tokens, len(made.reasoning)),
    }


def events(body: dict[str, Any], created: int) -> Iterator[dict[str, Any]]:
    """The same as typed events, numbered from 0."""
    for number, (kind, fields) in enumerate(_events(body, created)):
        yield {"type": f"response.{kind}", "sequence_number": number, **fields}


def _events(body: dict[str, Any], created: int) -> Iterator[tuple[str, dict[str, Any]]]:
    said = as_chat(body)
    made = chat.choices(said)[0]
    head = _head(body, created)
    items = _items(made, _key(body, created))
    yield "created", {"response": head}
    yield "in_progress", {"response": head}
    for place, item in enumerate(items):
        empty: dict[str, Any] = {"reasoning": {"summary": []}, "function_call": {"arguments": ""}}
        opening = {**item, **empty.get(item["type"], {"content": []})}
        if "status" in item:
            opening["status"] = "in_progress"
        yield "output_item.added", {"output_index": place, "item": opening}
        where = {"item_id": item["id"], "output_index": place}
        yield from _WRITERS[item["type"]](item, where, made)
        yield "output_item.done", {"output_index": place, "item": item}
    ended = _ended(body, said, made, items, created)
    yield ended["status"], {"response": ended}


_Events = Iterator[tuple[str, dict[str, Any]]]


def _message(item: dict[str, Any], where: dict[str, Any], made: Choice) -> _Events:
    where = {**where, "content_index": 0}
    yield "content_part.added", {**where, "part": _text("")}
    for piece in made.pieces:
        yield "output_text.delta", {**where, "delta": piece, "logprobs": []}
    whole = item["content"][0]
    yield "output_text.done", {**where, "text": whole["text"], "logprobs": []}
    yield "content_part.done", {**where, "part": whole}


def _call(item: dict[str, Any], where: dict[str, Any], made: Choice) -> _Events:
    for piece in tokens(item["arguments"]):
        yield "function_call_arguments.delta", {**where, "delta": piece}
    told = {"arguments": item["arguments"], "name": item["name"]}
    yield "function_call_arguments.done", {**where, **told}


def _thoughts(item: dict[str, Any], where: dict[str, Any], made: Choice) -> _Events:
    where = {**where, "summary_index": 0}
    empty = {"type": "summary_text", "text": ""}
    yield "reasoning_summary_part.added", {**where, "part": empty}
    for piece in made.reasoning:
        yield "reasoning_summary_text.delta", {**where, "delta": piece}
    whole = item["summary"][0]
    yield "reasoning_summary_text.done", {**where, "text": whole["text"]}
    yield "reasoning_summary_part.done", {**where, "part": whole}


_WRITERS = {"message": _message, "function_call": _call, "reasoning": _thoughts}

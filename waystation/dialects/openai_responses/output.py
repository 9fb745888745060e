"""Parts in no dialect as output items, and the response object around them."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from waystation.dialects.ir import Media, Opaque, Part, Reasoning, Text, ToolCall
from waystation.dialects.openai_responses.tool_names import ToolNames
from waystation.dialects.seals import packed
from waystation.kernel.clock import now_ms
from waystation.kernel.ids import request_id as new_id
from waystation.kernel.strictjson import Fields

DIALECT = "openai_responses"
Item = dict[str, Any]

_ECHOED: Mapping[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "truncation": "disabled",
}
"""Fields of the request that the response repeats, and what stands where it had none."""

_decode = msgspec.json.Decoder().decode


class Output:
    """Makes one response: `items` as they are finished, the object around them at any time.
    names: of the request's tools."""

    __slots__ = ("_head", "_names", "id", "items")

    def __init__(self, fields: Fields, model: str, *, stores: bool, names: ToolNames) -> None:
        self.id = f"resp_{new_id()}"
        self.items: list[Item] = []
        self._names = names
        reasoning = _decode(fields["reasoning"]) if "reasoning" in fields else None
        asked = reasoning if isinstance(reasoning, dict) else {}
        self._head: dict[str, Any] = {
            "id": self.id,
            "object": "response",
            "created_at": now_ms() // 1000,
            "status": "in_progress",
            "background": False,
            "error": None,
            "incomplete_details": None,
            "model": model,
            "output": [],
            "reasoning": {"effort": asked.get("effort"), "summary": asked.get("summary")},
            "store": stores,
            "usage": None,
        }
        for name, otherwise in _ECHOED.items():
            given = fields.get(name)
            is_there = given is not None and bytes(given) != b"null"
            self._head[name] = given if is_there else otherwise
        if b'"function"' in bytes(fields.get("tools", b"")):
            self._head["tools"] = [_whole_tool(tool) for tool in _decode(fields["tools"])]
        if bytes(fields.get("user", b"null")) != b"null":
            self._head["user"] = fields["user"]

    def response(
        self, status: str = "in_progress", usage: Any = None, reason: str = "", **more: Any
    ) -> dict[str, Any]:
        """The object as it is now. reason: why it is incomplete."""
        return {
            **self._head,
            "status": status,
            "output": self.items if status != "in_progress" else [],
            "usage": usage,
            "incomplete_details": {"reason": reason} if reason else None,
            **more,
        }

    def is_custom(self, call: ToolCall) -> bool:
        return call.name in self._names.customs

    def call(self, call: ToolCall, arguments: str, identity: str = "") -> Item:
        """A call as an item."""
        item = call_item(call, arguments, self.is_custom(call), identity)
        return {**item, **self._names.home(call.name)}


def _whole_tool(tool: Any) -> Any:
    """A function as the vendor repeats it: with all of its fields."""
    if not isinstance(tool, dict) or tool.get("type") != "function" or "function" in tool:
        return tool
    return {"description": None, "parameters": None, "strict": False, **tool}


def reasoning_item(text: str, seal: Opaque | None, identity: str = "") -> Item:
    """A thought. Another dialect's signature travels as the encrypted content."""
    if seal is not None and seal.dialect == DIALECT:
        own: Item = _decode(seal.value)
        return {**own, "id": identity or own.get("id") or new_identity("rs")}
    summary = [{"type": "summary_text", "text": text}] if text else []
    item: Item = {"id": identity or new_identity("rs"), "type": "reasoning", "summary": summary}
    if seal is not None:
        item["encrypted_content"] = packed(seal)
    return item


def seal_item(seal: Opaque, is_late: bool = False) -> Item:
    """A signature on the call that follows (is_late: on the one before), as an item of its own."""
    item = {"id": new_identity("rs"), "type": "reasoning", "summary": []}
    return {**item, "encrypted_content": packed(seal, "back" if is_late else "call")}


def message_item(parts: list[dict[str, Any]], identity: str = "") -> Item:
    return {
        "id": identity or new_identity("msg"),
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": parts,
    }


def text_part(text: str, is_refusal: bool = False) -> dict[str, Any]:
    if is_refusal:
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def call_item(call: ToolCall, arguments: str, is_custom: bool, identity: str = "") -> Item:
    if is_custom:
        return {
            "id": identity or new_identity("ctc"),
            "type": "custom_tool_call",
            "status": "completed",
            "call_id": call.id,
            "name": call.name,
            "input": free_text(arguments),
        }
    return {
        "id": identity or new_identity("fc"),
        "type": "function_call",
        "status": "completed",
        "call_id": call.id,
        "name": call.name,
        "arguments": arguments or "{}",
    }


def free_text(arguments: str) -> str:
    """What a custom tool is given: the one argument that it was declared with."""
    try:
        found = _decode(arguments.encode())
    except (msgspec.DecodeError, UnicodeEncodeError):
        return arguments
    text = found.get("input") if isinstance(found, dict) else None
    return text if isinstance(text, str) else arguments


def whole_item(part: Part) -> Item | None:
    """A part that comes whole; None: another dialect alone understands it."""
    if isinstance(part, Media) and part.kind == "image" and part.data:
        return {
            "id": new_identity("ig"),
            "type": "image_generation_call",
            "status": "completed",
            "result": part.data,
        }
    if isinstance(part, Opaque) and part.dialect == DIALECT:
        found: Item = _decode(part.value)
        return found
    return None


def items_of(part: Part, output: Output) -> list[Item]:
    """A whole part as items."""
    if isinstance(part, Text):
        return [message_item([text_part(part.text, part.is_refusal)])] if part.text else []
    if isinstance(part, Reasoning):
        return [reasoning_item(part.text, part.seal)]
    if isinstance(part, ToolCall):
        call = output.call(part, part.arguments)
        return [seal_item(part.seal), call] if part.seal is not None else [call]
    found = whole_item(part)
    return [found] if found is not None else []


def new_identity(prefix: str) -> str:
    return f"{prefix}_{new_id()}"


def end_of(reason: str) -> tuple[str, str]:
    """(status, why it is incomplete)"""
    if reason == "length":
        return "incomplete", "max_output_tokens"
    if reason == "content_filter":
        return "incomplete", "content_filter"
    return "completed", ""


def write_reply(parts: Sequence[Part], reason: str, output: Output, usage: Any) -> dict[str, Any]:
    """A whole answer as a response object."""
    for part in parts:
        output.items += items_of(part, output)
    status, why = end_of(reason)
    return output.response(status, usage, why)

"""A translated answer as a chat completion."""

from secrets import token_hex
from time import time
from typing import Any

import msgspec

from waystation.dialects.ir import Media, Opaque, Reasoning, Reply, Text, ToolCall
from waystation.dialects.lanes import Bill
from waystation.dialects.openai_chat.reasoning_details import written_detail
from waystation.dialects.openai_chat.reasons import written_reason
from waystation.dialects.openai_chat.usage_object import shown_usage
from waystation.kernel.data_url import write_data_url

_encode = msgspec.json.Encoder().encode


def write_reply(reply: Reply, model: str, bill: Bill, as_function_call: bool = False) -> bytes:
    """The body. model: as the caller asked for it. as_function_call: in the form of 2023."""
    finish = written_reason(reply.reason, as_function_call)
    message = _message(reply, as_function_call)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
    return _encode(
        {
            "id": "chatcmpl-" + token_hex(12),
            "object": "chat.completion",
            "created": int(time()),
            "model": model,
            "choices": [choice],
            "usage": shown_usage(bill.usage(), None, bill.cost()),
        }
    )


def _message(reply: Reply, as_function_call: bool) -> dict[str, Any]:
    texts = [p.text for p in reply.parts if isinstance(p, Text) and not p.is_refusal]
    refusals = [p.text for p in reply.parts if isinstance(p, Text) and p.is_refusal]
    thoughts = [p for p in reply.parts if isinstance(p, Reasoning)]
    calls = [_call(p) for p in reply.parts if isinstance(p, ToolCall)]
    images = [image_object(p) for p in reply.parts if isinstance(p, Media) and p.kind == "image"]
    content = "".join(texts)
    message: dict[str, Any] = {
        "role": "assistant",
        "content": content if content or not (calls or refusals) else None,
        "refusal": "".join(refusals) or None,
    }
    if any(part.text for part in thoughts):
        message["reasoning_content"] = "".join(part.text for part in thoughts)
    found = (written_detail(part, at) for at, part in enumerate(thoughts))
    details = [detail for detail in found if detail is not None]
    if details:
        message["reasoning_details"] = details
    if images:
        message["images"] = images
    if calls and as_function_call:
        message["function_call"] = calls[0]["function"]
    elif calls:
        message["tool_calls"] = calls
    return message


def _call(part: ToolCall) -> dict[str, Any]:
    function = {"name": part.name, "arguments": part.arguments or "{}"}
    return sealed_call({"id": part.id, "type": "function", "function": function}, part.seal)


def sealed_call(call: dict[str, Any], seal: Opaque | None) -> dict[str, Any]:
    """Google's compatible form has a place for its signatures; other seals have none here."""
    if seal is not None and seal.dialect == "gemini":
        call["extra_content"] = {"google": {"thought_signature": seal.value}}
    return call


def image_object(part: Media) -> dict[str, Any]:
    """A picture in an answer, in the form that relays share."""
    url = write_data_url(part.mime or "image/png", part.data) if part.data else part.url
    return {"type": "image_url", "image_url": {"url": url}}

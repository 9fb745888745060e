"""A `Chat` as a Responses request. Nothing is to be stored at the upstream: it says `store:false`
and asks for its reasoning encrypted, so that it can be brought back."""

from typing import Any

import msgspec

from waystation.dialects.ir import (
    Chat,
    Media,
    Message,
    Opaque,
    Part,
    Reasoning,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from waystation.dialects.lanes import Written
from waystation.dialects.loss import Loss, unsaid
from waystation.dialects.openai_chat.body import takes_completion_limit_only
from waystation.dialects.operation import Target
from waystation.dialects.short_ids import short_call, short_user
from waystation.errors import Fault
from waystation.kernel.strictjson import raw_of, rebuild

DIALECT = "openai_responses"
OUTPUT_TOKENS_LEAST = 16
"""The vendor refuses less."""

_SAID = ("prompt_cache_key", "metadata", "service_tier", "prompt_cache_retention", "verbosity")
_OPENAI = ("openai_chat", DIALECT)
_EFFORTS = {"max": "xhigh"}
_MODES = {"auto": "auto", "any": "required", "none": "none"}
_decode = msgspec.json.Decoder().decode


def write_request(chat: Chat, target: Target) -> Written:
    """Raises Fault (400) for content that the dialect cannot express."""
    losses: list[Loss] = []
    body: dict[str, Any] = {
        "model": target.upstream_model,
        "input": [item for one in chat.messages for item in _items(one, losses)],
        "store": False,
        "stream": chat.stream,
    }
    if chat.system:
        body["instructions"] = "\n\n".join(part.text for part in chat.system)
    tools = [_tool(tool, losses) for tool in chat.tools]
    if any(tools):
        body["tools"] = [tool for tool in tools if tool]
        _write_choice(body, chat)
    _write_sampling(body, chat, target, losses)
    _write_output(body, chat)
    if chat.user:
        body["user"] = short_user(chat.user)
    said = _SAID if chat.dialect in _OPENAI else ()
    body.update({name: value for name, value in chat.extras.items() if name in said})
    verbosity = body.pop("verbosity", None)
    if verbosity is not None:
        body["text"] = {**body.get("text", {}), "verbosity": verbosity}
    losses += unsaid(chat.extras, said)
    fields = {name: raw_of(value) for name, value in body.items()}
    return Written(rebuild(fields, target.overrides), tuple(losses))


def _write_choice(body: dict[str, Any], chat: Chat) -> None:
    choice = chat.tool_choice
    if choice is None:
        return
    if choice.mode == "tool":
        body["tool_choice"] = {"type": "function", "name": choice.name}
    else:
        body["tool_choice"] = _MODES[choice.mode]
    if choice.parallel is not None:
        body["parallel_tool_calls"] = choice.parallel


def _write_sampling(body: dict[str, Any], chat: Chat, target: Target, losses: list[Loss]) -> None:
    sampling = chat.sampling
    limit = sampling.output_tokens
    if target.output_limit is not None:
        limit = target.output_limit if limit is None else min(limit, target.output_limit)
    if limit is not None:
        body["max_output_tokens"] = max(limit, OUTPUT_TOKENS_LEAST)
    reasons = takes_completion_limit_only(target.upstream_model)
    for name in ("temperature", "top_p"):
        value = getattr(sampling, name)
        if value is None:
            continue
        if reasons and value != 1:
            losses.append(Loss(name, "this model takes none"))
        else:
            body[name] = value
    knobs = ("top_k", "seed", "stop", "presence_penalty", "frequency_penalty")
    losses += [Loss(name) for name in knobs if getattr(sampling, name) not in (None, (), 0)]
    if reasons:
        body["include"] = ["reasoning.encrypted_content"]
    _write_thinking(body, chat, reasons, losses)


def _write_thinking(body: dict[str, Any], chat: Chat, reasons: bool, losses: list[Loss]) -> None:
    thinking = chat.thinking
    if thinking is None:
        return
    if not reasons:
        if thinking.effort not in (None, "none"):
            losses.append(Loss("reasoning_effort", "this model does not reason"))
        return
    effort = thinking.effort or _effort_of(thinking.budget_tokens)
    reasoning: dict[str, Any] = {}
    if effort is not None:
        reasoning["effort"] = _EFFORTS.get(effort, effort)
    if thinking.shown is not False and effort != "none":
        reasoning["summary"] = "auto"
    if reasoning:
        body["reasoning"] = reasoning


def _effort_of(budget_tokens: int | None) -> str | None:
    if budget_tokens is None:
        return None
    if budget_tokens < 4096:
        return "low"
    return "medium" if budget_tokens < 16_384 else "high"


def _write_output(body: dict[str, Any], chat: Chat) -> None:
    output = chat.output
    if output.kind == "json":
        body["text"] = {"format": {"type": "json_object"}}
    elif output.kind == "schema":
        wanted: dict[str, Any] = {
            "type": "json_schema",
            "name": output.name or "answer",
            "schema": output.schema,
        }
        if output.description:
            wanted["description"] = output.description
        if output.strict is not None:
            wanted["strict"] = output.strict
        body["text"] = {"format": wanted}


def _tool(tool: Tool | Opaque, losses: list[Loss]) -> dict[str, Any]:
    if isinstance(tool, Opaque):
        if tool.dialect == DIALECT:
            found: dict[str, Any] = _decode(tool.value)
            return found
        losses.append(Loss(tool.path or "tools", "a tool hosted by another vendor"))
        return {}
    written = {
        "type": "function",
        "name": tool.name,
        "parameters": tool.schema,
        "strict": tool.strict is True,
    }
    return written | ({"description": tool.description} if tool.description else {})


def _items(message: Message, losses: list[Loss]) -> list[dict[str, Any]]:
    """A message as items: texts and media in a row are one message item."""
    items: list[dict[str, Any]] = []
    content: list[dict[str, Any]] = []
    role = "developer" if message.role == "system" else message.role

    def flush() -> None:
        if content:
            items.append({"type": "message", "role": role, "content": _said(role, content)})
        content.clear()

    for part in message.parts:
        if isinstance(part, Text | Media):
            content.append(_content(part, message))
            continue
        flush()
        items += _item(part, message, losses)
    flush()
    return items


def _said(role: str, content: list[dict[str, Any]]) -> Any:
    """The model's own words are one text: as parts the vendor's schema wants an id for them."""
    if role == "assistant" and all(part["type"] == "output_text" for part in content):
        return "".join(part["text"] for part in content)
    return list(content)


def _content(part: Text | Media, message: Message) -> dict[str, Any]:
    if isinstance(part, Text):
        if message.role != "assistant":
            return {"type": "input_text", "text": part.text}
        if part.is_refusal:
            return {"type": "refusal", "refusal": part.text}
        return {"type": "output_text", "text": part.text, "annotations": []}
    where = part.path or message.path
    if message.role == "assistant":
        reason = "the model's own pictures and sounds cannot be sent back here"
        raise Fault("invalid_value", param=where, reason=reason)
    return _media(part, where)


def _media(part: Media, where: str) -> dict[str, Any]:
    is_own = part.dialect in _OPENAI
    if part.kind == "image":
        found: dict[str, Any] = {"type": "input_image", "detail": part.detail or "auto"}
        if part.data:
            return found | {"image_url": f"data:{part.mime or 'image/png'};base64,{part.data}"}
        if part.url:
            return found | {"image_url": part.url}
        if part.file_id and is_own:
            return found | {"file_id": part.file_id}
    elif part.kind == "file":
        found = {"type": "input_file"}
        if part.data:
            mime = part.mime or "application/pdf"
            data = f"data:{mime};base64,{part.data}"
            return found | {"filename": part.name or "file", "file_data": data}
        if part.url:
            return found | {"file_url": part.url}
        if part.file_id and is_own:
            return found | {"file_id": part.file_id}
    reason = f"{part.kind} of this make cannot be sent to this upstream"
    raise Fault("invalid_value", param=where, reason=reason)


def _item(part: Part, message: Message, losses: list[Loss]) -> list[dict[str, Any]]:
    if isinstance(part, ToolCall):
        arguments = part.arguments or "{}"
        call = {"call_id": short_call(part.id), "name": part.name, "arguments": arguments}
        return [{"type": "function_call", **call}]
    if isinstance(part, ToolResult):
        output = _result(part, message)
        call_id = short_call(part.id)
        return [{"type": "function_call_output", "call_id": call_id, "output": output}]
    if isinstance(part, Reasoning):
        # Thoughts of other vendors prove nothing here, and are not sent back.
        is_own = part.seal is not None and part.seal.dialect == DIALECT
        return [_own_reasoning(part.seal)] if is_own and part.seal is not None else []
    if isinstance(part, Opaque):
        if part.dialect == DIALECT:
            return [_decode(part.value)]
        losses.append(Loss(part.path or message.path, "only its own vendor understands it"))
    return []


def _own_reasoning(seal: Opaque) -> dict[str, Any]:
    item: dict[str, Any] = _decode(seal.value)
    item.pop("status", None)
    return {"summary": [], **item}


def _result(result: ToolResult, message: Message) -> Any:
    if all(isinstance(part, Text) for part in result.parts):
        return "\n".join(part.text for part in result.parts if isinstance(part, Text))
    content: list[dict[str, Any]] = []
    for part in result.parts:
        if isinstance(part, Text):
            content.append({"type": "input_text", "text": part.text})
        elif isinstance(part, Media):
            content.append(_media(part, part.path or message.path))
    return content

"""A `Chat` as a generateContent request."""

from collections.abc import Iterable
from typing import Any

import msgspec

from waystation.dialects.gemini.schema import cleaned
from waystation.dialects.gemini.thinking import thinking_config
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
    tool_names,
)
from waystation.dialects.lanes import Written
from waystation.dialects.loss import Loss, unsaid
from waystation.dialects.operation import Target
from waystation.errors import Fault
from waystation.kernel.strictjson import raw_of, rebuild

DIALECT = "gemini"
STOPS_MOST = 5
NO_SIGNATURE = "skip_thought_signature_validator"
"""What the vendor documents for calls that another model made: Gemini 3 refuses calls without a
signature."""

_SAFE = ("safetySettings", "safety_settings", "labels")
_MODES = {"auto": "AUTO", "any": "ANY", "none": "NONE", "tool": "ANY"}
_decode = msgspec.json.Decoder().decode


def write_request(chat: Chat, target: Target) -> Written:
    """Raises Fault (400) for content that the dialect cannot express."""
    losses: list[Loss] = []
    turns = _Turns(chat, target.upstream_model, losses)
    body: dict[str, Any] = {"contents": turns.contents(chat.messages)}
    if chat.system:
        body["systemInstruction"] = {"parts": [{"text": part.text} for part in chat.system]}
    tools = _tools(chat, losses)
    if tools:
        body["tools"] = tools
    choice = chat.tool_choice
    if choice is not None and any("functionDeclarations" in tool for tool in tools):
        calling: dict[str, Any] = {"mode": _MODES[choice.mode]}
        if choice.mode == "tool":
            calling["allowedFunctionNames"] = [choice.name]
        body["toolConfig"] = {"functionCallingConfig": calling}
    config = _config(chat, target, losses)
    if config:
        body["generationConfig"] = config
    said = _SAFE if chat.dialect == DIALECT else ()
    body.update({name: value for name, value in chat.extras.items() if name in said})
    losses += unsaid(chat.extras, said)
    if chat.user:
        losses.append(Loss("user"))
    fields = {name: raw_of(value) for name, value in body.items()}
    return Written(rebuild(fields, target.overrides), tuple(losses))


def _config(chat: Chat, target: Target, losses: list[Loss]) -> dict[str, Any]:
    sampling = chat.sampling
    limit = sampling.output_tokens
    if target.output_limit is not None:
        limit = target.output_limit if limit is None else min(limit, target.output_limit)
    if len(sampling.stop) > STOPS_MOST:
        losses.append(Loss(f"stop[{STOPS_MOST}]", "more stops than the vendor takes"))
    config: dict[str, Any] = {
        "maxOutputTokens": limit,
        "temperature": sampling.temperature,
        "topP": sampling.top_p,
        "topK": sampling.top_k,
        "stopSequences": list(sampling.stop[:STOPS_MOST]) or None,
        "seed": sampling.seed,
        "presencePenalty": sampling.presence_penalty,
        "frequencyPenalty": sampling.frequency_penalty,
        "thinkingConfig": thinking_config(chat.thinking, target.upstream_model),
    }
    if chat.output.kind != "text":
        config["responseMimeType"] = "application/json"
    if chat.output.kind == "schema":
        config["responseSchema"] = cleaned(_decode(chat.output.schema))
    return {name: value for name, value in config.items() if value is not None}


def _tools(chat: Chat, losses: list[Loss]) -> list[dict[str, Any]]:
    declared = [_declared(tool) for tool in chat.tools if isinstance(tool, Tool)]
    tools: list[dict[str, Any]] = [{"functionDeclarations": declared}] if declared else []
    for tool in chat.tools:
        if isinstance(tool, Opaque):
            if tool.dialect == DIALECT:
                tools.append(_decode(tool.value))
            else:
                losses.append(Loss(tool.path or "tools", "a tool hosted by another vendor"))
    choice = chat.tool_choice
    if choice is not None and choice.parallel is False:
        losses.append(Loss("parallel_tool_calls"))
    return tools


def _declared(tool: Tool) -> dict[str, Any]:
    found: dict[str, Any] = {"name": tool.name}
    if tool.description:
        found["description"] = tool.description
    parameters = cleaned(_decode(tool.schema))
    if parameters.get("properties"):  # an object without any is refused
        found["parameters"] = parameters
    return found


class _Turns:
    """Messages as contents: neighbours of one role become one."""

    __slots__ = ("_chat", "_losses", "_names", "_wants_signatures")

    def __init__(self, chat: Chat, model: str, losses: list[Loss]) -> None:
        self._chat = chat
        self._losses = losses
        self._names = tool_names(chat)
        self._wants_signatures = "gemini-3" in model

    def contents(self, messages: Iterable[Message]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for message in messages:
            role = "model" if message.role == "assistant" else "user"
            parts = self._parts(message)
            if parts and found and found[-1]["role"] == role:
                found[-1]["parts"] += parts
            elif parts:
                found.append({"role": role, "parts": parts})
        if not found:
            raise Fault("invalid_value", param="messages", reason="nothing to be answered")
        return found

    def _parts(self, message: Message) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = []
        calls = 0
        for part in message.parts:
            made = self._part(part, message.path)
            if isinstance(part, ToolCall):
                if self._wants_signatures and not calls and "thoughtSignature" not in made[0]:
                    made[0]["thoughtSignature"] = NO_SIGNATURE
                calls += 1
            parts += made
        return parts

    def _part(self, part: Part, path: str) -> list[dict[str, Any]]:
        if isinstance(part, Text):
            said: dict[str, Any] = {"text": part.text}
            signature = _signature(part.seal)
            return [said | signature] if part.text or signature else []
        if isinstance(part, Media):
            return [_media(part, path)]
        if isinstance(part, ToolCall):
            call = {"name": part.name, "args": _arguments(part)}
            return [{"functionCall": call} | _signature(part.seal)]
        if isinstance(part, ToolResult):
            return self._result(part, path)
        if isinstance(part, Reasoning):
            # Thoughts themselves are not sent back, only what proves them.
            signature = _signature(part.seal)
            return [{"text": part.text, "thought": True} | signature] if signature else []
        if part.dialect == DIALECT:
            return [_decode(part.value)]
        self._losses.append(Loss(part.path or path, "only its own vendor understands it"))
        return []

    def _result(self, result: ToolResult, path: str) -> list[dict[str, Any]]:
        text = "\n".join(part.text for part in result.parts if isinstance(part, Text))
        answer: Any = {"error": text} if result.is_error else _answer(text)
        name = result.name or self._names.get(result.id, "")
        if not name:
            reason = "there is no call that it answers"
            raise Fault("invalid_value", param=path or "messages", reason=reason)
        parts: list[dict[str, Any]] = [{"functionResponse": {"name": name, "response": answer}}]
        return parts + [_media(part, path) for part in result.parts if isinstance(part, Media)]


def _signature(seal: Opaque | None) -> dict[str, Any]:
    if seal is None or seal.dialect != DIALECT:
        return {}
    return {"thoughtSignature": _decode(seal.value)}


def _answer(text: str) -> dict[str, Any]:
    """A result must be an object."""
    if text.lstrip().startswith("{"):
        try:
            found = _decode(text.encode())
        except (msgspec.DecodeError, UnicodeEncodeError):
            return {"result": text}
        if isinstance(found, dict):
            return found
    return {"result": text}


def _arguments(call: ToolCall) -> dict[str, Any]:
    """Text that is no object is kept in one: a model may have written it, and its conversation has
    to go on."""
    try:
        found = _decode((call.arguments or "{}").encode())
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"arguments": call.arguments}


def _media(part: Media, path: str) -> dict[str, Any]:
    where = part.path or path
    if part.data:
        if not part.mime:
            raise Fault("invalid_value", param=where, reason="its type is not known")
        return {"inlineData": {"mimeType": part.mime, "data": part.data}}
    if part.url:
        named = {"fileUri": part.url} | ({"mimeType": part.mime} if part.mime else {})
        return {"fileData": named}
    raise Fault("invalid_value", param=where, reason="a file that only another vendor has")

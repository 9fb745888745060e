"""A chat request as the IR's chat."""

from typing import Any

import msgspec

from waystation.dialects.ir import (
    Chat,
    Message,
    Opaque,
    Output,
    Sampling,
    Text,
    Tool,
    ToolChoice,
)
from waystation.dialects.loss import Loss
from waystation.dialects.openai_chat.request_turns import Turn, decode_turns, message_of
from waystation.dialects.openai_chat.thinking_knobs import HOLDERS, KNOBS, read_thinking, unread
from waystation.errors import Fault
from waystation.kernel.scalars import is_null, kind
from waystation.kernel.strictjson import Fields

DIALECT = "openai_chat"
_READ = frozenset(
    (
        "model",
        "messages",
        "max_tokens",
        "max_completion_tokens",
        "temperature",
        "top_p",
        "top_k",
        "stop",
        "seed",
        "presence_penalty",
        "frequency_penalty",
        "stream",
        "stream_options",
        "n",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        *KNOBS,
        *HOLDERS,
        "response_format",
        "user",
        "safety_identifier",
    )
)
_ABSENT = msgspec.Raw()


class _Function(msgspec.Struct):
    name: str = ""
    description: str | None = None
    parameters: msgspec.Raw = _ABSENT
    strict: bool | None = None


class _Tool(msgspec.Struct):
    type: str | None = None
    function: _Function | None = None
    cache_control: msgspec.Raw = _ABSENT


class _NamedChoice(msgspec.Struct):
    type: str = ""
    function: _Function | None = None


class _Schema(msgspec.Struct):
    name: str = "answer"
    description: str | None = None
    schema: msgspec.Raw = _ABSENT
    strict: bool | None = None


class _Format(msgspec.Struct):
    type: str = "text"
    json_schema: _Schema | None = None


_decode_raws = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_tool = msgspec.json.Decoder(_Tool).decode


def read_chat(
    fields: Fields, model: str, stream: bool, output_tokens: int | None
) -> tuple[Chat, tuple[Loss, ...]]:
    """(the request, what is lost already). Legacy functions are tools by now. Raises Fault
    invalid_value."""
    system, messages = _messages(fields)
    user = read_as(fields, "user", str)
    safety_identifier = read_as(fields, "safety_identifier", str)
    left = [*unread(fields), *(("safety_identifier",) if user and safety_identifier else ())]
    chat = Chat(
        dialect=DIALECT,
        model=model,
        messages=messages,
        system=system,
        tools=_tools(fields),
        tool_choice=_tool_choice(fields),
        sampling=sampling_of(fields, output_tokens),
        thinking=read_thinking(fields),
        output=_output(fields),
        stream=stream,
        user=user or safety_identifier or "",
        extras={
            name: value
            for name, value in fields.items()
            if (name not in _READ or name in left) and not is_null(value)
        },
    )
    return chat, ()


def read_as(fields: Fields, name: str, kind: type[Any]) -> Any:
    """A field by its type, None when absent or null."""
    value = fields.get(name)
    if value is None or is_null(value):
        return None
    try:
        return msgspec.json.decode(value, type=kind)
    except msgspec.ValidationError:
        raise Fault("invalid_value", param=name, reason="of an unknown shape") from None


def _messages(fields: Fields) -> tuple[tuple[Text, ...], tuple[Message, ...]]:
    """(instructions at the head, the turns)"""
    try:
        turns: list[Turn] = decode_turns(fields["messages"])
    except msgspec.ValidationError:
        raise Fault("invalid_value", param="messages", reason="of an unknown shape") from None
    system: list[Text] = []
    messages: list[Message] = []
    for at, turn in enumerate(turns):
        message = message_of(turn, f"messages[{at}]")
        if message.role == "system" and not messages:
            system += [part for part in message.parts if isinstance(part, Text)]
        else:
            messages.append(message)
    return tuple(system), tuple(messages)


def _tools(fields: Fields) -> tuple[Tool | Opaque, ...]:
    value = fields.get("tools")
    if value is None or is_null(value):
        return ()
    try:
        return tuple(_tool(raw, f"tools[{at}]") for at, raw in enumerate(_decode_raws(value)))
    except msgspec.ValidationError:
        raise Fault("invalid_value", param="tools", reason="of an unknown shape") from None


def _tool(raw: msgspec.Raw, path: str) -> Tool | Opaque:
    told = _decode_tool(raw)
    function = told.function
    if function is None:
        return Opaque(DIALECT, raw, path)
    cache = told.cache_control or None
    tool = Tool(function.name, function.description or "", strict=function.strict, cache=cache)
    if function.parameters and kind(function.parameters) == "{":
        tool = msgspec.structs.replace(tool, schema=function.parameters)
    return tool


def _tool_choice(fields: Fields) -> ToolChoice | None:
    value = fields.get("tool_choice")
    parallel = read_as(fields, "parallel_tool_calls", bool)
    if value is None or is_null(value):
        return None if parallel is None else ToolChoice("auto", "", parallel)
    if kind(value) == "{":
        named = read_as(fields, "tool_choice", _NamedChoice)
        if named.function is None:
            raise Fault("invalid_value", param="tool_choice", reason="expected a function's name")
        return ToolChoice("tool", named.function.name, parallel)
    word = read_as(fields, "tool_choice", str)
    if word == "required":
        return ToolChoice("any", "", parallel)
    if word not in ("auto", "none"):
        reason = "expected none, auto, required or a function"
        raise Fault("invalid_value", param="tool_choice", reason=reason)
    return ToolChoice(word, "", parallel)


def sampling_of(fields: Fields, output_tokens: int | None) -> Sampling:
    return Sampling(
        output_tokens=output_tokens,
        temperature=read_as(fields, "temperature", float),
        top_p=read_as(fields, "top_p", float),
        top_k=read_as(fields, "top_k", int),
        stop=_stops(fields),
        seed=read_as(fields, "seed", int),
        presence_penalty=read_as(fields, "presence_penalty", float),
        frequency_penalty=read_as(fields, "frequency_penalty", float),
    )


def _stops(fields: Fields) -> tuple[str, ...]:
    value = read_as(fields, "stop", str | list[str])  # type: ignore[arg-type]  # a union is a type
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _output(fields: Fields) -> Output:
    told = read_as(fields, "response_format", _Format)
    if told is None or told.type == "text":
        return Output()
    if told.type == "json_object":
        return Output("json")
    if told.type != "json_schema" or told.json_schema is None or not told.json_schema.schema:
        reason = "expected text, json_object, or json_schema with its schema"
        raise Fault("invalid_value", param="response_format", reason=reason)
    schema = told.json_schema
    return Output("schema", schema.schema, schema.name, schema.description or "", schema.strict)

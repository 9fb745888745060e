"""A messages request as the IR's chat."""

from typing import Any, get_args

import msgspec

from waystation.dialects.anthropic.request_blocks import no_blocks, read_blocks, read_system
from waystation.dialects.anthropic.seals import DIALECT
from waystation.dialects.ir import (
    Chat,
    Effort,
    Message,
    Opaque,
    Output,
    Role,
    Sampling,
    Thinking,
    Tool,
    ToolChoice,
)
from waystation.dialects.loss import Loss
from waystation.errors import Fault
from waystation.kernel.scalars import is_null
from waystation.kernel.strictjson import Fields

_READ = frozenset(
    (
        "model",
        "messages",
        "system",
        "max_tokens",
        "temperature",
        "top_p",
        "top_k",
        "stop_sequences",
        "stream",
        "tools",
        "tool_choice",
        "thinking",
        "output_config",
        "output_format",
        "metadata",
    )
)
_ABSENT = msgspec.Raw()
_ROLES: frozenset[str] = frozenset(get_args(Role))
_EFFORTS: frozenset[str] = frozenset(get_args(Effort))


class _Turn(msgspec.Struct):
    role: str = ""
    content: msgspec.Raw = _ABSENT


class _Tool(msgspec.Struct):
    type: str | None = None
    name: str = ""
    description: str | None = None
    input_schema: msgspec.Raw = _ABSENT
    strict: bool | None = None
    cache_control: msgspec.Raw = _ABSENT


class _Choice(msgspec.Struct):
    type: str = ""
    name: str = ""
    disable_parallel_tool_use: bool | None = None


class _Thinking(msgspec.Struct):
    type: str = ""
    budget_tokens: int | None = None
    display: str | None = None


class _Format(msgspec.Struct):
    type: str = ""
    schema: msgspec.Raw = _ABSENT


class _OutputConfig(msgspec.Struct):
    effort: str | None = None
    format: _Format | None = None


class _Metadata(msgspec.Struct):
    user_id: str | None = None


_decode_turns = msgspec.json.Decoder(list[_Turn]).decode
_decode_raws = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_tool = msgspec.json.Decoder(_Tool).decode
_decode_stops = msgspec.json.Decoder(list[str]).decode


def read_chat(fields: Fields, model: str, stream: bool) -> tuple[Chat, tuple[Loss, ...]]:
    """(the request, what is lost already). Raises Fault invalid_value."""
    config = _read(fields, "output_config", _OutputConfig) or _OutputConfig()
    metadata = _read(fields, "metadata", _Metadata)
    chat = Chat(
        dialect=DIALECT,
        model=model,
        messages=_messages(fields),
        system=read_system(fields.get("system"), "system"),
        tools=_tools(fields),
        tool_choice=_tool_choice(fields),
        sampling=_sampling(fields),
        thinking=_thinking(fields, config),
        output=_output(config.format or _read(fields, "output_format", _Format)),
        stream=stream,
        user=(metadata.user_id or "") if metadata is not None else "",
        extras={name: value for name, value in fields.items() if name not in _READ},
    )
    return chat, ()


def _read(fields: Fields, name: str, kind: type[Any]) -> Any:
    """A field by its type, None when absent or null."""
    value = fields.get(name)
    if value is None or is_null(value):
        return None
    try:
        return msgspec.json.decode(value, type=kind)
    except msgspec.ValidationError:
        raise Fault("invalid_value", param=name, reason="of an unknown shape") from None


def _messages(fields: Fields) -> tuple[Message, ...]:
    try:
        turns = _decode_turns(fields["messages"])
    except msgspec.ValidationError:
        reason = "each needs a role and content"
        raise Fault("invalid_value", param="messages", reason=reason) from None
    found = []
    for at, turn in enumerate(turns):
        path = f"messages[{at}]"
        if turn.role not in _ROLES:
            reason = "expected user, assistant or system"
            raise Fault("invalid_value", param=f"{path}.role", reason=reason)
        if not turn.content:
            raise Fault("missing_field", param=f"{path}.content")
        parts = read_blocks(turn.content, f"{path}.content")
        found.append(Message(turn.role, parts, path))  # type: ignore[arg-type]  # checked above
    return tuple(found)


def _tools(fields: Fields) -> tuple[Tool | Opaque, ...]:
    value = fields.get("tools")
    if value is None or is_null(value):
        return ()
    try:
        raws = _decode_raws(value)
        return tuple(_tool(raw, f"tools[{at}]") for at, raw in enumerate(raws))
    except msgspec.ValidationError:
        raise no_blocks("tools") from None


def _tool(raw: msgspec.Raw, path: str) -> Tool | Opaque:
    told = _decode_tool(raw)
    if told.type not in (None, "custom"):
        return Opaque(DIALECT, raw, path)
    tool = Tool(
        told.name,
        told.description or "",
        strict=told.strict,
        cache=told.cache_control or None,
    )
    if told.input_schema and not is_null(told.input_schema):
        tool = msgspec.structs.replace(tool, schema=told.input_schema)
    return tool


def _tool_choice(fields: Fields) -> ToolChoice | None:
    told = _read(fields, "tool_choice", _Choice)
    if told is None:
        return None
    if told.type not in ("auto", "any", "none", "tool"):
        reason = "expected auto, any, tool or none"
        raise Fault("invalid_value", param="tool_choice", reason=reason)
    parallel = (
        None if told.disable_parallel_tool_use is None else not told.disable_parallel_tool_use
    )
    return ToolChoice(told.type, told.name, parallel)


def _sampling(fields: Fields) -> Sampling:
    return Sampling(
        output_tokens=_read(fields, "max_tokens", int),
        temperature=_read(fields, "temperature", float),
        top_p=_read(fields, "top_p", float),
        top_k=_read(fields, "top_k", int),
        stop=_stops(fields),
    )


def _stops(fields: Fields) -> tuple[str, ...]:
    value = fields.get("stop_sequences")
    if value is None or is_null(value):
        return ()
    try:
        return tuple(_decode_stops(value))
    except msgspec.ValidationError:
        raise no_blocks("stop_sequences") from None


def _thinking(fields: Fields, config: _OutputConfig) -> Thinking | None:
    told = _read(fields, "thinking", _Thinking)
    effort = config.effort if config.effort in _EFFORTS else None
    if told is None:
        return None if effort is None else Thinking(effort=effort)  # type: ignore[arg-type]
    if told.type == "disabled":
        return Thinking(effort="none", shown=False)
    shown = None if told.display is None else told.display != "omitted"
    return Thinking(effort, told.budget_tokens, shown)  # type: ignore[arg-type]  # checked above


def _output(told: _Format | None) -> Output:
    if told is None or told.type != "json_schema" or not told.schema:
        return Output()
    return Output("schema", told.schema, "answer")

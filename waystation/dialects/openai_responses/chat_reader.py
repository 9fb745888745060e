"""A Responses request as a `Chat`."""

from collections.abc import Mapping
from typing import Any

import msgspec

from waystation.dialects.ir import (
    Chat,
    Media,
    Message,
    Opaque,
    Output,
    Part,
    Reasoning,
    Role,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from waystation.dialects.loss import Loss
from waystation.dialects.openai_responses.items import data_of, item_text
from waystation.dialects.openai_responses.tool_names import ToolNames
from waystation.dialects.seals import unpacked
from waystation.errors import Fault
from waystation.kernel.strictjson import Fields, raw_of

DIALECT = "openai_responses"
_decode = msgspec.json.Decoder().decode
_READ = frozenset(
    (
        "model",
        "input",
        "instructions",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "max_output_tokens",
        "temperature",
        "top_p",
        "text",
        "reasoning",
        "stream",
        "user",
        "safety_identifier",
        # What we do ourselves, or what says nothing to another vendor.
        "store",
        "previous_response_id",
        "include",
        "background",
        "stream_options",
        "truncation",
        "client_metadata",
    )
)
_ROLES: Mapping[str, Role] = {
    "user": "user",
    "assistant": "assistant",
    "system": "system",
    "developer": "system",
}


def read_chat(fields: Fields, model: str, stream: bool) -> tuple[Chat, tuple[Loss, ...]]:
    """Raises Fault invalid_value for content of an unknown shape, or that only OpenAI has."""
    given = {name: _decode(fields[name]) for name in _READ.intersection(fields)}
    losses: list[Loss] = []
    if "prompt" in fields and bytes(fields["prompt"]) != b"null":
        reason = "stored prompts are another vendor's"
        raise Fault("invalid_value", param="prompt", reason=reason)
    names = ToolNames(given.get("tools"))
    messages = _Items(losses, names).read(given.get("input"))
    instructions = given.get("instructions")
    system: tuple[Text, ...] = ()
    if isinstance(instructions, str) and instructions:
        system = (Text(instructions),)
    while messages and messages[0].role == "system":
        system += tuple(part for part in messages[0].parts if isinstance(part, Text))
        messages = messages[1:]
    user = given.get("user") or given.get("safety_identifier")
    chat = Chat(
        dialect=DIALECT,
        model=model,
        messages=messages,
        system=system,
        tools=_tools(given.get("tools"), names, losses),
        tool_choice=_tool_choice(given, names, losses),
        sampling=Sampling(
            output_tokens=given.get("max_output_tokens"),
            temperature=given.get("temperature"),
            top_p=given.get("top_p"),
        ),
        thinking=_thinking(given.get("reasoning")),
        output=_output(given.get("text")),
        stream=stream,
        user=user if isinstance(user, str) else "",
        extras={
            name: value
            for name, value in fields.items()
            if name not in _READ and bytes(value) != b"null"
        },
    )
    return chat, tuple(losses)


class _Items:
    """Items as messages: what one side says in a row is one message."""

    __slots__ = ("_losses", "_messages", "_names", "_parts", "_path", "_role", "_seal")

    def __init__(self, losses: list[Loss], names: ToolNames) -> None:
        self._losses = losses
        self._names = names
        self._messages: list[Message] = []
        self._parts: list[Part] = []
        self._role: Role = "user"
        self._path = "input"
        self._seal: Opaque | None = None  # on the call that follows

    def read(self, given: Any) -> tuple[Message, ...]:
        if isinstance(given, str):
            return (Message("user", (Text(given),), "input"),)
        for place, item in enumerate(given or ()):
            path = f"input[{place}]"
            if not isinstance(item, dict):
                raise Fault("invalid_value", param=path, reason="expected an object")
            self._item(item, path)
        self._flush()
        return tuple(self._messages)

    def _item(self, item: dict[str, Any], path: str) -> None:
        kind = item.get("type") or "message"
        if kind == "message":
            self._message(item, path)
        elif kind in ("function_call", "custom_tool_call"):
            self._call(item, kind, path)
        elif kind in ("function_call_output", "custom_tool_call_output"):
            parts = _parts(item.get("output"), f"{path}.output")
            self._add("user", ToolResult(str(item.get("call_id") or ""), parts), path)
        elif kind == "reasoning":
            self._reasoning(item, path)
        elif kind == "item_reference":
            reason = "items are not stored with this model; send them whole"
            raise Fault("invalid_value", param=path, reason=reason)
        else:
            self._add("assistant", Opaque(DIALECT, raw_of(item), path), path)

    def _message(self, item: dict[str, Any], path: str) -> None:
        role = _ROLES.get(str(item.get("role") or "user"))
        if role is None:
            raise Fault("invalid_value", param=f"{path}.role", reason="an unknown role")
        for part in _parts(item.get("content"), f"{path}.content"):
            self._add(role, part, path)
        if role != "assistant":
            self._flush()

    def _call(self, item: dict[str, Any], kind: str, path: str) -> None:
        arguments = item.get("arguments")
        if kind == "custom_tool_call":
            arguments = msgspec.json.encode({"input": item.get("input")}).decode()
        text = arguments if isinstance(arguments, str) and arguments.strip() else "{}"
        identity = str(item.get("call_id") or item.get("id") or "")
        seal, self._seal = self._seal, None
        name = self._names.flat(item.get("namespace"), item.get("name"))
        call = ToolCall(identity, name, text, seal=seal)
        self._add("assistant", call, path)

    def _reasoning(self, item: dict[str, Any], path: str) -> None:
        text = item_text(item)
        sealed = item.get("encrypted_content")
        brought = unpacked(sealed) if isinstance(sealed, str) else None
        if brought is not None and brought[1]:
            self._seal_call(*brought)
            if not text:
                return
        seal = brought[0] if brought is not None and brought[1] == "" else None
        if brought is None and (sealed or item.get("id")):
            seal = Opaque(DIALECT, raw_of(item), path)
        self._add("assistant", Reasoning(text, seal, is_summary=True), path)

    def _seal_call(self, seal: Opaque, on: str) -> None:
        """A signature that was told as an item of its own."""
        last = self._parts[-1] if self._parts else None
        if on == "call":
            self._seal = seal
        elif isinstance(last, ToolCall) and last.seal is None:
            self._parts[-1] = msgspec.structs.replace(last, seal=seal)

    def _add(self, role: Role, part: Part, path: str) -> None:
        if role != self._role:
            self._flush()
        if not self._parts:
            self._role, self._path = role, path
        self._parts.append(part)

    def _flush(self) -> None:
        if self._parts:
            self._messages.append(Message(self._role, tuple(self._parts), self._path))
        self._parts = []


def _parts(content: Any, path: str) -> tuple[Part, ...]:
    """A message's content, or a call's output."""
    if content is None:
        return ()
    if isinstance(content, str):
        return (Text(content),)
    if not isinstance(content, list):
        raise Fault("invalid_value", param=path, reason="expected a string or an array")
    return tuple(_part(part, f"{path}[{place}]") for place, part in enumerate(content))


def _part(part: Any, path: str) -> Part:
    if not isinstance(part, dict):
        raise Fault("invalid_value", param=path, reason="expected an object")
    kind = part.get("type")
    if kind in ("input_text", "output_text", "text", "summary_text"):
        return Text(str(part.get("text") or ""))
    if kind == "refusal":
        return Text(str(part.get("refusal") or ""), is_refusal=True)
    if kind == "input_image":
        return _image(part, path)
    if kind == "input_file":
        return _file(part, path)
    if kind == "input_audio":
        sound = part.get("input_audio") or {}
        mime = f"audio/{sound.get('format') or 'wav'}"
        return Media("audio", mime, data=str(sound.get("data") or ""), path=path)
    return Opaque(DIALECT, raw_of(part), path)


def _image(part: dict[str, Any], path: str) -> Media:
    address = part.get("image_url")
    if isinstance(address, dict):
        address = address.get("url")
    detail = str(part.get("detail") or "")
    if isinstance(address, str) and address:
        mime, data = data_of(address, path)
        return Media("image", mime, data, "" if data else address, detail=detail, path=path)
    identity = str(part.get("file_id") or "")
    return Media("image", file_id=identity, dialect=DIALECT, detail=detail, path=path)


def _file(part: dict[str, Any], path: str) -> Media:
    name = str(part.get("filename") or "")
    given = part.get("file_data")
    if isinstance(given, str) and given:
        mime, data = data_of(given, path) if given.startswith("data:") else ("", given)
        return Media("file", mime or "application/pdf", data, name=name, path=path)
    if isinstance(part.get("file_url"), str):
        return Media("file", url=part["file_url"], name=name, path=path)
    identity = str(part.get("file_id") or "")
    return Media("file", file_id=identity, dialect=DIALECT, name=name, path=path)


def _tools(given: Any, names: ToolNames, losses: list[Loss]) -> tuple[Tool | Opaque, ...]:
    tools: list[Tool | Opaque] = []
    for place, tool in enumerate(given or ()):
        path = f"tools[{place}]"
        if not isinstance(tool, dict):
            raise Fault("invalid_value", param=path, reason="expected an object")
        kind = tool.get("type")
        if kind == "function":
            tools.append(_function(tool))
        elif kind == "custom":
            tools.append(_custom(tool))
            losses.append(Loss(f"{path}.format", "a free form becomes one text argument"))
        elif kind == "namespace":
            tools += _namespace(tool, names)
        else:
            tools.append(Opaque(DIALECT, raw_of(tool), path))
    return tuple(tools)


def _namespace(space: dict[str, Any], names: ToolNames) -> list[Tool]:
    """Its tools, each by the one name that it has among all."""
    found: list[Tool] = []
    inside = space.get("tools")
    for one in inside if isinstance(inside, list) else ():
        if isinstance(one, dict) and one.get("type") in ("function", "custom"):
            tool = _function(one) if one["type"] == "function" else _custom(one)
            flat = names.flat(space.get("name"), tool.name)
            found.append(msgspec.structs.replace(tool, name=flat))
    return found


def _function(tool: dict[str, Any]) -> Tool:
    inner = tool.get("function")
    tool = inner if isinstance(inner, dict) else tool
    schema = tool.get("parameters")
    if not isinstance(schema, dict) or schema.get("type") != "object":
        schema = {"type": "object", "properties": {}}
    strict = tool.get("strict")
    return Tool(
        str(tool.get("name") or ""),
        str(tool.get("description") or ""),
        raw_of(schema),
        strict if isinstance(strict, bool) else None,
    )


def _custom(tool: dict[str, Any]) -> Tool:
    schema = {
        "type": "object",
        "properties": {"input": {"type": "string"}},
        "required": ["input"],
    }
    name, described = str(tool.get("name") or ""), str(tool.get("description") or "")
    return Tool(name, described, raw_of(schema))


def _tool_choice(
    given: Mapping[str, Any], names: ToolNames, losses: list[Loss]
) -> ToolChoice | None:
    choice, parallel = given.get("tool_choice"), given.get("parallel_tool_calls")
    parallel = parallel if isinstance(parallel, bool) else None
    if isinstance(choice, dict):
        name = choice.get("name")
        if isinstance(name, str) and name:
            return ToolChoice("tool", names.flat(choice.get("namespace"), name), parallel)
        if choice.get("type") == "allowed_tools":
            losses.append(Loss("tool_choice.tools"))
            mode = "any" if choice.get("mode") == "required" else "auto"
            return ToolChoice(mode, parallel=parallel)  # type: ignore[arg-type]
        losses.append(Loss("tool_choice"))
        choice = None
    if choice == "required":
        return ToolChoice("any", parallel=parallel)
    if choice == "none":
        return ToolChoice("none", parallel=parallel)
    if choice is None and parallel is None:
        return None
    return ToolChoice("auto", parallel=parallel)


def _thinking(reasoning: Any) -> Thinking | None:
    if not isinstance(reasoning, dict):
        return None
    effort = reasoning.get("effort")
    summary = reasoning.get("summary") or reasoning.get("generate_summary")
    if effort is None and summary is None:
        return None
    known = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
    return Thinking(
        effort=effort if effort in known else None,
        shown=True if summary in ("auto", "concise", "detailed") else None,
    )


def _output(text: Any) -> Output:
    wanted = text.get("format") if isinstance(text, dict) else None
    if not isinstance(wanted, dict):
        return Output()
    if wanted.get("type") == "json_object":
        return Output("json")
    if wanted.get("type") != "json_schema":
        return Output()
    strict = wanted.get("strict")
    return Output(
        "schema",
        raw_of(wanted.get("schema") or {}),
        str(wanted.get("name") or "answer"),
        str(wanted.get("description") or ""),
        strict if isinstance(strict, bool) else None,
    )

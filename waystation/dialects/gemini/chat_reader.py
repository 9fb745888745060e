"""A generateContent request as a `Chat`. Both spellings are read."""

from collections.abc import Mapping
from typing import Any

import msgspec

from waystation.dialects.gemini.schema import lowered
from waystation.dialects.ir import (
    Chat,
    Media,
    MediaKind,
    Message,
    Opaque,
    Output,
    Part,
    Reasoning,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from waystation.dialects.loss import Loss
from waystation.dialects.seals import unpacked
from waystation.errors import Fault
from waystation.kernel.strictjson import Fields, raw_of

DIALECT = "gemini"
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_READ = frozenset(
    (
        "contents",
        "systemInstruction",
        "system_instruction",
        "tools",
        "toolConfig",
        "tool_config",
        "generationConfig",
        "generation_config",
        "model",
    )
)
_CONFIG_READ = frozenset(
    (
        "temperature",
        "topP",
        "topK",
        "candidateCount",
        "maxOutputTokens",
        "stopSequences",
        "seed",
        "presencePenalty",
        "frequencyPenalty",
        "responseMimeType",
        "responseSchema",
        "responseJsonSchema",
        "_responseJsonSchema",
        "thinkingConfig",
    )
)
_MODES = {"NONE": "none", "ANY": "any", "AUTO": "auto", "VALIDATED": "auto"}
_LEVELS = {"MINIMAL": "minimal", "LOW": "low", "MEDIUM": "medium", "HIGH": "high"}


def read_chat(fields: Fields, model: str, stream: bool) -> tuple[Chat, tuple[Loss, ...]]:
    """Raises Fault invalid_value for content of an unknown shape."""
    config = _camel(_object(fields, "generationConfig", "generation_config"))
    if (config.get("candidateCount") or 1) != 1:
        reason = "this model gives one candidate here"
        raise Fault("invalid_value", param="generationConfig.candidateCount", reason=reason)
    system = _camel(_object(fields, "systemInstruction", "system_instruction"))
    losses = [Loss(f"generationConfig.{name}") for name in config if name not in _CONFIG_READ]
    choice, only_some = _tool_choice(fields)
    if only_some:
        losses.append(Loss("toolConfig.functionCallingConfig.allowedFunctionNames"))
    chat = Chat(
        dialect=DIALECT,
        model=model,
        messages=_Turns().read(_decode(fields["contents"])),
        system=tuple(Text(text) for text in _texts(system)),
        tools=_tools(_decode(fields["tools"]) if "tools" in fields else None),
        tool_choice=choice,
        sampling=_sampling(config),
        thinking=_thinking(config.get("thinkingConfig")),
        output=_output(config),
        stream=stream,
        extras={name: value for name, value in fields.items() if name not in _READ},
    )
    return chat, tuple(losses)


def _object(fields: Fields, camel: str, snake: str) -> Mapping[str, Any]:
    raw = fields.get(camel, fields.get(snake))
    found = None if raw is None else _decode(raw)
    if isinstance(found, str):
        return {"parts": [{"text": found}]}
    return found if isinstance(found, dict) else {}


def _camel(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields by their camelCase names."""
    return {_camel_name(name): value for name, value in fields.items()}


def _camel_name(name: str) -> str:
    if "_" not in name[1:]:
        return name
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _texts(content: Mapping[str, Any]) -> list[str]:
    parts = content.get("parts")
    listed = parts if isinstance(parts, list) else [parts]
    return [
        part["text"]
        for part in listed
        if isinstance(part, dict) and isinstance(part.get("text"), str)
    ]


class _Turns:
    """The conversation, its calls numbered where they have no ids: a result without one answers
    the first open call of its name."""

    __slots__ = ("_count", "_open")

    def __init__(self) -> None:
        self._open: dict[str, list[str]] = {}
        self._count = 0

    def read(self, contents: Any) -> tuple[Message, ...]:
        listed = contents if isinstance(contents, list) else [contents]
        if listed and all(isinstance(each, str) for each in listed):
            listed = [{"role": "user", "parts": [{"text": each}]} for each in listed]
        elif listed and all(isinstance(each, dict) and "role" not in each for each in listed):
            has_parts = any("parts" in each for each in listed)
            listed = listed if has_parts else [{"role": "user", "parts": listed}]
        messages = [self._message(each, place) for place, each in enumerate(listed)]
        return tuple(message for message in messages if message.parts)

    def _message(self, content: Any, place: int) -> Message:
        path = f"contents[{place}]"
        if not isinstance(content, dict):
            raise Fault("invalid_value", param=path, reason="expected an object")
        role = content.get("role")
        given = content.get("parts")
        parts = given if isinstance(given, list) else [given] if given is not None else []
        found = [self._part(part, f"{path}.parts[{at}]") for at, part in enumerate(parts)]
        is_model = role == "model"
        return Message(
            "assistant" if is_model else "system" if role == "system" else "user",
            _joined([part for part in found if part is not None]),
            path,
        )

    def _part(self, part: Any, path: str) -> Part | None:
        if not isinstance(part, dict):
            raise Fault("invalid_value", param=path, reason="expected an object")
        part = _camel(part)
        seal = seal_of(part)
        if isinstance(part.get("text"), str):
            if part.get("thought") is True:
                return Reasoning(part["text"], seal, is_summary=True)
            if not part["text"] and seal is not None and seal.dialect != DIALECT:
                return Reasoning("", seal)
            return Text(part["text"], seal=seal)
        if isinstance(part.get("functionCall"), dict):
            return self._call(_camel(part["functionCall"]), seal)
        if isinstance(part.get("functionResponse"), dict):
            return self._result(_camel(part["functionResponse"]), path)
        if isinstance(part.get("inlineData"), dict):
            blob = _camel(part["inlineData"])
            mime = str(blob.get("mimeType") or "")
            data = str(blob.get("data") or "").translate(_STANDARD)
            return Media(media_kind(mime), mime, data=data, path=path)
        if isinstance(part.get("fileData"), dict):
            named = _camel(part["fileData"])
            mime = str(named.get("mimeType") or "")
            address = str(named.get("fileUri") or "")
            return Media(media_kind(mime), mime, url=address, path=path)
        return Opaque(DIALECT, raw_of(part), path) if part else None

    def _call(self, call: Mapping[str, Any], seal: Opaque | None) -> ToolCall:
        name = str(call.get("name") or "")
        identity = str(call.get("id") or "") or f"call_{self._count}"
        self._count += 1
        self._open.setdefault(name, []).append(identity)
        return ToolCall(identity, name, _encode(call.get("args") or {}).decode(), seal=seal)

    def _result(self, result: Mapping[str, Any], path: str) -> ToolResult:
        name = str(result.get("name") or "")
        waiting = self._open.get(name) or []
        identity = str(result.get("id") or "") or (waiting[0] if waiting else f"call_{name}")
        if identity in waiting:
            waiting.remove(identity)
        response = result.get("response")
        is_error = False
        if isinstance(response, dict) and len(response) == 1:
            only, value = next(iter(response.items()))
            is_error = only == "error"
            response = value if only in ("result", "output", "error") else response
        text = response if isinstance(response, str) else _encode(response).decode()
        parts: list[Part] = [Text(text)]
        given = result.get("parts")
        for at, part in enumerate(given if isinstance(given, list) else ()):
            inner = self._part(part, f"{path}.functionResponse.parts[{at}]")
            parts += [inner] if inner is not None else []
        return ToolResult(identity, tuple(parts), name, is_error)


def _joined(parts: list[Part]) -> tuple[Part, ...]:
    """A stream tells a thought's signature in a part of its own; here it joins its thought."""
    found: list[Part] = []
    for part in parts:
        before = found[-1] if found else None
        is_alone = isinstance(part, Reasoning) and not part.text and part.seal is not None
        if is_alone and isinstance(before, Reasoning) and before.seal is None:
            assert isinstance(part, Reasoning)
            found[-1] = msgspec.structs.replace(before, seal=part.seal)
        else:
            found.append(part)
    return tuple(found)


_STANDARD = {ord("-"): "+", ord("_"): "/"}
"""Some clients write bytes in the other base64."""


def seal_of(part: Mapping[str, Any]) -> Opaque | None:
    """The signature over a part: Gemini's own, or one of another dialect on its way back."""
    signature = part.get("thoughtSignature")
    if not isinstance(signature, str) or not signature:
        return None
    brought = unpacked(signature)
    return brought[0] if brought is not None else Opaque(DIALECT, raw_of(signature))


def media_kind(mime: str) -> MediaKind:
    family = mime.partition("/")[0]
    if family == "image":
        return "image"
    if family == "audio":
        return "audio"
    return "video" if family == "video" else "file"


def _tools(given: Any) -> tuple[Tool | Opaque, ...]:
    tools: list[Tool | Opaque] = []
    listed = given if isinstance(given, list) else [] if given is None else [given]
    for place, each in enumerate(listed):
        if not isinstance(each, dict):
            raise Fault("invalid_value", param=f"tools[{place}]", reason="expected an object")
        hosted = _camel(each)
        declared = hosted.pop("functionDeclarations", None) or ()
        if not isinstance(declared, list | tuple) or not all(map(_is_object, declared)):
            param = f"tools[{place}].functionDeclarations"
            raise Fault("invalid_value", param=param, reason="expected an array of objects")
        tools += [_tool(_camel(one)) for one in declared]
        if hosted:
            tools.append(Opaque(DIALECT, raw_of(hosted), f"tools[{place}]"))
    return tuple(tools)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _tool(declared: Mapping[str, Any]) -> Tool:
    schema = declared.get("parametersJsonSchema") or lowered(declared.get("parameters"))
    if not isinstance(schema, dict) or schema.get("type") != "object":
        schema = {"type": "object", "properties": {}}
    name, described = str(declared.get("name") or ""), str(declared.get("description") or "")
    return Tool(name, described, raw_of({"properties": {}, **schema}))


def _tool_choice(fields: Fields) -> tuple[ToolChoice | None, bool]:
    """(the choice, whether it was of several functions, which others cannot say)"""
    config = _camel(_object(fields, "toolConfig", "tool_config"))
    calling = config.get("functionCallingConfig")
    if not isinstance(calling, dict):
        return None, False
    calling = _camel(calling)
    mode = _MODES.get(str(calling.get("mode") or "AUTO").upper(), "auto")
    names = calling.get("allowedFunctionNames")
    if mode == "any" and isinstance(names, list) and len(names) == 1:
        return ToolChoice("tool", str(names[0])), False
    return ToolChoice(mode), bool(names)  # type: ignore[arg-type]  # of _MODES


def _sampling(config: Mapping[str, Any]) -> Sampling:
    stop = config.get("stopSequences")
    return Sampling(
        output_tokens=_whole(config, "maxOutputTokens"),
        temperature=_number(config, "temperature"),
        top_p=_number(config, "topP"),
        top_k=_whole(config, "topK"),
        stop=tuple(map(str, stop)) if isinstance(stop, list) else (),
        seed=_whole(config, "seed"),
        presence_penalty=_number(config, "presencePenalty"),
        frequency_penalty=_number(config, "frequencyPenalty"),
    )


def _number(config: Mapping[str, Any], name: str) -> float | None:
    value = config.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Fault("invalid_value", param=f"generationConfig.{name}", reason="expected a number")
    return value


def _whole(config: Mapping[str, Any], name: str) -> int | None:
    number = _number(config, name)
    return None if number is None else round(number)


def _thinking(config: Any) -> Thinking | None:
    if not isinstance(config, dict):
        return None
    config = _camel(config)
    budget, shown = config.get("thinkingBudget"), config.get("includeThoughts")
    level = _LEVELS.get(str(config.get("thinkingLevel") or "").upper())
    is_set = isinstance(budget, int) and budget > 0
    return Thinking(
        effort="none" if budget == 0 else level,  # type: ignore[arg-type]  # of _LEVELS
        budget_tokens=budget if is_set else None,
        shown=shown if isinstance(shown, bool) else None,
    )


def _output(config: Mapping[str, Any]) -> Output:
    schema = config.get("responseJsonSchema") or config.get("_responseJsonSchema")
    if schema is None and config.get("responseSchema") is not None:
        schema = lowered(config["responseSchema"])
    if schema is not None:
        return Output("schema", raw_of(schema), name="answer")
    if config.get("responseMimeType") == "application/json":
        return Output("json")
    return Output()

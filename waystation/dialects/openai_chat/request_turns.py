"""Chat's messages as the IR's."""

import msgspec

from waystation.dialects.ir import (
    Media,
    Message,
    Opaque,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from waystation.dialects.openai_chat.reasoning_details import Detail, read_detail
from waystation.errors import Fault
from waystation.kernel.data_url import read_data_url
from waystation.kernel.scalars import is_null

_ABSENT = msgspec.Raw()
_DIALECT = "openai_chat"


class _Function(msgspec.Struct):
    name: str = ""
    arguments: str | dict[str, msgspec.Raw] | None = None


class _Call(msgspec.Struct):
    id: str | None = None
    function: _Function | None = None
    cache_control: msgspec.Raw = _ABSENT
    extra_content: msgspec.Raw = _ABSENT


class Turn(msgspec.Struct):
    role: str = ""
    content: msgspec.Raw = _ABSENT
    refusal: str | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str | None = None
    name: str | None = None
    reasoning_content: str | None = None
    reasoning: msgspec.Raw = _ABSENT
    reasoning_details: list[Detail] | None = None
    thinking_blocks: list[Detail] | None = None
    cache_control: msgspec.Raw = _ABSENT


class _Image(msgspec.Struct):
    url: str = ""
    detail: str | None = None


class _Audio(msgspec.Struct):
    data: str = ""
    format: str = "wav"


class _File(msgspec.Struct):
    file_data: str | None = None
    file_id: str | None = None
    filename: str | None = None


class _Part(msgspec.Struct):
    type: str = ""
    text: str | None = None
    refusal: str | None = None
    image_url: _Image | str | None = None
    input_audio: _Audio | None = None
    file: _File | None = None
    cache_control: msgspec.Raw = _ABSENT


class _Google(msgspec.Struct):
    thought_signature: msgspec.Raw = _ABSENT


class _Extra(msgspec.Struct):
    google: _Google | None = None


decode_turns = msgspec.json.Decoder(list[Turn]).decode
_decode_parts = msgspec.json.Decoder(list[_Part]).decode
_decode_raws = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_text = msgspec.json.Decoder(str).decode
_decode_extra = msgspec.json.Decoder(_Extra).decode
_encode = msgspec.json.Encoder().encode


def message_of(turn: Turn, path: str) -> Message:
    """Raises Fault invalid_value."""
    parts = _content(turn.content, f"{path}.content")
    cache = turn.cache_control or None
    if cache is not None and parts and isinstance(parts[-1], Text | Media):
        parts[-1] = msgspec.structs.replace(parts[-1], cache=cache)
    role = turn.role
    if role in ("system", "developer"):
        return Message("system", tuple(parts), path)
    if role == "user":
        return Message("user", tuple(parts), path)
    if role == "tool":
        name = turn.name or ""
        result = ToolResult(turn.tool_call_id or "", tuple(parts), name, cache=cache)
        return Message("user", (result,), path)
    if role == "assistant":
        if turn.refusal:
            parts.append(Text(turn.refusal, is_refusal=True))
        calls = [_call(call) for call in turn.tool_calls or ()]
        return Message("assistant", (*_thoughts(turn), *parts, *calls), path)
    reason = "expected system, developer, user, assistant or tool"
    raise Fault("invalid_value", param=f"{path}.role", reason=reason)


def _thoughts(turn: Turn) -> list[Reasoning]:
    """Those with seals where there are any, else the bare text."""
    details = turn.reasoning_details or turn.thinking_blocks or ()
    found = [part for detail in details if (part := read_detail(detail)) is not None]
    if found:
        return found
    text = turn.reasoning_content
    if not text and turn.reasoning and memoryview(turn.reasoning)[0] == 0x22:
        text = _decode_text(turn.reasoning)
    return [Reasoning(text)] if text else []


def _call(call: _Call) -> ToolCall:
    function = call.function or _Function()
    arguments = function.arguments
    if isinstance(arguments, dict):
        arguments = _encode(arguments).decode()
    seal = None
    if call.extra_content:
        try:
            google = _decode_extra(call.extra_content).google
        except msgspec.ValidationError:
            google = None
        if google is not None and google.thought_signature:
            seal = Opaque("gemini", google.thought_signature)
    cache = call.cache_control or None
    return ToolCall(call.id or "", function.name, arguments or "{}", cache, seal)


def _content(value: msgspec.Raw, path: str) -> list[Part]:
    """A text, or an array of parts, or nothing."""
    if not value or is_null(value):
        return []
    try:
        if memoryview(value)[0] == 0x22:
            text = _decode_text(value)
            return [Text(text)] if text else []
        parts = _decode_parts(value)
    except msgspec.ValidationError:
        raise Fault("invalid_value", param=path, reason="of an unknown shape") from None
    return [_part(part, value, at, f"{path}[{at}]") for at, part in enumerate(parts)]


def _part(part: _Part, value: msgspec.Raw, at: int, path: str) -> Part:
    cache = part.cache_control or None
    if part.image_url is not None:
        return _image(part.image_url, cache, path)
    if part.text is not None and part.type in ("text", "input_text", "output_text", ""):
        return Text(part.text, cache)
    if part.refusal is not None:
        return Text(part.refusal, cache, is_refusal=True)
    if part.input_audio is not None:
        audio = part.input_audio
        mime = f"audio/{audio.format}"
        return Media("audio", mime, audio.data, cache=cache, path=path)
    if part.file is not None:
        return _file(part.file, cache, path)
    return Opaque(_DIALECT, _decode_raws(value)[at], path)


def _image(told: _Image | str, cache: msgspec.Raw | None, path: str) -> Media:
    url, detail = (told, "") if isinstance(told, str) else (told.url, told.detail or "")
    if url[:5].lower() != "data:":
        return Media("image", url=url, detail=detail, cache=cache, path=path)
    found = read_data_url(url)
    if found is None:
        reason = "expected a data URL with base64"
        raise Fault("invalid_value", param=path, reason=reason)
    return Media("image", found[0], found[1], detail=detail, cache=cache, path=path)


def _file(told: _File, cache: msgspec.Raw | None, path: str) -> Media:
    name = told.filename or ""
    if told.file_data is None:
        file_id = told.file_id or ""
        return Media("file", file_id=file_id, dialect=_DIALECT, name=name, cache=cache, path=path)
    found = read_data_url(told.file_data)
    mime, data = found if found is not None else ("", told.file_data)
    return Media("file", mime, data, name=name, cache=cache, path=path)

"""Content blocks of a request as the IR's parts."""

from base64 import b64encode

import msgspec

from waystation.dialects.anthropic.seals import DIALECT, read_seal
from waystation.dialects.ir import (
    Media,
    MediaKind,
    Opaque,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from waystation.errors import Fault
from waystation.kernel.scalars import is_null

_ABSENT = msgspec.Raw()


class _Source(msgspec.Struct):
    type: str = ""
    media_type: str | None = None
    data: str | None = None
    url: str | None = None
    file_id: str | None = None


class _Block(msgspec.Struct):
    type: str = ""
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    source: msgspec.Raw = _ABSENT
    title: str | None = None
    id: str | None = None
    name: str | None = None
    input: msgspec.Raw = _ABSENT
    tool_use_id: str | None = None
    content: msgspec.Raw = _ABSENT
    is_error: bool | None = None
    cache_control: msgspec.Raw = _ABSENT


_decode_text = msgspec.json.Decoder(str).decode
_decode_blocks = msgspec.json.Decoder(list[_Block]).decode
_decode_raws = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_source = msgspec.json.Decoder(_Source).decode


def no_blocks(path: str) -> Fault:
    return Fault("invalid_value", param=path, reason="of an unknown shape")


def read_system(value: msgspec.Raw | None, path: str) -> tuple[Text, ...]:
    """Instructions: a text, or text blocks. Raises Fault."""
    if value is None or is_null(value):
        return ()
    texts = []
    for part in read_blocks(value, path):
        if not isinstance(part, Text):
            raise Fault("invalid_value", param=path, reason="only text can stand here")
        texts.append(part)
    return tuple(texts)


def read_blocks(value: msgspec.Raw, path: str) -> tuple[Part, ...]:
    """A text, or an array of blocks. Raises Fault."""
    try:
        if memoryview(value)[0] == 0x22:
            text = _decode_text(value)
            return (Text(text),) if text else ()
        blocks = _decode_blocks(value)
    except msgspec.ValidationError:
        raise no_blocks(path) from None
    parts: list[Part] = []
    seal: Opaque | None = None  # of another dialect, waiting for the call it belongs to
    for at, block in enumerate(blocks):
        part = _part(block, value, at, f"{path}[{at}]")
        if isinstance(part, Reasoning) and not part.text and part.seal is not None:
            if part.seal.dialect != DIALECT and _call_follows(blocks, at):
                seal = part.seal
                continue
        elif seal is not None and isinstance(part, ToolCall):
            part = msgspec.structs.replace(part, seal=seal)
            seal = None
        if part is not None:
            parts.append(part)
    return tuple(parts)


def _call_follows(blocks: list[_Block], at: int) -> bool:
    return at + 1 < len(blocks) and blocks[at + 1].type == "tool_use"


def _part(block: _Block, value: msgspec.Raw, at: int, path: str) -> Part | None:
    kind = block.type
    cache = block.cache_control or None
    if kind == "text":
        return Text(block.text or "", cache)
    if kind == "tool_result":
        return _result(block, path, cache)
    if kind == "tool_use":
        arguments = bytes(block.input).decode() if block.input else "{}"
        return ToolCall(block.id or "", block.name or "", arguments, cache)
    if kind == "thinking":
        return Reasoning(block.thinking or "", read_seal(block.signature or ""))
    if kind == "redacted_thinking":
        seal = read_seal(block.data or "")
        if seal is not None and seal.dialect == DIALECT:
            seal = Opaque(DIALECT, _decode_raws(value)[at], path)
        return None if seal is None else Reasoning("", seal)
    if kind in ("image", "document") and block.source:
        return _media(block, value, at, path, cache)
    return Opaque(DIALECT, _decode_raws(value)[at], path)


def _result(block: _Block, path: str, cache: msgspec.Raw | None) -> ToolResult:
    content = block.content
    parts = () if not content or is_null(content) else read_blocks(content, f"{path}.content")
    return ToolResult(block.tool_use_id or "", parts, "", bool(block.is_error), cache)


def _media(
    block: _Block, value: msgspec.Raw, at: int, path: str, cache: msgspec.Raw | None
) -> Part:
    try:
        source = _decode_source(block.source)
    except msgspec.ValidationError:
        raise no_blocks(path) from None
    kind: MediaKind = "image" if block.type == "image" else "file"
    media = Media(kind, source.media_type or "", name=block.title or "", cache=cache, path=path)
    if source.type == "base64" and source.data is not None:
        return msgspec.structs.replace(media, data=source.data)
    if source.type == "url" and source.url:
        return msgspec.structs.replace(media, url=source.url)
    if source.type == "file" and source.file_id:
        return msgspec.structs.replace(media, file_id=source.file_id, dialect=DIALECT)
    if source.type == "text" and source.data is not None:
        data = b64encode(source.data.encode()).decode()
        return msgspec.structs.replace(media, data=data, mime=source.media_type or "text/plain")
    return Opaque(DIALECT, _decode_raws(value)[at], path)

"""Parts of an answer as Anthropic's content blocks, whole."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from waystation.dialects.anthropic.seals import DIALECT, written_seal
from waystation.dialects.ir import Media, Opaque, Part, Reasoning, Text, ToolCall
from waystation.kernel.strictjson import raw_of

_EMPTY = msgspec.Raw(b"{}")


def answer_blocks(parts: Iterable[Part]) -> list[Any]:
    """Content of an answer. What this dialect has no block for in an answer (pictures, another
    dialect's own items) is left out."""
    return [block for part in parts for block in _blocks_of(part)]


def _blocks_of(part: Part) -> Iterator[Any]:
    if isinstance(part, Text):
        if part.text:
            yield {"type": "text", "text": part.text}
        if part.seal is not None:
            yield sealed_block(part.seal)
    elif isinstance(part, Reasoning):
        yield thinking_block(part)
    elif isinstance(part, ToolCall):
        if part.seal is not None:
            yield sealed_block(part.seal)
        arguments = arguments_object(part.arguments)
        yield {"type": "tool_use", "id": part.id, "name": part.name, "input": arguments}
    elif isinstance(part, Opaque) and part.dialect == DIALECT:
        yield part.value
    elif isinstance(part, Media) and part.kind == "image" and part.data:
        source = {"type": "base64", "media_type": part.mime or "image/png", "data": part.data}
        yield {"type": "image", "source": source}


def thinking_block(part: Reasoning) -> Any:
    """Thoughts with their signature, redacted ones as they came."""
    seal = part.seal
    if seal is not None and not part.text:
        return sealed_block(seal)
    signature = "" if seal is None else written_seal(seal)
    return {"type": "thinking", "thinking": part.text, "signature": signature}


def sealed_block(seal: Opaque) -> Any:
    """A seal without text: Anthropic's own redacted block, or another dialect's seal in one."""
    if seal.dialect == DIALECT and bytes(seal.value).startswith(b"{"):
        return seal.value
    return {"type": "redacted_thinking", "data": written_seal(seal)}


def arguments_object(arguments: str) -> msgspec.Raw:
    """A call's arguments as an object. Text that is none is kept in an object of its own."""
    stripped = arguments.strip()
    if not stripped:
        return _EMPTY
    try:
        msgspec.json.decode(stripped, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return raw_of({"arguments": arguments})
    return msgspec.Raw(stripped.encode())

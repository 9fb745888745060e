"""The IR's messages as Anthropic's turns: roles in turn, results first, nothing empty."""

import re
from base64 import b64decode
from binascii import Error
from typing import Any

import msgspec

from waystation.dialects.anthropic.blocks import arguments_object, thinking_block
from waystation.dialects.anthropic.pictures import TYPES
from waystation.dialects.anthropic.seals import DIALECT
from waystation.dialects.ir import (
    Chat,
    Media,
    Message,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from waystation.errors import Fault

_ODD_IN_ID = re.compile(r"[^A-Za-z0-9_-]")


def system_blocks(chat: Chat) -> list[dict[str, Any]]:
    """All instructions, those amid the turns too, in order. Raises Fault."""
    texts = list(chat.system)
    for message in chat.messages:
        if message.role == "system":
            for part in message.parts:
                if not isinstance(part, Text):
                    raise _refusal(message.path, "only text can stand in an instruction")
                texts.append(part)
    return [_text(text) for text in texts if text.text]


def turns_of(chat: Chat) -> list[dict[str, Any]]:
    """Raises Fault for content that Anthropic has no block for."""
    turns: list[dict[str, Any]] = []
    for message in chat.messages:
        if message.role == "system":
            continue
        blocks = [block for part in message.parts for block in _blocks(part, message)]
        if not blocks:
            continue
        if turns and turns[-1]["role"] == message.role:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": message.role, "content": blocks})
    for turn in turns:
        if turn["role"] == "user":
            turn["content"].sort(key=_results_first)
    if turns and turns[-1]["role"] == "assistant":
        _trim_end(turns[-1])
    return turns


def _results_first(block: Any) -> int:
    return 0 if isinstance(block, dict) and block["type"] == "tool_result" else 1


def _trim_end(turn: dict[str, Any]) -> None:
    """An answer begun for the model must not end in blanks."""
    last = turn["content"][-1]
    if isinstance(last, dict) and last["type"] == "text":
        last["text"] = last["text"].rstrip() or "."


def _blocks(part: Part, message: Message) -> list[Any]:
    if isinstance(part, Text):
        return [_text(part)] if part.text.strip() else []
    if isinstance(part, ToolResult):
        return [_result(part, message)]
    if isinstance(part, ToolCall):
        block: dict[str, Any] = {"type": "tool_use", "id": _id(part.id), "name": part.name}
        block["input"] = arguments_object(part.arguments)
        return [_cached(block, part.cache)]
    if isinstance(part, Reasoning):
        # Anthropic takes back only thoughts that it signed.
        is_ours = part.seal is not None and part.seal.dialect == DIALECT
        return [thinking_block(part)] if is_ours else []
    if isinstance(part, Media):
        return [_media(part)]
    if part.dialect == DIALECT:
        return [part.value]
    raise _refusal(part.path or message.path, "an item that Anthropic's dialect has no block for")


def _result(part: ToolResult, message: Message) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "tool_result", "tool_use_id": _id(part.id)}
    blocks = [inner for each in part.parts for inner in _blocks(each, message)]
    if blocks:
        block["content"] = blocks
    if part.is_error:
        block["is_error"] = True
    return _cached(block, part.cache)


def _text(part: Text) -> dict[str, Any]:
    return _cached({"type": "text", "text": part.text}, part.cache)


def _cached(block: dict[str, Any], cache: msgspec.Raw | None) -> dict[str, Any]:
    if cache is not None:
        block["cache_control"] = cache
    return block


def _id(call_id: str) -> str:
    """Anthropic's ids are made of few characters; the same id always becomes the same."""
    return _ODD_IN_ID.sub("_", call_id) or "call"


def _media(part: Media) -> dict[str, Any]:
    if part.kind == "image":
        return _cached({"type": "image", "source": _picture_source(part)}, part.cache)
    if part.kind == "file":
        block: dict[str, Any] = {"type": "document", "source": _file_source(part)}
        if part.name:
            block["title"] = part.name
        return _cached(block, part.cache)
    raise _refusal(part.path, f"{part.kind} cannot be given to this model")


def _picture_source(part: Media) -> dict[str, Any]:
    if part.data:
        if part.mime not in TYPES:
            raise _refusal(part.path, "expected a picture of type png, jpeg, webp or gif")
        return {"type": "base64", "media_type": part.mime, "data": part.data}
    return _place(part)


def _file_source(part: Media) -> dict[str, Any]:
    if not part.data:
        return _place(part)
    if part.mime in ("application/pdf", ""):
        return {"type": "base64", "media_type": "application/pdf", "data": part.data}
    if part.mime.startswith("text/") or part.mime == "application/json":
        try:
            text = b64decode(part.data, validate=True).decode()
        except (Error, UnicodeDecodeError):
            raise _refusal(part.path, "not valid base64 of UTF-8 text") from None
        return {"type": "text", "media_type": "text/plain", "data": text}
    raise _refusal(part.path, "expected a PDF or a text")


def _place(part: Media) -> dict[str, Any]:
    if part.url:
        return {"type": "url", "url": part.url}
    if part.file_id and part.dialect == DIALECT:
        return {"type": "file", "file_id": part.file_id}
    raise _refusal(part.path, "the file is not at this vendor")


def _refusal(path: str, reason: str) -> Fault:
    return Fault("invalid_value", param=path or "messages", reason=reason)

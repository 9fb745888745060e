"""The IR's messages as chat's: results in turns of their own, texts joined."""

from base64 import b64decode
from binascii import Error
from typing import Any

from waystation.dialects.ir import (
    Chat,
    Media,
    Message,
    Opaque,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from waystation.dialects.short_ids import short_call
from waystation.errors import Fault
from waystation.kernel.data_url import write_data_url

_DIALECT = "openai_chat"
_BETWEEN = "\n\n"


class TurnsWriter:
    """write(chat) → messages. had_cache: some part bore a cache mark, which chat has no word for.
    reasoning_field: see `Target`."""

    __slots__ = ("_reasoning_field", "had_cache")

    def __init__(self, reasoning_field: str) -> None:
        self._reasoning_field = reasoning_field
        self.had_cache = False

    def write(self, chat: Chat) -> list[dict[str, Any]]:
        """Raises Fault for content that chat has no part for."""
        turns: list[dict[str, Any]] = []
        if chat.system:
            text = _BETWEEN.join(part.text for part in chat.system if part.text)
            self.had_cache = any(part.cache is not None for part in chat.system)
            if text:
                turns.append({"role": "system", "content": text})
        for message in chat.messages:
            if message.role == "assistant":
                turns.append(self._assistant(message))
            else:
                turns.extend(self._others(message))
        return turns

    def _assistant(self, message: Message) -> dict[str, Any]:
        texts: list[str] = []
        thoughts: list[str] = []
        calls: list[dict[str, Any]] = []
        for part in message.parts:
            self._note_cache(part)
            if isinstance(part, Text):
                texts.append(part.text)
            elif isinstance(part, Reasoning):
                thoughts.append(part.text)
            elif isinstance(part, ToolCall):
                calls.append(_call(part))
            else:
                raise _refusal(part, message)
        turn: dict[str, Any] = {"role": "assistant", "content": "".join(texts) or None}
        if calls:
            turn["tool_calls"] = calls
        elif turn["content"] is None:
            turn["content"] = ""
        if self._reasoning_field and any(thoughts):
            turn[self._reasoning_field] = "".join(thoughts)
        return turn

    def _others(self, message: Message) -> list[dict[str, Any]]:
        """A user's or a system's message: its tool results first, each a turn; pictures out of
        results go into the user's own turn after them."""
        turns: list[dict[str, Any]] = []
        own: list[Part] = []
        for part in message.parts:
            self._note_cache(part)
            if isinstance(part, ToolResult):
                texts = [inner.text for inner in part.parts if isinstance(inner, Text)]
                own += [inner for inner in part.parts if not isinstance(inner, Text)]
                turn = {
                    "role": "tool",
                    "tool_call_id": short_call(part.id),
                    "content": _BETWEEN.join(texts),
                }
                turns.append(turn)
            elif not (isinstance(part, Text) and not part.text):
                own.append(part)
        if own:
            turns.append({"role": message.role, "content": _content(own, message)})
        return turns

    def _note_cache(self, part: Part) -> None:
        if getattr(part, "cache", None) is not None:
            self.had_cache = True


def _content(parts: list[Part], message: Message) -> Any:
    """A text where it is only text, which every upstream takes; else parts."""
    if all(isinstance(part, Text) for part in parts):
        return _BETWEEN.join(part.text for part in parts if isinstance(part, Text))
    return [_part(part, message) for part in parts]


def _part(part: Part, message: Message) -> Any:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, Media):
        return _media(part)
    if isinstance(part, Opaque) and part.dialect == _DIALECT:
        return part.value
    raise _refusal(part, message)


def _call(part: ToolCall) -> dict[str, Any]:
    function = {"name": part.name, "arguments": part.arguments or "{}"}
    call: dict[str, Any] = {
        "id": short_call(part.id),
        "type": "function",
        "function": function,
    }
    if part.seal is not None and part.seal.dialect == "gemini":
        call["extra_content"] = {"google": {"thought_signature": part.seal.value}}
    return call


def _media(part: Media) -> dict[str, Any]:
    if part.kind == "image":
        if not (part.data or part.url):
            raise _bad(part.path, "the file is not at this vendor")
        url = write_data_url(part.mime or "image/png", part.data) if part.data else part.url
        image = {"url": url, "detail": part.detail} if part.detail else {"url": url}
        return {"type": "image_url", "image_url": image}
    if part.kind == "audio" and part.data:
        audio = {"data": part.data, "format": part.mime.rpartition("/")[2] or "wav"}
        return {"type": "input_audio", "input_audio": audio}
    if part.kind == "file":
        return _file(part)
    raise _bad(part.path, f"{part.kind} cannot be given to this model")


def _file(part: Media) -> dict[str, Any]:
    if part.mime.startswith("text/") and part.data:
        try:
            text = b64decode(part.data, validate=True).decode()
        except (Error, UnicodeDecodeError):
            raise _bad(part.path, "not valid base64 of UTF-8 text") from None
        return {"type": "text", "text": f"{part.name}\n\n{text}" if part.name else text}
    if part.data:
        name = part.name or "file.pdf"
        data = write_data_url(part.mime or "application/pdf", part.data)
        return {"type": "file", "file": {"filename": name, "file_data": data}}
    if part.file_id and part.dialect in (_DIALECT, "openai_responses"):
        return {"type": "file", "file": {"file_id": part.file_id}}
    raise _bad(part.path, "a file by its address cannot be given to this model")


def _refusal(part: Part, message: Message) -> Fault:
    path = getattr(part, "path", "") or message.path
    return _bad(path, "an item that chat completions have no part for")


def _bad(path: str, reason: str) -> Fault:
    return Fault("invalid_value", param=path or "messages", reason=reason)

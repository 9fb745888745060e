"""A look into `contents`, only as far as money and routing need it. Both spellings are read."""

from hashlib import blake2b
from typing import Any

import msgspec

from waystation.errors import Fault
from waystation.kernel.estimate import classed_bound, tokens_bound
from waystation.kernel.media_estimate import (
    BASE64_BYTES_PER_AUDIO_TOKEN,
    BASE64_BYTES_PER_FILE_TOKEN,
    image_bound,
)
from waystation.kernel.scalars import kind
from waystation.kernel.strictjson import Fields

_ABSENT = msgspec.Raw()
_MEDIA = (b"inlineData", b"inline_data", b"fileData", b"file_data")
_NONE: frozenset[str] = frozenset()
_FILE_TOKENS = 32_768
"""Of a file that is named, not sent."""


class Contents(msgspec.Struct, frozen=True):
    """prompt_tokens: bound of the body. needs: what the parts ask of a channel."""

    prompt_tokens: int
    needs: frozenset[str]


class _Blob(msgspec.Struct):
    data: msgspec.Raw = _ABSENT
    mime: Any = msgspec.field(default="", name="mimeType")
    mime_snake: Any = msgspec.field(default="", name="mime_type")

    @property
    def family(self) -> str:
        return str(self.mime or self.mime_snake).partition("/")[0]


class _Part(msgspec.Struct):
    inline: _Blob | None = msgspec.field(default=None, name="inlineData")
    inline_snake: _Blob | None = msgspec.field(default=None, name="inline_data")
    file: _Blob | None = msgspec.field(default=None, name="fileData")
    file_snake: _Blob | None = msgspec.field(default=None, name="file_data")


class _Content(msgspec.Struct):
    parts: list[_Part] | _Part | None = None


class _Turn(msgspec.Struct):
    role: Any = None
    parts: msgspec.Raw = _ABSENT


_decode_contents = msgspec.json.Decoder(list[_Content]).decode
_decode_turns = msgspec.json.Decoder(list[_Turn]).decode


def contents(body: bytes, given: msgspec.Raw, model: str) -> Contents:
    """given: `contents`, or one content. Raises Fault invalid_value for another type."""
    first = kind(given)
    if first not in '[{"':
        raise Fault("invalid_value", param="contents", reason="expected an array of objects")
    if not any(mark in body for mark in _MEDIA):
        return Contents(tokens_bound(body), _NONE)
    written = given if first == "[" else msgspec.Raw(b"[" + bytes(given) + b"]")
    try:
        turns = _decode_contents(written)
    except msgspec.ValidationError:
        return Contents(tokens_bound(body), _NONE)
    sums = _Sums(image_bound(model))
    for turn in turns:
        parts = turn.parts
        for part in parts if isinstance(parts, list) else (parts,) if parts is not None else ():
            sums.look(part)
    if not sums.needs:
        return Contents(tokens_bound(body), _NONE)
    text = max(classed_bound(body) - sums.as_text, 1)
    return Contents(text + sums.tokens, frozenset(sums.needs))


class _Sums:
    __slots__ = ("_bound", "as_text", "needs", "tokens")

    def __init__(self, bound: Any) -> None:
        self._bound = bound
        self.tokens = 0
        self.as_text = 0
        self.needs: set[str] = set()

    def look(self, part: _Part) -> None:
        inline = part.inline or part.inline_snake
        if inline is not None:
            self._inline(inline)
        elif part.file is not None or part.file_snake is not None:
            self.needs.add("files")
            self.tokens += _FILE_TOKENS

    def _inline(self, blob: _Blob) -> None:
        size = len(blob.data)
        family = blob.family
        if family == "image":
            self.needs.add("vision")
            self.tokens += int(self._bound.high)
        elif family == "audio":
            self.needs.add("audio")
            self.tokens += size // BASE64_BYTES_PER_AUDIO_TOKEN
        else:
            self.needs.add("files")
            self.tokens += size // BASE64_BYTES_PER_FILE_TOKEN
        if size:
            self.as_text += classed_bound(bytes(blob.data))


def affinity(model: str, fields: Fields) -> str | None:
    """A hash of what every turn of a conversation begins with: model, system turn, first user
    turn."""
    try:
        turns = _decode_turns(fields["contents"])
    except (KeyError, msgspec.DecodeError, RecursionError):
        return None
    digest = blake2b(model.encode(), digest_size=12)
    for name in ("systemInstruction", "system_instruction"):
        if name in fields:
            digest.update(fields[name])
    for turn in turns:
        if turn.role in ("user", None):
            digest.update(turn.parts)
            return f"p:{digest.hexdigest()}"
    return None

"""A look into `input`, only as far as money and routing need it."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import msgspec

from waystation.dialects.openai_chat.affinity import affinity_of
from waystation.kernel.estimate import classed_bound, tokens_bound
from waystation.kernel.media_estimate import (
    BASE64_BYTES_PER_AUDIO_TOKEN,
    BASE64_BYTES_PER_FILE_TOKEN,
    image_bound,
)
from waystation.kernel.scalars import is_null, kind
from waystation.kernel.strictjson import Fields

_ABSENT = msgspec.Raw()
_MEDIA = (b"input_image", b"input_file", b"input_audio", b"computer_screenshot")
_NONE: frozenset[str] = frozenset()
_FILE_TOKENS = 32_768
"""Of a file that is named, not sent."""


class Contents(msgspec.Struct, frozen=True):
    """prompt_tokens: bound of the body. needs: what the parts ask of a channel."""

    prompt_tokens: int
    needs: frozenset[str]


class _Item(msgspec.Struct):
    role: Any = None
    content: msgspec.Raw = _ABSENT
    output: msgspec.Raw = _ABSENT


class _Audio(msgspec.Struct):
    data: msgspec.Raw = _ABSENT


class _Part(msgspec.Struct):
    type: Any = None
    image_url: msgspec.Raw = _ABSENT
    file_data: msgspec.Raw = _ABSENT
    input_audio: _Audio | None = None
    detail: Any = None


_decode_items = msgspec.json.Decoder(list[_Item]).decode
_decode_parts = msgspec.json.Decoder(list[_Part]).decode


def contents(body: bytes, given: msgspec.Raw | None, model: str) -> Contents:
    """given: the request's `input`."""
    if given is None or kind(given) != "[" or not any(mark in body for mark in _MEDIA):
        return Contents(tokens_bound(body), _NONE)
    found = _Media(model)
    try:
        for item in _decode_items(given):
            found.look(item.content)
            found.look(item.output)
    except msgspec.ValidationError:
        return Contents(tokens_bound(body), _NONE)
    if not found.needs:
        return Contents(tokens_bound(body), _NONE)
    text = max(classed_bound(body) - found.data_tokens_as_text, 1)
    return Contents(text + found.tokens, frozenset(found.needs))


class _Media:
    """Sums up the media parts of all items."""

    __slots__ = ("_bound", "data_tokens_as_text", "needs", "tokens")

    def __init__(self, model: str) -> None:
        self.tokens = 0
        self.data_tokens_as_text = 0
        self.needs: set[str] = set()
        self._bound = image_bound(model)

    def look(self, content: msgspec.Raw) -> None:
        """Count the parts. Lists of another make pass: their text is in the bound already."""
        if not content or kind(content) != "[":
            return
        try:
            parts = _decode_parts(content)
        except msgspec.ValidationError:
            return
        for part in parts:
            if part.type in ("input_image", "computer_screenshot"):
                self._count("vision", part.image_url, self._image(part.detail))
            elif part.type == "input_file":
                data = part.file_data
                tokens = len(data) // BASE64_BYTES_PER_FILE_TOKEN if data else _FILE_TOKENS
                self._count("files", data, tokens)
            elif part.input_audio is not None:
                sound = part.input_audio.data
                self._count("audio", sound, len(sound) // BASE64_BYTES_PER_AUDIO_TOKEN)

    def _image(self, detail: object) -> int:
        return self._bound.low if detail == "low" else self._bound.high

    def _count(self, need: str, written: msgspec.Raw, tokens: int) -> None:
        self.needs.add(need)
        self.tokens += tokens
        if written:
            self.data_tokens_as_text += classed_bound(bytes(written))


def affinity(fields: Fields, header: Callable[[str], str | None]) -> str | None:
    """What keeps a conversation on its channel: the caller's own key, its session header, else a
    hash of what each of its turns begins with (model, instructions, first user item)."""
    named = affinity_of(fields, header)
    if named is not None:
        return named
    digest = blake2b(bytes(fields["model"]), digest_size=12)
    instructions = fields.get("instructions")
    if instructions is not None:
        digest.update(instructions)
    given = fields.get("input")
    if given is None or is_null(given) or kind(given) != "[":
        return None
    try:
        items = _decode_items(given)
    except (msgspec.ValidationError, RecursionError):
        return None
    for item in items:
        if item.role == "user":
            digest.update(item.content)
            return f"p:{digest.hexdigest()}"
    return None

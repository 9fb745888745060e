"""A look into `messages`, only as far as money and routing need it.

Turns and parts are decoded by type, their text skipped; pictures, sound and files are counted apart
from text. The array is written anew only where a bare `image_url` string or a legacy function turn
has to become an object, and then only there.
"""

from typing import Any

import msgspec

from waystation.errors import Fault
from waystation.kernel.estimate import classed_bound, tokens_bound
from waystation.kernel.media_estimate import (
    BASE64_BYTES_PER_AUDIO_TOKEN,
    BASE64_BYTES_PER_FILE_TOKEN,
    image_bound,
)
from waystation.kernel.strictjson import raw_of

_ABSENT = msgspec.Raw()


class Contents(msgspec.Struct, frozen=True):
    """prompt_tokens: bound of the body. needs: what the parts ask of a channel. messages: the
    rewritten array when something had to change, else None. has_function_turns: legacy ones."""

    prompt_tokens: int
    needs: frozenset[str]
    messages: msgspec.Raw | None = None
    has_function_turns: bool = False


class _Turn(msgspec.Struct):
    role: Any = None
    content: msgspec.Raw = _ABSENT
    function_call: msgspec.Raw = _ABSENT


class _Part(msgspec.Struct):
    image_url: msgspec.Raw = _ABSENT
    input_audio: msgspec.Raw = _ABSENT
    file: msgspec.Raw = _ABSENT


class _Image(msgspec.Struct):
    url: msgspec.Raw = _ABSENT
    detail: Any = None


class _Data(msgspec.Struct):
    data: msgspec.Raw = _ABSENT
    file_data: msgspec.Raw = _ABSENT


_NONE: frozenset[str] = frozenset()
_decode_turns = msgspec.json.Decoder(list[_Turn]).decode
_decode_parts = msgspec.json.Decoder(list[_Part]).decode
_decode_image = msgspec.json.Decoder(_Image).decode
_decode_data = msgspec.json.Decoder(_Data).decode
_decode_objects = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode


def contents(body: bytes, messages: msgspec.Raw, model: str) -> Contents:
    """What is in the messages. Raises Fault invalid_value when they are no array of objects."""
    try:
        turns = _decode_turns(messages)
    except msgspec.ValidationError:
        reason = "expected an array of objects"
        raise Fault("invalid_value", param="messages", reason=reason) from None
    if not turns:
        raise Fault("invalid_value", param="messages", reason="at least one message is needed")
    media: _Media | None = None
    legacy = False
    for turn in turns:
        if turn.content and memoryview(turn.content)[0] == 0x5B:
            if media is None:
                media = _Media(model)
            media.look(turn.content)
        if turn.role == "function" or (turn.function_call and bytes(turn.function_call) != b"null"):
            legacy = True
    if media is None or not media.needs:
        return Contents(tokens_bound(body), _NONE, None, legacy)
    # What stands as base64 is counted as the thing it is, not by the byte.
    text = max(classed_bound(body) - media.data_tokens_as_text, 1)
    rewritten = _with_image_objects(messages) if media.has_bare_url else None
    return Contents(text + media.tokens, frozenset(media.needs), rewritten, legacy)


class _Media:
    """Sums up the media parts of all messages."""

    __slots__ = ("_bound", "data_tokens_as_text", "has_bare_url", "needs", "tokens")

    def __init__(self, model: str) -> None:
        self.tokens = 0
        self.data_tokens_as_text = 0
        self.has_bare_url = False
        self.needs: set[str] = set()
        self._bound = image_bound(model)

    def look(self, content: msgspec.Raw) -> None:
        """Count the parts. Lists of another make pass: their text is in the bound already."""
        try:
            parts = _decode_parts(content)
        except msgspec.ValidationError:
            return
        for part in parts:
            if part.image_url:
                self._image(part.image_url)
            if part.input_audio:
                self._data(part.input_audio, "audio", BASE64_BYTES_PER_AUDIO_TOKEN)
            if part.file:
                self._data(part.file, "files", BASE64_BYTES_PER_FILE_TOKEN)

    def _image(self, value: msgspec.Raw) -> None:
        self.needs.add("vision")
        url = value
        is_low = False
        if memoryview(value)[0] == 0x22:
            self.has_bare_url = True
        else:
            try:
                image = _decode_image(value)
            except msgspec.ValidationError:
                return
            url = image.url
            is_low = image.detail == "low"
        self.tokens += self._bound.low if is_low else self._bound.high
        written = bytes(url)
        if written.startswith(b'"data:'):
            self.data_tokens_as_text += classed_bound(written)

    def _data(self, value: msgspec.Raw, need: str, bytes_per_token: int) -> None:
        self.needs.add(need)
        try:
            data = _decode_data(value)
        except msgspec.ValidationError:
            return
        written = bytes(data.data or data.file_data)
        if written.startswith(b'"'):
            self.data_tokens_as_text += classed_bound(written)
            self.tokens += len(written) // bytes_per_token + 1


def _with_image_objects(messages: msgspec.Raw) -> msgspec.Raw:
    """Bare `image_url` strings as `{"url": …}`, all else as it was."""
    turns = _decode_objects(messages)
    for turn in turns:
        content = turn.get("content")
        if content is None or not bytes(content).startswith(b"["):
            continue
        try:
            parts = _decode_objects(content)
        except msgspec.ValidationError:
            continue
        for part in parts:
            url = part.get("image_url")
            if url is not None and memoryview(url)[0] == 0x22:
                part["image_url"] = msgspec.Raw(b'{"url":' + bytes(url) + b"}")
        turn["content"] = raw_of(parts)
    return raw_of(turns)

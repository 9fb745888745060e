"""A look into `messages`, only as far as money and routing need it: text is skipped, what stands as
base64 is counted as the thing it is."""

from typing import Any

import msgspec

from waystation.errors import Fault
from waystation.kernel.estimate import classed_bound, tokens_bound
from waystation.kernel.media_estimate import BASE64_BYTES_PER_FILE_TOKEN, image_bound

_ABSENT = msgspec.Raw()


class Contents(msgspec.Struct, frozen=True):
    """prompt_tokens: bound of the body. needs: what the blocks ask of a channel."""

    prompt_tokens: int
    needs: frozenset[str]


class _Turn(msgspec.Struct):
    role: Any = None
    content: msgspec.Raw = _ABSENT


class _Source(msgspec.Struct):
    data: msgspec.Raw = _ABSENT


class _Block(msgspec.Struct):
    type: Any = None
    source: msgspec.Raw = _ABSENT
    content: msgspec.Raw = _ABSENT


_NONE: frozenset[str] = frozenset()
_decode_turns = msgspec.json.Decoder(list[_Turn]).decode
_decode_blocks = msgspec.json.Decoder(list[_Block]).decode
_decode_source = msgspec.json.Decoder(_Source).decode


def contents(body: bytes, messages: msgspec.Raw, model: str) -> Contents:
    """What is in the messages. Raises Fault invalid_value when they are no array of objects."""
    try:
        turns = _decode_turns(messages)
    except msgspec.ValidationError:
        reason = "expected an array of objects"
        raise Fault("invalid_value", param="messages", reason=reason) from None
    if not turns:
        raise Fault("invalid_value", param="messages", reason="at least one message is needed")
    media = _Media(model)
    for turn in turns:
        if turn.content and memoryview(turn.content)[0] == 0x5B:
            media.look(turn.content)
    if not media.needs:
        return Contents(tokens_bound(body), _NONE)
    text = max(classed_bound(body) - media.data_tokens_as_text, 1)
    return Contents(text + media.tokens, frozenset(media.needs))


class _Media:
    """Sums up pictures and documents of all messages, those inside tool results included."""

    __slots__ = ("_image_tokens", "data_tokens_as_text", "needs", "tokens")

    def __init__(self, model: str) -> None:
        self.tokens = 0
        self.data_tokens_as_text = 0
        self.needs: set[str] = set()
        self._image_tokens = image_bound(model).high

    def look(self, content: msgspec.Raw, is_inner: bool = False) -> None:
        try:
            blocks = _decode_blocks(content)
        except msgspec.ValidationError:
            return
        for block in blocks:
            if block.type == "image":
                self.needs.add("vision")
                self.tokens += self._image_tokens
                self._data(block.source)
            elif block.type == "document":
                self.needs.add("files")
                self.tokens += self._data(block.source) // BASE64_BYTES_PER_FILE_TOKEN
            elif block.content and not is_inner and memoryview(block.content)[0] == 0x5B:
                self.look(block.content, is_inner=True)

    def _data(self, source: msgspec.Raw) -> int:
        """Bytes of what stands in the source as data."""
        try:
            written = bytes(_decode_source(source).data) if source else b""
        except msgspec.ValidationError:
            return 0
        self.data_tokens_as_text += classed_bound(written)
        return len(written)

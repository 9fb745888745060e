"""Chunks as the caller gets them: one name for the whole stream, whatever the upstream's say."""

from secrets import token_hex
from time import time
from typing import Any

import msgspec

from waystation.dialects.openai_chat.choice_state import ChoiceState
from waystation.dialects.openai_chat.chunk import ChoiceEdit, Chunk, decode_fields, edited_choices
from waystation.kernel.strictjson import raw_of, rebuild

TIME_MOST = 2**53
_NAMELESS = (b"", b'""', b"null")


class StreamShape(msgspec.Struct, frozen=True):
    """What differs between chat and completions. id_prefix: of ids we have to make."""

    object: str
    id_prefix: str
    has_deltas: bool


class StreamPart(msgspec.Struct, frozen=True):
    """A stream that is one of several told to the caller as one: the index of its choice there,
    and what all of them are called. Parts show no usage and no [DONE]."""

    index: int
    id: str
    created: int


CHAT_SHAPE = StreamShape("chat.completion.chunk", "chatcmpl-", has_deltas=True)
TEXT_SHAPE = StreamShape("text_completion", "cmpl-", has_deltas=False)


class ChunkWriter:
    """id and created: as the caller sees them, None until the first chunk named the stream. model:
    written where the upstream's name must not show (`is_mapped`) or is missing."""

    __slots__ = ("_part", "created", "id", "is_mapped", "model", "shape")

    def __init__(
        self, shape: StreamShape, model: str, is_mapped: bool, part: StreamPart | None
    ) -> None:
        self.shape = shape
        self.model = model
        self.is_mapped = is_mapped
        self._part = part
        self.id: str | None = part.id if part is not None else None
        self.created: Any = part.created if part is not None else None

    def adopt(self, chunk: Chunk) -> None:
        """The first chunk with choices names the stream, unless it has a name."""
        if chunk.model and not self.is_mapped:
            self.model = chunk.model
        if self.id is not None:
            return
        self.id = str(chunk.id) if chunk.id else self.shape.id_prefix + token_hex(12)
        created = chunk.created
        is_time = type(created) is int and 0 < created < TIME_MOST
        self.created = created if is_time else int(time())

    def is_named_right(self, chunk: Chunk) -> bool:
        """Whether the chunk may pass as it is, as far as its top level goes."""
        return (
            not self.is_mapped
            and chunk.id == self.id
            and chunk.created == self.created
            and chunk.object == self.shape.object
            and bool(chunk.model)
        )

    def edited(
        self, payload: bytes, edits: list[ChoiceEdit] | None, without_usage: bool
    ) -> bytes | None:
        """A chunk with its names and choices set right; None when no choice is left of it."""
        fields = decode_fields(payload)
        self._name_fields(fields)
        if without_usage:
            del fields["usage"]
        if edits is not None:
            choices = edited_choices(fields["choices"], edits)
            if choices is None:
                return None
            fields["choices"] = choices
        return b"data: " + rebuild(fields) + b"\n\n"

    def made(self, choices: bytes, usage: msgspec.Raw | None = None) -> bytes:
        """A chunk of our own."""
        fields: dict[str, msgspec.Raw] = {}
        self._name_fields(fields)
        fields["choices"] = msgspec.Raw(choices)
        if usage is not None:
            fields["usage"] = usage
        return b"data: " + rebuild(fields) + b"\n\n"

    def keep_alive(self) -> bytes:
        """A chunk that says nothing."""
        if self.shape.has_deltas:
            return self.made(b'[{"index":0,"delta":{},"finish_reason":null}]')
        return self.made(b'[{"index":0,"text":"","logprobs":null,"finish_reason":null}]')

    def finish(self, index: int, state: ChoiceState | None, reason: str) -> bytes:
        """The finish that the upstream left out, with what was held back."""
        choice: dict[str, object] = {"index": self._part.index if self._part else index}
        if not self.shape.has_deltas:
            choice["text"] = ""
        elif state is None:
            choice["delta"] = {"role": "assistant", "content": ""}
        else:
            rest = zip(("reasoning_content", "content"), state.rest(), strict=True)
            choice["delta"] = {name: text for name, text in rest if text}
        return self.made(msgspec.json.encode([{**choice, "finish_reason": reason}]))

    def usage_chunk(self, shown: msgspec.Raw, told_in: bytes | None) -> bytes:
        """The usage chunk, of the upstream's own where it had one."""
        if told_in is None:
            return self.made(b"[]", shown)
        fields = decode_fields(told_in)
        self._name_fields(fields)
        fields["choices"] = msgspec.Raw(b"[]")
        fields["usage"] = shown
        return b"data: " + rebuild(fields) + b"\n\n"

    def _name_fields(self, fields: dict[str, msgspec.Raw]) -> None:
        if self.id is None:
            self.id = self.shape.id_prefix + token_hex(12)
            self.created = int(time())
        fields["id"] = raw_of(self.id)
        fields["object"] = raw_of(self.shape.object)
        fields["created"] = raw_of(self.created)
        if self.is_mapped or bytes(fields.get("model", b"")) in _NAMELESS:
            fields["model"] = raw_of(self.model)

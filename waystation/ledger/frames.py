"""Frames between a ledger and those who speak to it.

A frame is a 4-byte big-endian length and that many bytes of msgpack: an array of commands on the
way to the ledger, an array of replies on the way back. A frame above FRAME_BYTES_MAX is refused by
both ends: the writer raises before it sends, the reader raises before it buffers.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from waystation.ledger.messages import Command, Decision

FRAME_BYTES_MAX = 64 * 1024 * 1024
HEAD_BYTES = 4
COMMANDS_PER_FRAME = 512

About = Literal["hold", "slot", "ask"]


class Away(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="away"):
    """The books could not be written: nothing of the command named by `id` happened.

    about: what sort of command; holds and extensions are both "hold"."""

    about: About
    id: str


Reply = Decision | Away

_ENCODER = msgspec.msgpack.Encoder()
_COMMANDS = msgspec.msgpack.Decoder(list[Command])
_REPLIES = msgspec.msgpack.Decoder(list[Reply])


class FrameFault(Exception):
    """A frame that cannot be used."""


class FrameTooLarge(FrameFault):
    """Above FRAME_BYTES_MAX, ours or theirs."""


class FrameMalformed(FrameFault):
    """Not the msgpack that this end understands."""


def encode(messages: Sequence[object]) -> bytearray:
    """One frame. Raises FrameTooLarge."""
    frame = bytearray(HEAD_BYTES)
    _ENCODER.encode_into(messages, frame, HEAD_BYTES)
    size = len(frame) - HEAD_BYTES
    if size > FRAME_BYTES_MAX:
        raise FrameTooLarge(f"a frame of {size} bytes; at most {FRAME_BYTES_MAX} are sent")
    frame[:HEAD_BYTES] = size.to_bytes(HEAD_BYTES, "big")
    return frame


def decode_commands(payload: bytes | memoryview) -> list[Command]:
    """Raises FrameMalformed."""
    try:
        return _COMMANDS.decode(payload)
    except msgspec.DecodeError as error:
        raise FrameMalformed(str(error)) from error


def decode_replies(payload: bytes | memoryview) -> list[Reply]:
    """Raises FrameMalformed."""
    try:
        return _REPLIES.decode(payload)
    except msgspec.DecodeError as error:
        raise FrameMalformed(str(error)) from error


class FrameSplitter:
    """Cuts a byte stream into payloads, whatever the pieces it comes in."""

    __slots__ = ("_need", "_rest")

    def __init__(self) -> None:
        self._rest = bytearray()
        self._need = HEAD_BYTES

    def feed(self, data: memoryview) -> list[memoryview]:
        """The payloads that are whole now; valid until the caller reuses `data`.

        Raises FrameTooLarge: the stream is of no use after that."""
        if self._rest:
            self._rest += data
            if len(self._rest) < self._need:
                return []
            data = memoryview(bytes(self._rest))
            self._rest.clear()
        payloads: list[memoryview] = []
        at, end = 0, len(data)
        self._need = HEAD_BYTES
        while end - at >= HEAD_BYTES:
            size = int.from_bytes(data[at : at + HEAD_BYTES], "big")
            if size > FRAME_BYTES_MAX:
                raise FrameTooLarge(f"a frame of {size} bytes; at most {FRAME_BYTES_MAX} are read")
            if end - at < HEAD_BYTES + size:
                self._need = HEAD_BYTES + size
                break
            payloads.append(data[at + HEAD_BYTES : at + HEAD_BYTES + size])
            at += HEAD_BYTES + size
        if at < end:
            self._rest += data[at:]
        return payloads

"""What is read of a stream's events, in either lane; all else of them is skipped."""

from typing import Any

import msgspec

from waystation.errors import Fault
from waystation.meter.tally import Tally

ABSENT = msgspec.Raw()


class Block(msgspec.Struct):
    """A content block as it starts. The whole of it is in `Event.content_block`."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    id: str | None = None
    name: str | None = None
    input: msgspec.Raw = ABSENT


class Delta(msgspec.Struct):
    """Of a block (by type), or of the message: stop_reason, stop_sequence."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    signature: str | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None


class Message(msgspec.Struct):
    id: str | None = None
    model: str | None = None
    usage: dict[str, Any] | None = None


class Event(msgspec.Struct):
    type: str = ""
    index: int = 0
    delta: Delta | None = None
    content_block: msgspec.Raw = ABSENT
    message: Message | None = None
    usage: dict[str, Any] | None = None
    error: msgspec.Raw = ABSENT


decode_event = msgspec.json.Decoder(Event).decode
decode_block = msgspec.json.Decoder(Block).decode


def read_block(raw: msgspec.Raw) -> Block:
    """A block as it starts. Raises Fault for what is none."""
    try:
        return decode_block(raw)
    except msgspec.ValidationError:
        raise Fault("bad_upstream_response", reason="a block of an unknown shape") from None


def count_call(name: str | None, tally: Tally) -> None:
    """Counts a call of a tool that runs at the vendor, where no usage object tells of it."""
    if name is not None and name.endswith("code_execution"):
        tally.call("code_execution")

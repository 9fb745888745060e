"""A whole message as the IR's reply. Usage and text go to the tally on the way."""

import msgspec

from waystation.dialects.anthropic.events import Block, count_call, decode_block
from waystation.dialects.anthropic.seals import DIALECT, read_seal
from waystation.dialects.anthropic.stop_reasons import read_reason
from waystation.dialects.faults import read_error
from waystation.dialects.ir import Opaque, Part, Reasoning, Reply, Text, ToolCall
from waystation.dialects.json_answer import not_json
from waystation.dialects.lanes import Written
from waystation.dialects.operation import Target
from waystation.errors import Fault
from waystation.meter.tally import Tally

_ABSENT = msgspec.Raw()


class _Reply(msgspec.Struct):
    id: str | None = None
    type: str | None = None
    model: str | None = None
    content: list[msgspec.Raw] | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: msgspec.Raw = _ABSENT


_decode_reply = msgspec.json.Decoder(_Reply).decode


def read_reply(body: bytes, written: Written, target: Target, tally: Tally) -> Reply:
    """The message of a JSON body. Raises Fault for an error in a 200, HTML, nonsense."""
    try:
        if not body.isascii():
            body.decode()
        told = _decode_reply(body)
        blocks = [decode_block(raw) for raw in told.content or ()]
        parts = [part_of(block, raw) for block, raw in zip(blocks, told.content or (), strict=True)]
    except msgspec.ValidationError:
        raise Fault("bad_upstream_response", reason="an answer of an unknown shape") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise not_json(body) from None
    if told.type == "error" or told.content is None:
        raise read_error(200, body, target.secrets)
    if told.usage:
        tally.tell(told.usage)
    for block in blocks:
        if block.type == "server_tool_use":
            count_call(block.name, tally)
    has_answer = False
    for at, part in enumerate(parts):
        _count(part, tally)
        if isinstance(part, ToolCall) and part.name == written.answer_tool and part.name:
            parts[at] = Text(part.arguments)
            has_answer = True
    return Reply(
        id=told.id or "",
        model=told.model or "",
        parts=tuple(parts),
        reason=read_reason(told.stop_reason, written.answer_tool if has_answer else ""),
        raw_reason=told.stop_reason or "",
        stop_sequence=told.stop_sequence or "",
    )


def part_of(block: Block, raw: msgspec.Raw) -> Part:
    """A block of an answer. raw: the same as it was written."""
    kind = block.type
    if kind == "text":
        return Text(block.text or "")
    if kind == "tool_use":
        written = bytes(block.input).decode() if block.input else ""
        return ToolCall(block.id or "", block.name or "", written or "{}")
    if kind == "thinking":
        return Reasoning(block.thinking or "", read_seal(block.signature or ""))
    owned = msgspec.Raw(bytes(raw))
    if kind == "redacted_thinking":
        return Reasoning("", Opaque(DIALECT, owned))
    return Opaque(DIALECT, owned)


def _count(part: Part, tally: Tally) -> None:
    if isinstance(part, Text | Reasoning):
        text = part.text
    elif isinstance(part, ToolCall):
        text = part.name + part.arguments
    else:
        text = ""
        tally.has_output = True
    if text:
        tally.has_output = True
        if tally.needs_text:
            tally.text.add(text)

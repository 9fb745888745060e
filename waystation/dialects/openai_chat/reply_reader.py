"""A whole chat completion as the IR's reply. Usage and text go to the tally on the way."""

from secrets import token_hex
from typing import Any

import msgspec

from waystation.dialects.faults import read_error
from waystation.dialects.ir import Part, Reasoning, Reply, Text, ToolCall
from waystation.dialects.json_answer import read_answer
from waystation.dialects.openai_chat.assemble import assembled, looks_like_stream
from waystation.dialects.openai_chat.chunk import FunctionDelta, ToolDelta
from waystation.dialects.openai_chat.content_parts import split_content
from waystation.dialects.openai_chat.reasons import read_reason
from waystation.dialects.openai_chat.think import ThinkMover
from waystation.dialects.operation import Target
from waystation.errors import Fault
from waystation.meter.tally import Tally

_ABSENT = msgspec.Raw()
_EMPTY = (b"", b"null", b"{}", b'""')
_encode = msgspec.json.Encoder().encode


class _Message(msgspec.Struct):
    content: str | list[msgspec.Raw] | None = None
    reasoning_content: str | list[msgspec.Raw] | None = None
    reasoning: str | list[msgspec.Raw] | None = None
    refusal: str | None = None
    tool_calls: list[ToolDelta] | None = None
    function_call: FunctionDelta | None = None


class _Choice(msgspec.Struct):
    message: _Message | None = None
    finish_reason: str | None = None
    usage: msgspec.Raw = _ABSENT


class _Groq(msgspec.Struct):
    usage: msgspec.Raw = _ABSENT


class _Reply(msgspec.Struct):
    id: Any = None
    model: str | None = None
    choices: list[_Choice] | None = None
    usage: msgspec.Raw = _ABSENT
    error: msgspec.Raw = _ABSENT
    x_groq: _Groq | None = None
    service_tier: Any = None


_decode_reply = msgspec.json.Decoder(_Reply).decode


def read_reply(content_type: str, body: bytes, target: Target, tally: Tally) -> Reply:
    """Raises Fault for an error in a 200, HTML, nonsense."""
    if looks_like_stream(content_type, body):
        body = assembled(body, "chat.completion", target.secrets)
    told = _decoded(body, target)
    _tell(told, tally)
    tally.serve(told.service_tier)
    choice = told.choices[0] if told.choices else _Choice()
    message = choice.message or _Message()
    parts = _parts(message, target.think_tags)
    for part in parts:
        _count(part, tally)
    if not parts and not tally.usage().output_tokens:
        raise Fault("bad_upstream_response", reason="an answer without choices")
    has_calls = any(isinstance(part, ToolCall) for part in parts)
    return Reply(
        id=told.id if isinstance(told.id, str) else "",
        model=told.model or "",
        parts=tuple(parts),
        reason=read_reason(choice.finish_reason or "", has_calls),
        raw_reason=choice.finish_reason or "",
    )


def _decoded(body: bytes, target: Target) -> _Reply:
    told = read_answer(_decode_reply, body)
    if told.choices is None or (told.error and bytes(told.error) not in _EMPTY):
        raise read_error(200, body, target.secrets)
    return told


def _tell(told: _Reply, tally: Tally) -> None:
    usages = [told.usage]
    if told.x_groq is not None:
        usages.append(told.x_groq.usage)
    usages += [choice.usage for choice in told.choices or ()]
    for usage in usages:
        if usage and bytes(usage) != b"null":
            tally.tell(usage)
            return


def _parts(message: _Message, think_tags: bool) -> list[Part]:
    thoughts, texts = split_content(message.content)
    for given in (message.reasoning_content, message.reasoning):
        if given and not thoughts:
            thoughts = "".join(split_content(given))
    if think_tags and not thoughts:
        mover = ThinkMover()
        thoughts, texts = mover.feed(texts)
        late_thoughts, late_texts = mover.close()
        thoughts, texts = thoughts + late_thoughts, texts + late_texts
    parts: list[Part] = []
    if thoughts:
        parts.append(Reasoning(thoughts))
    if texts:
        parts.append(Text(texts))
    if message.refusal:
        parts.append(Text(message.refusal, is_refusal=True))
    calls = list(message.tool_calls or ())
    if message.function_call is not None and not calls:
        calls = [ToolDelta(function=message.function_call)]
    parts += [_call(call) for call in calls if call.function is not None]
    return parts


def _call(call: ToolDelta) -> ToolCall:
    function = call.function
    assert function is not None
    arguments = arguments_text(function)
    return ToolCall(call.id or "call_" + token_hex(12), function.name or "", arguments or "{}")


def arguments_text(function: FunctionDelta) -> str:
    """Arguments as text, whatever they were sent as."""
    arguments = function.arguments
    if isinstance(arguments, str):
        return arguments
    return "" if arguments is None else _encode(arguments).decode()


def _count(part: Part, tally: Tally) -> None:
    text = part.name + part.arguments if isinstance(part, ToolCall) else getattr(part, "text", "")
    tally.has_output = True
    if tally.needs_text:
        tally.text.add(text)

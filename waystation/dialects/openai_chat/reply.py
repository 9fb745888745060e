"""A whole answer in OpenAI's form, read and passed on with its declared edits."""

from typing import Any

import msgspec

from waystation.dialects.faults import read_error
from waystation.dialects.json_answer import read_answer
from waystation.dialects.metered import Metered
from waystation.dialects.openai_chat.assemble import assembled, looks_like_stream
from waystation.dialects.openai_chat.chunk import text_of_parts
from waystation.dialects.openai_chat.legacy import reply_as_function_call
from waystation.dialects.openai_chat.think import ThinkMover
from waystation.dialects.openai_chat.usage_object import shown_usage
from waystation.dialects.operation import Receipt, Target
from waystation.errors import Fault
from waystation.kernel.strictjson import raw_of, rebuild
from waystation.meter.tally import Tally

_ABSENT = msgspec.Raw()
_NULL = b"null"
_EMPTY = (b"", _NULL, b'""', b"[]", b"{}")
_SPLICE_BYTES_MIN = len(b'{"prompt_tokens":1}')
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_choices = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_decode = msgspec.json.Decoder().decode


class _Message(msgspec.Struct):
    content: msgspec.Raw = _ABSENT
    reasoning_content: msgspec.Raw = _ABSENT
    reasoning: msgspec.Raw = _ABSENT
    tool_calls: msgspec.Raw = _ABSENT
    refusal: msgspec.Raw = _ABSENT
    function_call: msgspec.Raw = _ABSENT
    audio: msgspec.Raw = _ABSENT
    images: msgspec.Raw = _ABSENT

    @property
    def outputs(self) -> tuple[msgspec.Raw, ...]:
        return (
            self.content,
            self.reasoning_content,
            self.reasoning,
            self.tool_calls,
            self.refusal,
            self.function_call,
            self.audio,
            self.images,
        )


class _Choice(msgspec.Struct):
    message: _Message | None = None
    text: msgspec.Raw = _ABSENT
    usage: msgspec.Raw = _ABSENT


class _Groq(msgspec.Struct):
    usage: msgspec.Raw = _ABSENT


class _Reply(msgspec.Struct):
    id: Any = None
    choices: list[_Choice] | None = None
    usage: msgspec.Raw = _ABSENT
    error: msgspec.Raw = _ABSENT
    x_groq: _Groq | None = None
    service_tier: Any = None


_decode_reply = msgspec.json.Decoder(_Reply).decode


class ChatReply(Metered):
    """Implements `ReplyReader` for chat and completions."""

    __slots__ = (
        "_as_function_call",
        "_cost_of",
        "_is_aside",
        "_model",
        "_object",
        "_target",
        "_told",
    )

    def __init__(
        self,
        model: str,
        target: Target,
        receipt: Receipt,
        tally: Tally,
        as_function_call: bool = False,
        object_name: str = "chat.completion",
    ) -> None:
        self._model = model
        self._target = target
        self._cost_of = receipt.cost_of
        self._tally = tally
        self._as_function_call = as_function_call
        self._object = object_name
        self._told: msgspec.Raw | None = None
        self._is_aside = False
        self._upstream_id = ""

    def read(self, status: int, content_type: str, body: bytes) -> bytes:
        if status >= 400:
            raise read_error(status, body, self._target.secrets)
        try:
            return self._read(content_type, body)
        except RecursionError:
            reason = "an answer nested too deeply"
            raise Fault("bad_upstream_response", reason=reason) from None

    def _read(self, content_type: str, body: bytes) -> bytes:
        secrets = self._target.secrets
        if looks_like_stream(content_type, body):
            body = assembled(body, self._object, secrets)
        reply = self._decoded(body)
        self._upstream_id = reply.id if isinstance(reply.id, str) else ""
        self._count(reply)
        if not reply.choices and not self._tally.usage().output_tokens:
            raise Fault("bad_upstream_response", reason="an answer without choices")
        return self._written(body)

    def _decoded(self, body: bytes) -> _Reply:
        """The parts that are read. Raises Fault for an error in a 200, HTML, nonsense."""
        reply = read_answer(_decode_reply, body)
        if reply.error and bytes(reply.error) not in _EMPTY:
            raise read_error(200, body, self._target.secrets)
        if reply.choices is None:
            raise read_error(200, body, self._target.secrets)
        return reply

    def _count(self, reply: _Reply) -> None:
        assert reply.choices is not None
        tally = self._tally
        if reply.service_tier is not None:
            tally.serve(reply.service_tier)
        tally.has_output = any(map(_has_output, reply.choices))
        told = bytes(reply.usage)
        if not told or told == _NULL:
            told = _told_aside(reply)
            self._is_aside = bool(told)
        if told:
            self._told = msgspec.Raw(told)
            tally.tell(self._told)
        if tally.has_output and tally.needs_text:
            _count_text(reply.choices, tally)

    def _written(self, body: bytes) -> bytes:
        usage = self._tally.usage()
        cost = self._cost_of(usage) if self._cost_of is not None else None
        is_mapped = self._target.upstream_model != self._model
        edits: dict[str, msgspec.Raw | None] = {}
        if is_mapped:
            edits["model"] = raw_of(self._model)
        if cost is not None or usage.flags or self._told is None or self._is_aside:
            edits["usage"] = shown_usage(usage, self._told, cost)
        must_look_inside = self._as_function_call or self._target.think_tags
        if not edits and not must_look_inside:
            return body
        stands = self._told is not None and not self._is_aside
        if stands and edits.keys() == {"usage"} and not must_look_inside:
            spliced = _spliced(body, self._told, edits["usage"])
            if spliced is not None:
                return spliced
        fields = _decode_fields(body)
        if must_look_inside:
            edits["choices"] = self._with_messages_changed(fields["choices"])
        return rebuild(fields, edits)

    def _with_messages_changed(self, choices: msgspec.Raw) -> msgspec.Raw:
        found = _decode_choices(choices)
        for choice in found:
            given = choice.get("message")
            if given is None or bytes(given) == _NULL:
                continue
            message = _decode_fields(given)
            if self._target.think_tags:
                _move_thoughts(message)
            if self._as_function_call and reply_as_function_call(message):
                choice["finish_reason"] = msgspec.Raw(b'"function_call"')
            choice["message"] = raw_of(message)
        return raw_of(found)


def _has_output(choice: _Choice) -> bool:
    message = choice.message
    first = choice.text if message is None else message.content
    if first and bytes(first) not in _EMPTY:
        return True
    if message is None:
        return False
    return any(written and bytes(written) not in _EMPTY for written in message.outputs)


def _told_aside(reply: _Reply) -> bytes:
    """A usage object that stands elsewhere than it should; b"" for none."""
    places = [] if reply.x_groq is None else [reply.x_groq.usage]
    places += [choice.usage for choice in reply.choices or ()]
    return next((bytes(u) for u in places if u and bytes(u) != _NULL), b"")


def _spliced(body: bytes, told: msgspec.Raw | None, shown: msgspec.Raw | None) -> bytes | None:
    """The body with its usage object exchanged where it stands, nothing else touched; None when
    that place is not beyond doubt. An object's bytes never stand inside a JSON string (there its
    quotes are escaped), so one occurrence is the one."""
    old = b"" if told is None else bytes(told)
    if shown is None or body.count(old) != 1 or len(old) < _SPLICE_BYTES_MIN:
        return None
    return body.replace(old, bytes(shown), 1)


def _move_thoughts(message: dict[str, msgspec.Raw]) -> None:
    content = message.get("content")
    if content is None or memoryview(content)[0] != 0x22:
        return
    mover = ThinkMover()
    thought, answer = mover.feed(_decode(content))
    late_thought, late_answer = mover.close()
    if thought or late_thought:
        message["content"] = raw_of(answer + late_answer)
        message["reasoning_content"] = raw_of(thought + late_thought)


def _count_text(choices: list[_Choice], tally: Tally) -> None:
    """Text as it was seen, for when the upstream's count cannot be believed. Counted in bytes of
    JSON where that is enough: nothing is decoded for an honest answer."""
    for choice in choices:
        message = choice.message
        if message is None:
            _count_written(choice.text, tally)
            continue
        for written in message.outputs[:6]:
            _count_written(written, tally)


def _count_written(written: msgspec.Raw, tally: Tally) -> None:
    if not written or bytes(written) in _EMPTY:
        return
    value = _decode(written)
    if isinstance(value, str):
        tally.text.add(value)
    elif isinstance(value, list):
        text = text_of_parts([written])
        tally.text.add(text or str(value))
    else:
        tally.text.add(str(value))

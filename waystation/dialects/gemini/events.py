"""Gemini's answers in no dialect: a whole one as a `Reply`, a stream as events."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from waystation.dialects.faults import read_error_event
from waystation.dialects.framed import FramedEvents
from waystation.dialects.gemini.arguments import Arguments
from waystation.dialects.gemini.chat_reader import DIALECT, media_kind
from waystation.dialects.gemini.grounding import count_grounding
from waystation.dialects.ir import (
    Event,
    Finished,
    Media,
    Opaque,
    Part,
    PartDelta,
    PartEnded,
    PartStarted,
    Reason,
    Reasoning,
    Started,
    Text,
    ToolCall,
)
from waystation.dialects.json_answer import not_json
from waystation.dialects.operation import BilledFault, Target
from waystation.errors import Fault
from waystation.kernel.ids import request_id as new_id
from waystation.kernel.sse import SseParser
from waystation.kernel.strictjson import raw_of
from waystation.meter.tally import Tally

EVENT_BYTES_MAX = 32 * 1024 * 1024
_REASONS: Mapping[str, Reason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
}
_ABSENT = msgspec.Raw()


class _Content(msgspec.Struct):
    parts: list[dict[str, Any]] | None = None


class _Candidate(msgspec.Struct):
    content: _Content | None = None
    finish: str | None = msgspec.field(default=None, name="finishReason")
    index: int | None = None
    grounding: msgspec.Raw = msgspec.field(default=_ABSENT, name="groundingMetadata")


class _Feedback(msgspec.Struct):
    reason: str | None = msgspec.field(default=None, name="blockReason")
    message: str | None = msgspec.field(default=None, name="blockReasonMessage")


class _Answer(msgspec.Struct):
    candidates: list[_Candidate] | None = None
    usage: msgspec.Raw = msgspec.field(default=_ABSENT, name="usageMetadata")
    feedback: _Feedback | None = msgspec.field(default=None, name="promptFeedback")
    model: str | None = msgspec.field(default=None, name="modelVersion")
    id: str | None = msgspec.field(default=None, name="responseId")
    error: msgspec.Raw = _ABSENT


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_answers = msgspec.json.Decoder(list[_Answer]).decode


class GeminiEvents(FramedEvents):
    """Implements `EventReader`."""

    __slots__ = (
        "_call",
        "_calls",
        "_finish",
        "_head",
        "_index",
        "_kind",
        "_seal",
        "_tally",
        "_target",
        "upstream_id",
    )

    _plain_bytes_max = EVENT_BYTES_MAX

    def __init__(self, target: Target, tally: Tally) -> None:
        self._target = target
        self._tally = tally
        self._parser = SseParser(EVENT_BYTES_MAX)
        self._plain = None
        self._index = -1
        self._kind = ""  # of the part that is open: "text", "thought", "call", ""
        self._call: Arguments | None = None
        self._calls = 0
        self._seal: Opaque | None = None
        self._finish = ""
        self._head = False
        self._is_over = False
        self.upstream_id = ""

    def close(self) -> Sequence[Event]:
        if self._is_over:
            return ()
        if self._plain is not None:
            body = bytes(self._plain)
            events = self._read_plain(body)
        else:
            events = self._read([frame.data for frame in self._parser.close()])
        if self._is_over:
            return events
        if not self._finish:
            return [*events, *self._failed(_bad("the stream ended before its end"))]
        self._is_over = True
        self._end_part(events)
        events.append(Finished(self._reason(), self._finish))
        return events

    def whole(self, body: bytes) -> list[Event]:
        """An answer that came at once."""
        self._plain = bytearray(body)
        return list(self.close())

    # ---- reading ---------------------------------------------------------------------------

    def _is_plain(self, data: bytes) -> bool:
        is_first = not self._head and self._parser.is_empty
        return is_first and data.lstrip()[:1] in (b"{", b"<", b"[")

    def _read_plain(self, body: bytes) -> list[Event]:
        try:
            if not body.isascii():
                body.decode()
            is_list = body.lstrip().startswith(b"[")
            answers = _decode_answers(body) if is_list else [_decode_answer(body)]
        except msgspec.ValidationError:
            return self._failed(_bad("an answer of an unknown shape"))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._failed(not_json(body))
        return self._all(answers)

    def _read(self, payloads: Sequence[bytes]) -> list[Event]:
        answers: list[_Answer] = []
        broken = False
        for payload in payloads:
            try:
                if not payload.isascii():
                    payload.decode()
                answers.append(_decode_answer(payload))
            except (msgspec.DecodeError, UnicodeDecodeError):
                if payload.strip() not in (b"", b"[DONE]"):
                    broken = True
                    break
        events = self._all(answers)
        if broken and not self._is_over:
            events += self._failed(_bad("a frame that is no valid chunk"))
        return events

    def _all(self, answers: Sequence[_Answer]) -> list[Event]:
        events: list[Event] = []
        for answer in answers:
            self._take(answer, events)
            if self._is_over:
                break
        return events

    def _take(self, answer: _Answer, events: list[Event]) -> None:
        if answer.error and bytes(answer.error) != b"null":
            events += self._failed(read_error_event(answer.error, self._target.secrets))
            return
        if answer.usage and bytes(answer.usage) != b"null":
            self._tally.tell(answer.usage)
        if not answer.candidates and answer.feedback is not None and answer.feedback.reason:
            events += self._failed(_blocked(answer.feedback, self._tally))
            return
        if answer.candidates is None and not answer.usage:
            events += self._failed(_bad("neither an answer nor an error"))
            return
        if not self._head:
            self._head = True
            self.upstream_id = answer.id or ""
            events.append(Started(self.upstream_id, answer.model or ""))
        for candidate in answer.candidates or ():
            if candidate.index:
                continue  # one answer was asked for
            if candidate.grounding:
                count_grounding(candidate.grounding, self._target.upstream_model, self._tally)
            for part in (candidate.content.parts if candidate.content else None) or ():
                self._part(part, events)
            if candidate.finish:
                self._finish = candidate.finish

    # ---- parts -----------------------------------------------------------------------------

    def _part(self, part: dict[str, Any], events: list[Event]) -> None:
        signature = part.get("thoughtSignature")
        seal = Opaque(DIALECT, raw_of(signature)) if isinstance(signature, str) else None
        text = part.get("text")
        if isinstance(text, str):
            self._text("thought" if part.get("thought") is True else "text", text, seal, events)
        elif isinstance(part.get("functionCall"), dict):
            self._function(part["functionCall"], seal, events)
        elif isinstance(part.get("inlineData"), dict):
            blob = part["inlineData"]
            mime = str(blob.get("mimeType") or "")
            data = str(blob.get("data") or "")
            self._whole(Media(media_kind(mime), mime, data=data), events)
        elif part:
            if "executableCode" in part:
                self._tally.call("code_execution")
            self._tally.text.add(msgspec.json.encode(part).decode())
            self._whole(Opaque(DIALECT, raw_of(part)), events)

    def _text(self, kind: str, text: str, seal: Opaque | None, events: list[Event]) -> None:
        if not text and seal is None:
            return
        if self._kind != kind:
            self._end_part(events)
            is_thought = kind == "thought"
            self._start(Reasoning("", is_summary=True) if is_thought else Text(""), kind, events)
        if text:
            self._tally.has_output = True
            self._tally.text.add(text)
            events.append(PartDelta(self._index, text))
        if seal is not None:
            self._seal = seal

    def _function(self, call: dict[str, Any], seal: Opaque | None, events: list[Event]) -> None:
        """A call, whole or in pieces; a piece without a name belongs to the one that is open."""
        name = call.get("name")
        self._tally.has_output = True
        self._tally.text.add(msgspec.json.encode(call).decode())
        if name or self._call is None:
            self._end_part(events)
            identity = str(call.get("id") or "") or f"call_{new_id()}"
            self._start(ToolCall(identity, str(name or ""), seal=seal), "call", events)
            self._call = Arguments()
            self._calls += 1
            seal = None  # told with the start
        assert self._call is not None
        self._call.merge(call.get("args"))
        for piece in call.get("partialArgs") or ():
            self._call.add(piece)
        self._seal = seal or self._seal
        if call.get("willContinue") is not True:
            self._end_part(events)

    def _whole(self, part: Part, events: list[Event]) -> None:
        self._end_part(events)
        self._tally.has_output = True
        self._start(part, "whole", events)
        self._end_part(events)

    def _start(self, part: Part, kind: str, events: list[Event]) -> None:
        self._index += 1
        self._kind = kind
        events.append(PartStarted(self._index, part))

    def _end_part(self, events: list[Event]) -> None:
        if not self._kind:
            return
        if self._call is not None:
            events.append(PartDelta(self._index, self._call.text()))
        events.append(PartEnded(self._index, self._seal))
        self._kind, self._call, self._seal = "", None, None

    # ---- the end ---------------------------------------------------------------------------

    def _reason(self) -> Reason:
        reason = _REASONS.get(self._finish, "stop")
        return "tool_calls" if reason == "stop" and self._calls else reason


def _bad(reason: str) -> Fault:
    return Fault("bad_upstream_response", reason=reason)


def _blocked(feedback: _Feedback, tally: Tally) -> Fault:
    """The prompt itself was refused: there is no answer at all. What the vendor counted of it is
    billed, as an answer with a good status is there."""
    words = feedback.message or f"The upstream blocked the prompt: {feedback.reason}."
    extra = {"code": "content_filter", "type": "invalid_request_error"}
    if tally.is_told:
        tally.has_output = True  # or the count would be none
        usage = tally.usage()
        tally.has_output = False
        return BilledFault(words, usage, extra)
    return Fault("invalid_request", status=400, message=words, extra=extra)

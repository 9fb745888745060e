"""A whole transcript: read from what the upstream said, written in the form that was asked for."""

from math import ceil
from typing import Any

import msgspec

from waystation.dialects.faults import read_error
from waystation.dialects.json_answer import not_json
from waystation.dialects.operation import Receipt, Target
from waystation.dialects.sound.basis import Basis
from waystation.dialects.sound.hearing import HearingOperation
from waystation.dialects.sound.subtitles import Segment, srt, vtt
from waystation.errors import Fault
from waystation.kernel.estimate import tokens_guess
from waystation.kernel.scalars import is_null, kind
from waystation.kernel.strictjson import raw_of
from waystation.meter.sounds import (
    HEARD_TOKENS_PER_SECOND,
    Told,
    believed,
    plausible_seconds,
    read_sound_usage,
    whole_seconds,
)
from waystation.meter.usage import Usage

REPLY_TYPES = {
    "text": b"text/plain; charset=utf-8",
    "srt": b"application/x-subrip; charset=utf-8",
    "vtt": b"text/vtt; charset=utf-8",
}
JSON_REPLY = b"application/json; charset=utf-8"
SEGMENTS_MOST = 200_000

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


class _Segment(msgspec.Struct):
    start: float = 0.0
    end: float = 0.0
    text: str = ""


_decode_segments = msgspec.json.Decoder(list[_Segment]).decode


class Counted:
    """What a transcript costs: by what the upstream tells, else by what we measured."""

    __slots__ = ("_basis", "_operation")

    def __init__(self, operation: HearingOperation, basis: Basis) -> None:
        self._operation = operation
        self._basis = basis

    def usage(self, told: Told, text: str) -> Usage:
        operation = self._operation
        seconds = plausible_seconds(told.seconds, operation.file.seconds)
        measured = operation.seconds
        units = {"seconds": measured if seconds is None else whole_seconds(seconds)}
        tokens, flags = believed(told.tokens, operation.most())
        if tokens is not None:
            return msgspec.structs.replace(tokens, units=units)
        if told.seconds and seconds is None:
            flags = (*flags, "implausible:seconds")
        if self._basis == "tokens":
            return Usage(
                input_fresh=operation.prompt_guess(),
                audio_in=ceil(operation.file.seconds * HEARD_TOKENS_PER_SECOND),
                output_text=tokens_guess(text.encode()),
                units=units,
                flags=flags,
            )
        return Usage(units=units, exact=not flags, flags=flags)


class TranscriptReply:
    """Implements `ReplyReader`."""

    __slots__ = (
        "_counted",
        "_operation",
        "_receipt",
        "_target",
        "_usage",
        "text",
        "upstream_id",
        "usage_told",
    )

    def __init__(
        self, operation: HearingOperation, target: Target, receipt: Receipt, basis: Basis
    ) -> None:
        self._operation = operation
        self._target = target
        self._receipt = receipt
        self._counted = Counted(operation, basis)
        self._usage: Usage | None = None
        self.usage_told: msgspec.Raw | None = None
        self.text = ""
        self.upstream_id = ""

    def read(self, status: int, content_type: str, body: bytes) -> bytes:
        if status >= 400:
            raise read_error(status, body, self._target.secrets)
        fields = self._fields(content_type, body)
        text = fields.get("text")
        if text is None or kind(text) != '"' or _is_error(fields):
            raise read_error(200, body, self._target.secrets)
        self.text = msgspec.json.decode(text, type=str)
        raw = self.usage_told = fields.get("usage")
        told = Told(None, None) if raw is None else read_sound_usage(raw, spoken=False)
        if told.seconds is None:
            told = told._replace(seconds=_number(fields.get("duration")))
        self._usage = self._counted.usage(told, self.text)
        return self._written(fields, self._usage)

    def _fields(self, content_type: str, body: bytes) -> dict[str, msgspec.Raw]:
        """Raises Fault."""
        try:
            body.decode()
            return _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        # Some servers answer in plain text whatever they are asked for.
        if content_type.startswith("text/plain") and not body.lstrip().startswith((b"<", b"{")):
            try:
                return {"text": raw_of(body.decode().strip())}
            except UnicodeDecodeError:
                pass
        raise not_json(body)

    def _written(self, fields: dict[str, msgspec.Raw], usage: Usage) -> bytes:
        form = self._operation.form
        if form == "text":
            return f"{self.text}\n".encode()
        if form in ("srt", "vtt"):
            segments = self._segments(fields)
            return (srt(segments) if form == "srt" else vtt(segments)).encode()
        if form == "verbose_json":
            for name, value in self._facts().items():
                fields.setdefault(name, raw_of(value))
        fields["usage"] = self._shown(fields.get("usage"), usage)
        return _encode(fields)

    def _facts(self) -> dict[str, Any]:
        """What this form has and the upstream may not have told."""
        operation = self._operation
        task = "transcribe" if operation.name == "transcription" else "translate"
        seconds = round(operation.file.seconds, 2)
        segment = {"id": 0, "start": 0.0, "end": seconds, "text": self.text}
        return {"task": task, "duration": seconds, "segments": [segment] if self.text else []}

    def _segments(self, fields: dict[str, msgspec.Raw]) -> list[Segment]:
        """Raises Fault."""
        raw = fields.get("segments")
        if raw is None or is_null(raw):
            whole = Segment(0.0, self._operation.file.seconds, self.text)
            return [whole] if self.text.strip() else []
        try:
            told = _decode_segments(raw)
        except (msgspec.DecodeError, RecursionError):
            reason = "segments of an unknown shape"
            raise Fault("bad_upstream_response", reason=reason) from None
        return [Segment(one.start, one.end, one.text) for one in told[:SEGMENTS_MOST]]

    def _shown(self, raw: msgspec.Raw | None, usage: Usage) -> msgspec.Raw:
        """The usage object of the reply: the upstream's, else ours, and what it costs."""
        return shown_usage(raw, usage, self._receipt)

    def usage(self) -> Usage:
        return self._usage or self._operation.prompt_usage()

    @property
    def has_output(self) -> bool:
        """Silence is an answer where its maker says that it listened."""
        usage = self._usage
        return bool(self.text.strip()) or (usage is not None and usage.raw is not None)


def shown_usage(raw: msgspec.Raw | None, usage: Usage, receipt: Receipt) -> msgspec.Raw:
    shown: dict[str, Any] = {"type": "duration", "seconds": usage.units.get("seconds", 0)}
    if raw is not None and kind(raw) == "{":
        shown = dict(_decode(raw))
    cost = receipt.cost_of(usage)
    if cost is not None:
        shown["cost"] = msgspec.Raw(cost.encode())
    return msgspec.Raw(_encode(shown))


def _is_error(fields: dict[str, msgspec.Raw]) -> bool:
    error = fields.get("error")
    return error is not None and not is_null(error)


def _number(raw: msgspec.Raw | None) -> float | None:
    """Some write the duration as text."""
    if raw is None:
        return None
    try:
        return float(bytes(raw).strip(b'"'))
    except ValueError:
        return None

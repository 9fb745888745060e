"""A streamed answer in Anthropic's form at a caller of the same dialect.

A frame passes byte for byte, save message_start where the model is mapped and the last
message_delta where the cost joins its usage. Seen to: each frame has its `event:` line, the stream
ends with message_stop, pings of the upstream pass.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from waystation.dialects.anthropic.event_writer import PING, error_frame, frame
from waystation.dialects.anthropic.events import Event, count_call, decode_event, read_block
from waystation.dialects.anthropic.whole_reply import frames_of_reply
from waystation.dialects.faults import read_error, read_error_event
from waystation.dialects.framed import MouldedStream
from waystation.dialects.operation import Receipt, Target
from waystation.dialects.shown_usage import with_cost
from waystation.errors import Fault
from waystation.kernel.mould import Mould
from waystation.kernel.sse import Frame, SseParser
from waystation.kernel.strictjson import raw_of, rebuild
from waystation.meter.anthropic import merged, opening
from waystation.meter.tally import Tally

EVENT_BYTES_MAX = 8 * 1024 * 1024
_PLAIN_BYTES_MAX = 8 * 1024 * 1024
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class MessagesStream(MouldedStream):
    """Implements `StreamReader`."""

    __slots__ = (
        "_cost_of",
        "_is_mapped",
        "_model",
        "_reason_seen",
        "_secrets",
        "_usage",
        "started",
    )

    _plain_bytes_max = _PLAIN_BYTES_MAX

    def __init__(self, model: str, target: Target, receipt: Receipt, tally: Tally) -> None:
        self._model = model
        self._is_mapped = target.upstream_model != model
        self._secrets = target.secrets
        self._cost_of = receipt.cost_of
        self._tally = tally
        self._parser = SseParser(EVENT_BYTES_MAX)
        self._mould = Mould()
        self._plain = None
        self.fault: Fault | None = None
        self._upstream_id = ""
        self._usage: dict[str, Any] = {}
        self._reason_seen = False
        self.started = False
        self.complete = False

    # ---- StreamReader ----------------------------------------------------------------------

    def close(self) -> bytes:
        if self.complete or self.fault is not None:
            return b""
        if self._plain is not None:
            out = self._close_plain()
        else:
            out = self._pass_on(self._parser.close())
        if self.complete or self.fault is not None:
            return out
        if not self._reason_seen:
            self.fault = Fault("bad_upstream_response", reason="the stream ended before its end")
            return out
        self.complete = True
        return out + frame("message_stop", b'{"type":"message_stop"}')

    def fail(self, fault: Fault, language: Any, request_id: str = "") -> bytes:
        self.complete = True
        return error_frame(fault, language, request_id)

    def keep_alive(self) -> bytes:
        return PING

    @property
    def finished(self) -> bool:
        return self.fault is None and (self.complete or self._reason_seen)

    # ---- frames ----------------------------------------------------------------------------

    def _pass_on(self, frames: Sequence[Frame]) -> bytes:
        out: list[bytes] = []
        for each in frames:
            try:
                self._take(each, out)
            except Fault as fault:
                self.fault = fault
            except RecursionError:
                self.fault = Fault("bad_upstream_response", reason="a frame nested too deeply")
            if self.complete or self.fault is not None:
                break
        return out[0] if len(out) == 1 else b"".join(out)

    def _take(self, each: Frame, out: list[bytes]) -> None:
        payload = each.data
        self._mould.drop()
        try:
            if not payload.isascii():
                payload.decode()
            event = decode_event(payload)
        except msgspec.ValidationError:
            self.fault = read_error(200, payload, self._secrets)
            return
        except (msgspec.DecodeError, UnicodeDecodeError):
            if payload.strip() not in (b"", b"[DONE]"):
                reason = "a frame that is no valid event"
                self.fault = Fault("bad_upstream_response", reason=reason)
            return
        edited: bytes | None = None
        kind = event.type
        if kind == "content_block_delta":
            self._count_delta(event)
        elif kind == "content_block_start":
            self._count_block(event)
        elif kind == "message_start":
            edited = self._begin(event, payload)
        elif kind == "message_delta":
            edited = self._delta(event, payload)
        elif kind == "message_stop":
            self.complete = True
        elif kind == "error" or event.error or not kind:
            self._fail_by(event, payload)
            return
        if edited is not None:
            out.append(frame(kind, edited))
            return
        out.append(each.raw if each.event is not None else frame(kind, payload))
        if kind == "content_block_delta":
            self._mould.make(each.raw, out[-1], *_only_text(event))

    def _count_delta(self, event: Event) -> None:
        delta = event.delta
        if delta is None:
            return
        text = delta.text or delta.thinking or delta.partial_json
        if text:
            self._tally.text.add(text)
            self._tally.has_output = self.started = True

    def _count_block(self, event: Event) -> None:
        """Text and thoughts begin empty; other blocks say something by being there."""
        block = read_block(event.content_block) if event.content_block else None
        if block is None or (block.type in ("text", "thinking") and not block.text):
            return
        if block.type == "server_tool_use":
            count_call(block.name, self._tally)
        self._tally.text.add(block.name or block.text or " ")
        self._tally.has_output = self.started = True

    def _begin(self, event: Event, payload: bytes) -> bytes | None:
        message = event.message
        if message is None:
            return None
        self._upstream_id = message.id or ""
        self._tell(opening(message.usage))
        if not self._is_mapped:
            return None
        fields = _decode_fields(payload)
        inner = _decode_fields(fields["message"])
        fields["message"] = msgspec.Raw(rebuild(inner, {"model": raw_of(self._model)}))
        return rebuild(fields)

    def _delta(self, event: Event, payload: bytes) -> bytes | None:
        self._tell(event.usage)
        if event.delta is None or event.delta.stop_reason is None:
            return None
        self._reason_seen = True
        cost = self._cost_of(self._tally.usage()) if self._cost_of is not None else None
        if cost is None or event.usage is None:
            return None
        fields = _decode_fields(payload)
        fields["usage"] = with_cost(fields["usage"], cost)
        return rebuild(fields)

    def _tell(self, usage: dict[str, Any] | None) -> None:
        if usage:
            self._usage = merged(self._usage, usage)
            self._tally.tell_fields(self._usage)

    def _fail_by(self, event: Event, payload: bytes) -> None:
        if event.error:
            self.fault = read_error_event(event.error, self._secrets)
        else:
            self.fault = read_error(200, payload, self._secrets)

    # ---- an answer that is no stream -------------------------------------------------------

    def _is_plain(self, data: bytes) -> bool:
        return (
            not self._usage
            and not self._upstream_id
            and self._parser.is_empty
            and data.lstrip()[:1] in (b"{", b"<", b"[")
        )

    def _close_plain(self) -> bytes:
        """JSON or HTML where a stream was asked for: an error, or a whole answer to be cut up."""
        body, self._plain = bytes(self._plain or b""), None
        try:
            frames = frames_of_reply(body, self._secrets)
        except Fault as fault:
            self.fault = fault
            return b""
        return self._pass_on(self._parser.feed(frames))


def _only_text(event: Event) -> tuple[bytes, str]:
    """(key, text) of a delta that does nothing but bring one text; no text where it does more."""
    delta = event.delta
    if delta is None or event.usage or event.error or delta.partial_json:
        return b"", ""
    if delta.text and not delta.thinking:
        return b'"text"', delta.text
    return b'"thinking"', delta.thinking or ""

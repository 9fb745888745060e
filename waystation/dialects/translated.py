"""A caller's operation at an upstream of another dialect: the translated lane.

Made for one attempt. It is an `Operation` like the caller's own, so nothing above it knows of two
lanes: the body goes dialect → IR → dialect, the answer comes back the same way, and the upstream
dialect's meter reads the usage.
"""

from collections.abc import Sequence
from typing import Any, Protocol, cast

import msgspec
from msgspec.structs import replace

from waystation.dialects.faults import read_error
from waystation.dialects.function_names import Names, events_back, parts_back, renamed
from waystation.dialects.ir import Chat, Failed, Finished
from waystation.dialects.lanes import Bill, EventReader, EventWriter, Speaker, Translatable, Written
from waystation.dialects.loss import Loss
from waystation.dialects.metered import Metered, MeteredStream
from waystation.dialects.openai_chat.chunk_writer import StreamPart, StreamShape
from waystation.dialects.openai_chat.fan_out import FanOutStream
from waystation.dialects.operation import Receipt, Target, beside_of
from waystation.dialects.server_tools import TIERS
from waystation.errors import Fault
from waystation.kernel.strictjson import invalid_json
from waystation.meter.beside import TIER, Beside
from waystation.meter.tally import Tally
from waystation.meter.usage import Usage

_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class FansOut(Protocol):
    """A caller's operation that can be told as one answer out of several calls."""

    include_usage: bool
    shape: StreamShape

    def merge(self, replies: Sequence[bytes], usage: Usage, receipt: Receipt) -> bytes: ...


class Translated:
    """Implements `Operation` for a pair of dialects. chat: what is translated; whoever replaces it
    does so before `body_for` (pictures fetched where the target takes bytes only)."""

    __slots__ = (
        "_caller",
        "_losses",
        "_names",
        "_speaker",
        "_written",
        "chat",
        "choices",
        "dialect",
        "expects_output",
        "fans_out",
        "model",
        "n",
        "name",
        "needs",
        "prompt_tokens",
        "stream",
    )

    def __init__(self, caller: Translatable, speaker: Speaker) -> None:
        """Raises Fault (400)."""
        self._caller = caller
        self._speaker = speaker
        self._written: Written | None = None
        self._names: Names = {}
        self.chat: Chat
        try:
            self.chat, self._losses = caller.read_chat()
        except RecursionError:
            raise invalid_json("nested too deeply") from None
        self.name = speaker.operation
        self.dialect = caller.dialect
        self.model = caller.model
        self.stream = caller.stream
        self.n = caller.n
        self.choices = caller.choices
        self.prompt_tokens = caller.prompt_tokens
        self.needs = caller.needs
        self.expects_output = caller.expects_output
        self.fans_out = caller.fans_out

    @property
    def output_limit(self) -> int | None:
        return self._caller.output_limit

    @property
    def affinity(self) -> str | None:
        return self._caller.affinity

    def prompt_guess(self) -> int:
        return self._caller.prompt_guess()

    def body_for(self, target: Target) -> bytes:
        return self._for(target).body

    def losses(self, target: Target) -> tuple[Loss, ...]:
        """What the upstream was not told, for the header."""
        return (*self._losses, *self._for(target).losses)

    def reply_reader(self, target: Target, receipt: Receipt) -> "TranslatedReply":
        return TranslatedReply(
            self._caller,
            self._speaker,
            self._for(target),
            target,
            self._tally(target),
            receipt,
            self._names,
        )

    def stream_reader(self, target: Target, receipt: Receipt) -> "TranslatedStream":
        return self._stream(target, receipt, None)

    def fan_out_stream(self, target: Target, receipt: Receipt) -> FanOutStream:
        """A reader for n parallel streams."""
        caller = cast(FansOut, self._caller)
        return FanOutStream(
            self.n,
            lambda part: self._stream(target, Receipt(None), part),
            shape=caller.shape,
            model=self.model,
            cost_of=receipt.cost_of,
            include_usage=caller.include_usage,
        )

    def merge(self, replies: Sequence[bytes], usage: Usage, receipt: Receipt) -> bytes:
        return cast(FansOut, self._caller).merge(replies, usage, receipt)

    def _stream(
        self, target: Target, receipt: Receipt, part: StreamPart | None
    ) -> "TranslatedStream":
        tally = self._tally(target)
        reader = self._speaker.event_reader(self._for(target), target, tally)
        writer = self._caller.event_writer(Bill(tally, receipt.cost_of), part)
        return TranslatedStream(reader, writer, tally, self._names)

    def _for(self, target: Target) -> Written:
        written = self._written
        if written is None:
            try:
                chat, self._names = renamed(self.chat, self._speaker.operation)
                written = self._written = self._speaker.write_request(chat, target)
            except RecursionError:
                raise invalid_json("nested too deeply") from None
        return written

    def beside(self) -> Beside:
        return beside_of(self._caller)

    def _tally(self, target: Target) -> Tally:
        tally = self._speaker.tally(self._caller.limits(target), self._caller.prompt_guess)
        tier = self.beside().tier
        if tier and TIER not in target.strip and self._says_tier(target):
            tally.asks(Beside(tier))
        return tally

    def _says_tier(self, target: Target) -> bool:
        """Whether the upstream was told of the tier that the caller asked for. Other vendors'
        tools never go along."""
        fields = _decode_fields(self.body_for(target))
        return any(name in fields for name in TIERS[self.name])


class TranslatedReply(Metered):
    """Implements `ReplyReader`."""

    __slots__ = (
        "_bill",
        "_caller",
        "_names",
        "_speaker",
        "_target",
        "_written",
    )

    def __init__(
        self,
        caller: Translatable,
        speaker: Speaker,
        written: Written,
        target: Target,
        tally: Tally,
        receipt: Receipt,
        names: Names,
    ) -> None:
        self._names = names
        self._caller = caller
        self._speaker = speaker
        self._written = written
        self._target = target
        self._tally = tally
        self._bill = Bill(tally, receipt.cost_of)
        self._upstream_id = ""

    def read(self, status: int, content_type: str, body: bytes) -> bytes:
        if status >= 400:
            raise read_error(status, body, self._target.secrets)
        try:
            reply = self._speaker.read_reply(
                content_type, body, self._written, self._target, self._tally
            )
        except RecursionError:
            reason = "an answer nested too deeply"
            raise Fault("bad_upstream_response", reason=reason) from None
        self._upstream_id = reply.id
        if self._names:
            reply = replace(reply, parts=parts_back(reply.parts, self._names))
        return self._caller.write_reply(reply, self._bill)


class TranslatedStream(MeteredStream):
    """Implements `StreamReader`."""

    __slots__ = ("_names", "_reader", "_writer", "complete", "started")

    def __init__(
        self, reader: EventReader, writer: EventWriter, tally: Tally, names: Names
    ) -> None:
        self._names = names
        self._reader = reader
        self._writer = writer
        self._tally = tally
        self.fault: Fault | None = None
        self.started = False
        self.complete = False

    def feed(self, data: bytes) -> bytes:
        if self.complete or self.fault is not None:
            return b""
        try:
            events = self._reader.feed(data)
        except RecursionError:
            events = (_too_deep(),)
        return self._write(events) if events else b""

    def close(self) -> bytes:
        if self.complete or self.fault is not None:
            return b""
        try:
            events = self._reader.close()
        except RecursionError:
            events = (_too_deep(),)
        out = self._write(events)
        if not self.complete and self.fault is None:
            self.fault = Fault("bad_upstream_response", reason="the stream ended before its end")
        return out

    def _write(self, events: Sequence[Any]) -> bytes:
        if self._names:
            events = events_back(events, self._names)
        out = self._writer.write(events)
        if self._tally.has_output:
            self.started = True
        last = events[-1] if events else None
        if type(last) is Finished:
            self.complete = True
        elif type(last) is Failed:
            self.fault = last.fault
        return out

    def fail(self, fault: Fault, language: Any, request_id: str = "") -> bytes:
        self.complete = True
        return self._writer.fail(fault, language, request_id)

    def keep_alive(self) -> bytes:
        return self._writer.keep_alive()

    @property
    def finished(self) -> bool:
        return self.complete and self.fault is None

    @property
    def upstream_id(self) -> str:
        return self._reader.upstream_id


def _too_deep() -> Failed:
    return Failed(Fault("bad_upstream_response", reason="a frame nested too deeply"))

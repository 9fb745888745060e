"""Events in no dialect as Responses events: every part opened, told and closed in order."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from waystation.dialects.error_shapes import message_of
from waystation.dialects.ir import (
    Event,
    Finished,
    Opaque,
    Part,
    PartDelta,
    PartEnded,
    PartStarted,
    Reasoning,
    Started,
    Text,
    ToolCall,
)
from waystation.dialects.lanes import Bill
from waystation.dialects.openai_responses.output import (
    Item,
    Output,
    end_of,
    free_text,
    message_item,
    new_identity,
    reasoning_item,
    seal_item,
    text_part,
    whole_item,
)
from waystation.dialects.openai_responses.usage_object import shown_usage
from waystation.errors import Fault

_encode = msgspec.json.Encoder().encode
_NO_PART = {"summary_index": 0}


class _Open:
    """A part that is being told. place: of its item in the output."""

    __slots__ = ("id", "part", "place", "texts")

    def __init__(self, part: Part, place: int, identity: str) -> None:
        self.part = part
        self.place = place
        self.id = identity
        self.texts: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def where(self) -> dict[str, Any]:
        return {"item_id": self.id, "output_index": self.place}


class ResponsesWriter:
    """Implements `EventWriter`. tell: given the response object once it is whole."""

    __slots__ = ("_begun", "_bill", "_number", "_open", "_output", "_pending", "_tell")

    def __init__(self, output: Output, bill: Bill, tell: Callable[[dict[str, Any]], None]) -> None:
        self._output = output
        self._bill = bill
        self._number = -1
        self._begun = False
        self._open: dict[int, _Open] = {}
        self._pending: dict[int, Item] = {}  # finished items whose place is not yet due
        self._tell = tell

    def write(self, events: Sequence[Event]) -> bytes:
        out: list[bytes] = []
        for event in events:
            kind = type(event)
            if kind is PartDelta:
                self._delta(event, out)  # type: ignore[arg-type]  # it is one
            elif isinstance(event, Started):
                self._begin(out)
            elif isinstance(event, PartStarted):
                self._start(event, out)
            elif isinstance(event, PartEnded):
                self._end(event, out)
            elif isinstance(event, Finished):
                self._finish(event, out)
        return b"".join(out)

    def _begin(self, out: list[bytes]) -> None:
        if not self._begun:
            self._begun = True
            out.append(self._event("response.created", response=self._output.response()))
            out.append(self._event("response.in_progress", response=self._output.response()))

    # ---- parts -----------------------------------------------------------------------------

    def _start(self, event: PartStarted, out: list[bytes]) -> None:
        self._begin(out)
        part = event.part
        if isinstance(part, ToolCall) and part.seal is not None:
            self._whole(seal_item(part.seal), out)
        place = self._next_place()
        if isinstance(part, Text):
            opened = _Open(part, place, new_identity("msg"))
            item = {**message_item([], opened.id), "status": "in_progress"}
            self._open[event.index] = opened
            out.append(self._event("response.output_item.added", output_index=place, item=item))
            out.append(self._part("added", opened, text_part("", part.is_refusal)))
        elif isinstance(part, Reasoning):
            opened = self._open[event.index] = _Open(part, place, new_identity("rs"))
            item = reasoning_item("", None, opened.id)
            out.append(self._event("response.output_item.added", output_index=place, item=item))
        elif isinstance(part, ToolCall):
            is_custom = self._output.is_custom(part)
            identity = new_identity("ctc" if is_custom else "fc")
            opened = self._open[event.index] = _Open(part, place, identity)
            item = {**self._output.call(part, "", identity), "status": "in_progress"}
            item["input" if is_custom else "arguments"] = ""
            out.append(self._event("response.output_item.added", output_index=place, item=item))
        else:
            whole = whole_item(part)
            if whole is not None:
                self._whole(whole, out)
            return
        first = part.arguments if isinstance(part, ToolCall) else part.text
        if first:
            self._delta(PartDelta(event.index, first), out)

    def _next_place(self) -> int:
        return len(self._output.items) + len(self._pending) + len(self._open)

    def _whole(self, item: Item, out: list[bytes]) -> None:
        place = self._next_place()
        out.append(self._event("response.output_item.added", output_index=place, item=item))
        self._done(place, item, out)

    def _done(self, place: int, item: Item, out: list[bytes]) -> None:
        out.append(self._event("response.output_item.done", output_index=place, item=item))
        self._pending[place] = item
        while (due := len(self._output.items)) in self._pending:
            self._output.items.append(self._pending.pop(due))

    def _delta(self, event: PartDelta, out: list[bytes]) -> None:
        opened = self._open[event.index]
        part, text = opened.part, event.text
        if isinstance(part, Text):
            kind = "refusal" if part.is_refusal else "output_text"
            more: dict[str, Any] = {} if part.is_refusal else {"logprobs": []}
            out.append(
                self._event(
                    f"response.{kind}.delta", **opened.where, content_index=0, delta=text, **more
                )
            )
        elif isinstance(part, Reasoning):
            if not opened.texts:
                out.append(self._summary("added", opened, ""))
            kind = "response.reasoning_summary_text.delta"
            out.append(self._event(kind, **opened.where, **_NO_PART, delta=text))
        elif isinstance(part, ToolCall) and not self._output.is_custom(part):
            kind = "response.function_call_arguments.delta"
            out.append(self._event(kind, **opened.where, delta=text))
        opened.texts.append(text)

    def _end(self, event: PartEnded, out: list[bytes]) -> None:
        opened = self._open.get(event.index)
        if opened is None:
            return
        part = opened.part
        if isinstance(part, Text):
            item = self._end_text(opened, part, out)
        elif isinstance(part, Reasoning):
            item = self._end_thought(opened, event.seal or part.seal, out)
        else:
            assert isinstance(part, ToolCall)
            item = self._end_call(opened, part, out)
        del self._open[event.index]
        self._done(opened.place, item, out)
        if isinstance(part, ToolCall) and event.seal is not None and part.seal is None:
            self._whole(seal_item(event.seal, is_late=True), out)

    def _end_text(self, opened: _Open, part: Text, out: list[bytes]) -> Item:
        text = opened.text
        if part.is_refusal:
            told: dict[str, Any] = {"refusal": text}
        else:
            told = {"text": text, "logprobs": []}
        kind = "refusal" if part.is_refusal else "output_text"
        out.append(self._event(f"response.{kind}.done", **opened.where, content_index=0, **told))
        whole = text_part(text, part.is_refusal)
        out.append(self._part("done", opened, whole))
        return message_item([whole], opened.id)

    def _end_thought(self, opened: _Open, seal: Opaque | None, out: list[bytes]) -> Item:
        text = opened.text
        if text:
            kind = "response.reasoning_summary_text.done"
            out.append(self._event(kind, **opened.where, **_NO_PART, text=text))
            out.append(self._summary("done", opened, text))
        return reasoning_item(text, seal, opened.id)

    def _end_call(self, opened: _Open, part: ToolCall, out: list[bytes]) -> Item:
        arguments = opened.text
        if self._output.is_custom(part):
            given = free_text(arguments)
            kind = "response.custom_tool_call_input"
            out.append(self._event(f"{kind}.delta", **opened.where, delta=given))
            out.append(self._event(f"{kind}.done", **opened.where, input=given))
            return self._output.call(part, arguments, opened.id)
        arguments = arguments or "{}"
        kind = "response.function_call_arguments.done"
        item = self._output.call(part, arguments, opened.id)
        out.append(self._event(kind, **opened.where, arguments=arguments, name=item["name"]))
        return item

    def _part(self, what: str, opened: _Open, part: dict[str, Any]) -> bytes:
        kind = f"response.content_part.{what}"
        return self._event(kind, **opened.where, content_index=0, part=part)

    def _summary(self, what: str, opened: _Open, text: str) -> bytes:
        part = {"type": "summary_text", "text": text}
        kind = f"response.reasoning_summary_part.{what}"
        return self._event(kind, **opened.where, **_NO_PART, part=part)

    # ---- the end ---------------------------------------------------------------------------

    def _finish(self, event: Finished, out: list[bytes]) -> None:
        self._begin(out)
        status, reason = end_of(event.reason)
        usage = shown_usage(self._bill.usage(), None, self._bill.cost())
        response = self._output.response(status, usage, reason)
        self._tell(response)
        out.append(self._event(f"response.{status}", response=response))

    def fail(self, fault: Fault, language: Any, request_id: str = "") -> bytes:
        text = message_of(fault, request_id, language)
        code = str(fault.extra.get("code") or fault.code)
        usage = shown_usage(self._bill.usage(), None, None)
        error = {"code": code, "message": text}
        response = self._output.response("failed", usage, error=error)
        out: list[bytes] = []
        self._begin(out)
        out.append(self._event("error", code=code, message=text, param=fault.param))
        out.append(self._event("response.failed", response=response))
        return b"".join(out)

    def keep_alive(self) -> bytes:
        out: list[bytes] = []
        if self._begun:
            out.append(self._event("response.in_progress", response=self._output.response()))
        else:
            self._begin(out)
        return b"".join(out)

    def _event(self, kind: str, **fields: Any) -> bytes:
        self._number += 1
        event = {"type": kind, "sequence_number": self._number, **fields}
        return b"event: " + kind.encode() + b"\ndata: " + _encode(event) + b"\n\n"

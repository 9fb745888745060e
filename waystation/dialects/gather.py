"""Events of a stream put together into the whole reply, and a whole reply taken apart again.

For upstreams that stream what was not asked to be streamed, and the other way round.
"""

from collections.abc import Iterable

import msgspec

from waystation.dialects.ir import (
    Event,
    Failed,
    Finished,
    Opaque,
    Part,
    PartDelta,
    PartEnded,
    PartStarted,
    Reasoning,
    Reply,
    Started,
    Text,
    ToolCall,
)
from waystation.errors import Fault


def gathered(events: Iterable[Event]) -> Reply:
    """The reply that these events add up to. Raises the Fault of Failed; bad_upstream_response
    when they do not end."""
    started = Started()
    parts: dict[int, Part] = {}
    texts: dict[int, list[str]] = {}
    for event in events:
        if type(event) is PartDelta:
            texts[event.index].append(event.text)
        elif type(event) is PartStarted:
            parts[event.index] = event.part
            texts[event.index] = []
        elif type(event) is PartEnded:
            whole = _whole(parts[event.index], "".join(texts[event.index]), event.seal)
            parts[event.index] = whole
        elif type(event) is Started:
            started = event
        elif type(event) is Failed:
            raise event.fault
        elif type(event) is Finished:
            return Reply(
                id=started.id,
                model=started.model,
                parts=tuple(parts[index] for index in sorted(parts)),
                reason=event.reason,
                raw_reason=event.raw_reason,
                stop_sequence=event.stop_sequence,
            )
    raise Fault("bad_upstream_response", reason="the stream ended before its end")


def events_of(reply: Reply) -> list[Event]:
    """The reply as a stream that came all at once."""
    events: list[Event] = [Started(reply.id, reply.model)]
    for index, part in enumerate(reply.parts):
        bare, text, seal = _taken_apart(part)
        events.append(PartStarted(index, bare))
        if text:
            events.append(PartDelta(index, text))
        events.append(PartEnded(index, seal))
    events.append(Finished(reply.reason, reply.raw_reason, reply.stop_sequence))
    return events


def _whole(part: Part, text: str, seal: Opaque | None) -> Part:
    if isinstance(part, Text | Reasoning):
        return msgspec.structs.replace(part, text=part.text + text, seal=seal or part.seal)
    if isinstance(part, ToolCall):
        arguments = (part.arguments + text) or "{}"
        return msgspec.structs.replace(part, arguments=arguments, seal=seal or part.seal)
    return part


def _taken_apart(part: Part) -> tuple[Part, str, Opaque | None]:
    """(the part as it starts, its text, its seal)"""
    if isinstance(part, Text | Reasoning):
        return msgspec.structs.replace(part, text="", seal=None), part.text, part.seal
    if isinstance(part, ToolCall):
        return msgspec.structs.replace(part, arguments="", seal=None), part.arguments, part.seal
    return part, "", None

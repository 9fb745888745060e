"""The translated lane's seam: what a dialect is as an upstream and as a caller.

As an upstream it is a `Speaker`; as a caller its operation is a `Translatable`. A dialect that is
both can be paired with every other one: `Translated` (in translated.py) joins a caller's operation
and a speaker into an `Operation` as the relay path knows it. No I/O, no async.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec

from waystation.dialects.ir import Chat, Event, Reply
from waystation.dialects.loss import Loss
from waystation.dialects.operation import Operation, Target
from waystation.errors import Fault
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally
from waystation.meter.usage import Usage


class Written(msgspec.Struct, frozen=True):
    """A request in the upstream's words. answer_tool: the tool that stands for the structured
    answer; its call is the answer's text."""

    body: bytes
    losses: tuple[Loss, ...] = ()
    answer_tool: str = ""


class EventReader(Protocol):
    """A stream in the upstream's words. It feeds the tally that it was made with: usage told, text
    seen, `has_output`."""

    def feed(self, data: bytes) -> Sequence[Event]:
        """What these bytes tell, at any split. Finished comes when nothing more will be told, usage
        included; after Finished or Failed: nothing."""

    def close(self) -> Sequence[Event]:
        """The upstream ended: Finished when it had its proper end, else Failed."""

    @property
    def upstream_id(self) -> str: ...


class Speaker(Protocol):
    """A dialect as upstreams speak it. operation: the key of `Channel.paths`."""

    @property
    def operation(self) -> str: ...

    def write_request(self, chat: Chat, target: Target) -> Written:
        """Raises Fault (400, with its param) for content that cannot be expressed. The target's
        model, output limit and overrides are written in; so is the wish for usage."""

    def tally(self, limits: Limits, prompt_guess: Callable[[], int]) -> Tally: ...

    def read_reply(
        self, content_type: str, body: bytes, written: Written, target: Target, tally: Tally
    ) -> Reply:
        """A good status's body; feeds the tally. Raises Fault for an error in it, or nonsense."""

    def event_reader(self, written: Written, target: Target, tally: Tally) -> EventReader: ...


class Bill:
    """What a writer may tell of usage and money, asked when it is needed."""

    __slots__ = ("_cost_of", "_tally")

    def __init__(self, tally: Tally, cost_of: Callable[[Usage], str | None] | None) -> None:
        self._tally = tally
        self._cost_of = cost_of

    @property
    def is_told(self) -> bool:
        """The upstream told some usage already."""
        return self._tally.is_told

    def usage(self) -> Usage:
        return self._tally.usage()

    def cost(self) -> str | None:
        """USD as a decimal JSON number; None: leave it out."""
        return None if self._cost_of is None else self._cost_of(self._tally.usage())


class EventWriter(Protocol):
    """A stream in the caller's words."""

    def write(self, events: Sequence[Event]) -> bytes:
        """Whole frames. With Finished come the last ones. Failed writes nothing: `fail` does."""

    def fail(self, fault: Fault, language: Any, request_id: str = "") -> bytes: ...

    def keep_alive(self) -> bytes: ...


class Translatable(Operation, Protocol):
    """A caller's request that the IR can hold."""

    def read_chat(self) -> tuple[Chat, tuple[Loss, ...]]:
        """Raises Fault (400)."""

    def limits(self, target: Target) -> Limits: ...

    def write_reply(self, reply: Reply, bill: Bill) -> bytes: ...

    def event_writer(self, bill: Bill, part: Any = None) -> EventWriter:
        """part: a `StreamPart` when this stream is one of several that are told as one."""

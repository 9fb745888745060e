"""A request as the relay path sees it, whatever its dialect, and the two ends of its answer.

An `Operation` is what parsing a body yields. For each attempt the relay asks it for the upstream's
body and for a reader of the upstream's answer; the reader feeds the meter, detects faults inside a
200 and gives the bytes for the caller. No I/O, no async.
"""

from collections.abc import Mapping
from typing import Any, Protocol, cast

import msgspec

from waystation.dialects.ir import Effort
from waystation.errors import Fault
from waystation.meter.beside import NOTHING, Beside
from waystation.meter.usage import Usage


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt's body must be made for. output_limit: a clamp to write in, None = leave
    the caller's. overrides: the channel's top-level fields, they win. n: how many choices this
    call asks for (fanned-out parts ask for 1). secrets: strings of the channel that no caller may
    see, taken out of error texts. refuses: request fields that the upstream answers with an error,
    so we do not add them. think_tags: thoughts come as <think>…</think> inside content and are to
    be moved to reasoning_content. reasoning_field: the field of an assistant's turn in which its
    earlier thoughts go back to the upstream (OpenAI's form), "" none: they are left out.
    thinking_switch: the field by which the upstream turns thinking on or off (OpenAI's form).
    strip: what the channel takes out of requests (`dialects/server_tools.py`)."""

    upstream_model: str
    output_limit: int | None = None
    overrides: Mapping[str, msgspec.Raw] = {}
    n: int | None = None
    secrets: tuple[str, ...] = ()
    think_tags: bool = False
    refuses: tuple[str, ...] = ()
    reasoning_field: str = ""
    thinking_switch: str = ""
    strip: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Target(upstream_model={self.upstream_model!r})"


class BilledFault(Fault):
    """The upstream read the prompt, refused it and bills what it read: usage."""

    def __init__(self, message: str, usage: Usage, extra: Mapping[str, Any]) -> None:
        super().__init__("invalid_request", status=400, message=message, extra=extra)
        self.usage = usage


class Receipt(msgspec.Struct, frozen=True):
    """What the reader shows of money: called with the usage when it is known, gives `usage.cost`
    as a decimal JSON number text, or None to leave it out."""

    cost_of: Any  # Callable[[Usage], str | None]


class ReplyReader(Protocol):
    """Reads a whole JSON answer."""

    def read(self, status: int, content_type: str, body: bytes) -> bytes:
        """The caller's body. Raises Fault when a 200 carries an error, HTML or nonsense.
        An SSE body where JSON was expected is assembled into one object."""

    def usage(self) -> Usage: ...

    @property
    def upstream_id(self) -> str: ...

    @property
    def has_output(self) -> bool:
        """Some text, tool call, refusal or other content came."""


class StreamState(Protocol):
    """What a stream has told so far, however many upstreams it is read from."""

    def fail(self, fault: Fault, language: Any, request_id: str = "") -> bytes:
        """The in-dialect error event that ends the stream without [DONE]; b"" where there is no
        way to tell, so that the connection must be cut."""

    def keep_alive(self) -> bytes:
        """A data event that says nothing, in dialect; b"" where there is none."""

    def usage(self) -> Usage:
        """So far; counted from the text seen when the upstream told nothing."""

    @property
    def started(self) -> bool:
        """The first content byte was seen: no failover from here."""

    @property
    def finished(self) -> bool:
        """A proper end was seen."""

    @property
    def complete(self) -> bool:
        """The dialect's last frame was seen: nothing that comes after it is part of the answer."""

    @property
    def output_seen(self) -> int:
        """About how many output tokens have come; cheap enough to be asked for each piece."""

    @property
    def fault(self) -> Fault | None:
        """An error event, HTML, nonsense or an early end."""

    @property
    def upstream_id(self) -> str: ...

    @property
    def has_output(self) -> bool: ...


class StreamReader(StreamState, Protocol):
    """Reads a streamed answer, piece by piece, at any split."""

    def feed(self, data: bytes) -> bytes:
        """Bytes for the caller (whole frames only). After a fault: b""."""

    def close(self) -> bytes:
        """The upstream ended: the last frames ([DONE], the usage chunk if asked). Sets `fault`
        when it ended before its proper end."""


class Thinker(Protocol):
    """An operation that can say how much to think: chats in each dialect."""

    def think(self, effort: Effort, model: str) -> None:
        """As the asked name's suffix says, unless the body says so itself. model: the upstream's
        name of it."""


class PaysBeside(Protocol):
    """A request that may ask for more than tokens."""

    def beside(self) -> Beside: ...


def beside_of(request: object) -> Beside:
    """What it asks for beside tokens; most sorts of requests have nothing of it."""
    told = getattr(request, "beside", None)
    return NOTHING if told is None else cast(PaysBeside, request).beside()


class Request(Protocol):
    """name: chat, completion, embedding, moderation, image, … dialect: of the caller.
    prompt_tokens: an upper bound. output_limit: the caller's own per choice, None when it named
    none. choices: how many answers are asked for (n × prompts). needs: features a channel must
    have ("tools", …).
    affinity: what keeps a conversation on its channel, None for nothing. expects_output: the answer
    is made of output tokens (not so for embeddings and moderations)."""

    name: str
    dialect: str
    model: str
    stream: bool
    n: int
    choices: int
    prompt_tokens: int
    needs: frozenset[str]
    expects_output: bool
    fans_out: bool

    @property
    def output_limit(self) -> int | None: ...

    @property
    def affinity(self) -> str | None: ...

    def prompt_guess(self) -> int:
        """Tokens of the prompt, as likely as can be told without a tokenizer."""


class Operation(Request, Protocol):
    """One that is a body for the upstream and a reader for its answer."""

    def body_for(self, target: Target) -> bytes:
        """The upstream's body: raw slices of the caller's, with the declared edits."""

    def reply_reader(self, target: Target, receipt: Receipt) -> ReplyReader: ...

    def stream_reader(self, target: Target, receipt: Receipt) -> StreamReader: ...

"""An answer in progress: upstream bytes in, the caller's bytes out, usage on the way.

`StreamSource` joins one reply and one dialect's reader; `upstream/fan_out.py` joins several. The
pump knows only `Source`.
"""

import asyncio
from typing import Protocol

from waystation.dialects.operation import StreamReader, StreamState
from waystation.errors import Fault
from waystation.meter.usage import Usage
from waystation.upstream.transport import Incoming, MaybeSent, TransportFault

_FINISH_SECONDS = 1.0


class Source(Protocol):
    async def next(self) -> bytes:
        """The next bytes for the caller, maybe none yet; `ended` says that no more will come.
        Never raises but for cancellation: what went wrong is in `fault`."""

    @property
    def ended(self) -> bool: ...

    @property
    def fault(self) -> Fault | None: ...

    @property
    def kind(self) -> str:
        """The transport's failure that is behind the fault, "" when it is another."""

    @property
    def reader(self) -> StreamState: ...

    def usage(self) -> Usage: ...

    def hand_over(self, express: "Express | None") -> None:
        """From now on pieces may go straight to the caller; None: no longer."""

    async def finish(self) -> None:
        """After the end: read what little is left, so that the connection can be used again."""

    def close(self) -> None:
        """Cut the upstream; idempotent."""


class Express(Protocol):
    """The short way of a piece to the caller: within the callback that received it, without
    waking the task that waits for it."""

    def is_clear(self) -> bool:
        """Nothing but the next piece is to be done."""

    def passed(self, out: bytes) -> bool:
        """Write what the piece became, unless it used up what is held: False, nothing written."""

    def write(self, out: bytes) -> None: ...


def transport_fault(error: TransportFault) -> Fault:
    """A failure below HTTP as the caller may know it: kinds, never addresses."""
    kind = error.kind
    if kind in ("first_byte_timeout", "idle_timeout", "total_timeout", "connect_timeout"):
        return Fault("upstream_timeout")
    if kind in ("protocol", "too_large"):
        return Fault("bad_upstream_response", reason=kind)
    return Fault("upstream_error", reason=_WORDS.get(kind, "connection lost"))


_WORDS = {
    "resolve": "its name has no address",
    "forbidden": "its address is not allowed",
    "connect": "no connection",
    "tls": "no secure connection",
    "reset": "connection lost",
}


class StreamSource:
    """One upstream reply read through one dialect's stream reader."""

    __slots__ = (
        "_ahead",
        "_ahead_bytes",
        "_express",
        "_incoming",
        "ended",
        "fault",
        "kind",
        "reader",
    )

    def __init__(self, incoming: Incoming, reader: StreamReader) -> None:
        self._incoming = incoming
        self._express: Express | None = None
        self._ahead = b""
        self._ahead_bytes = 0
        self.reader = reader
        self.ended = False
        self.fault: Fault | None = None
        self.kind = ""

    async def next(self) -> bytes:
        try:
            data = await self._incoming.read()
        except MaybeSent as error:
            return self._cut(error)
        reader = self.reader
        if not data:
            out = reader.close()
            self.ended = True
            self.fault = reader.fault
            return out
        out = self._fed_ahead(data) if self._ahead_bytes else reader.feed(data)
        if reader.fault is not None:
            self.fault = reader.fault
            self.ended = True
            self._incoming.close()
        elif reader.complete:
            # [DONE] was seen: what an upstream sends after it is nobody's answer, and waiting for
            # it to close would hold the caller up. `finish` sees to the connection.
            self.ended = True
        return out

    def hand_over(self, express: Express | None) -> None:
        before, self._express = self._express, express
        if express is not None:
            self._incoming.pass_to(self._take)
        elif before is not None and self._ahead:
            before.write(self._ahead)  # metered, so the caller gets it
            self._ahead, self._ahead_bytes = b"", 0

    def _take(self, data: bytes) -> bool:
        """A piece, the moment it came. What it leaves to be done by the task (an end, a fault, a
        hold to extend) goes to the task together with the bytes it made."""
        express, reader = self._express, self.reader
        if express is None or not express.is_clear():
            return False
        out = reader.feed(data)
        if reader.fault is None and not reader.complete and express.passed(out):
            return True
        self._ahead = out
        self._ahead_bytes = len(data)
        return False

    def _fed_ahead(self, data: bytes) -> bytes:
        """What the reader made of the piece that it was fed already, and of what came after it."""
        out, rest = self._ahead, data[self._ahead_bytes :]
        self._ahead, self._ahead_bytes = b"", 0
        return out + self.reader.feed(rest) if rest else out

    def _cut(self, error: MaybeSent) -> bytes:
        """The connection failed. A reader that has its proper end takes it for a whole answer."""
        out = self.reader.close()
        self.ended = True
        if not self.reader.finished or self.reader.fault is not None:
            self.fault = transport_fault(error)
            self.kind = error.kind
        return out

    def usage(self) -> Usage:
        return self.reader.usage()

    async def finish(self) -> None:
        try:
            async with asyncio.timeout(_FINISH_SECONDS):
                while await self._incoming.read():
                    pass
        except (MaybeSent, TimeoutError):
            pass
        finally:
            self._incoming.close()

    def close(self) -> None:
        self._incoming.close()

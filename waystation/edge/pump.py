"""The pump owns a stream from its first content byte to its settlement.

One loop: upstream → reader (which meters) → client. The client's writer is the bounded queue: when
it is congested the loop waits and does not read, so the upstream is paused. Whatever ends the loop
(the upstream's end or failure, the client's going, a refused extension, a sweep, our own shutdown)
the hold is resolved here, once, by what was metered.

What must happen by the clock (keep-alives, checkpoints) is done by `edge/pulse.py` for all streams
together: one timer per worker, none per stream.
"""

import asyncio
from time import perf_counter

from waystation.edge.call import Call, Writer
from waystation.edge.story import Story
from waystation.errors import Fault, Language
from waystation.journal.row import EndReason
from waystation.upstream.source import Source

_SSE_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)


class Stream:
    """One streamed answer on its way. `cut` ends it from outside with a fault told in-dialect."""

    __slots__ = (
        "_call",
        "_cut",
        "_drain_upstream",
        "_left",
        "_reading",
        "_source",
        "_story",
        "_task",
        "_writer",
        "last_write",
    )

    def __init__(self, call: Call, source: Source, story: Story, drain_upstream: bool) -> None:
        self._call = call
        self._source = source
        self._story = story
        self._drain_upstream = drain_upstream
        self._task = asyncio.current_task()
        self._cut: tuple[Fault, EndReason] | None = None
        self._left = False
        self._reading = False
        self._writer: Writer | None = None
        self.last_write = perf_counter()

    @property
    def hold_id(self) -> str:
        return self._story.request_id

    async def run(self, held: bytes, headers: tuple[tuple[bytes, bytes], ...]) -> None:
        """Stream to the end and settle. held: the preamble with the first content byte."""
        self._call.on_gone = self._client_left
        writer = self._writer = self._call.stream(200, (*_SSE_HEADERS, *headers))
        if self._call.is_gone:
            self._left = True
        writer.write(held)
        try:
            await self._flow(writer)
        finally:
            self._call.on_gone = None
            self._settle(writer)
        await self._source.finish()

    async def _flow(self, writer: Writer) -> None:
        source, grant = self._source, self._story.grant
        reader = source.reader
        while not source.ended and self._cut is None:
            if self._left and not self._drain_upstream:
                return
            if reader.output_seen >= grant.extend_above:
                refused = await grant.extend(source.usage())
                if refused is not None:
                    self.cut(refused, "balance")
                    return
            out = await self._next()
            if out and not self._left:
                writer.write(out)
                self.last_write = perf_counter()
                if writer.congested:
                    await writer.drain()

    async def _next(self) -> bytes:
        """One read, which `cut` and the client's going may interrupt."""
        self._reading = True
        try:
            return await self._source.next()
        except asyncio.CancelledError:
            if self._cut is None and not self._left:
                raise
            if self._task is not None:
                self._task.uncancel()
            return b""
        finally:
            self._reading = False

    def _client_left(self) -> None:
        self._left = True
        if not self._drain_upstream:
            self._wake()

    def cut(self, fault: Fault, end: EndReason) -> None:
        """End this stream now: the client is told in its dialect, the metered part is posted."""
        if self._cut is None and not self._source.ended:
            self._cut = (fault, end)
            self._wake()

    def _wake(self) -> None:
        if self._reading and self._task is not None:
            self._task.cancel()

    def pulse(self, now: float, keep_alive_seconds: float) -> None:
        """Once a second: tell the ledger what is metered; break the silence towards the client."""
        self._story.grant.checkpoint(self._source.usage())
        writer = self._writer
        if writer is None or self._left or self._source.ended:
            return
        if now - self.last_write >= keep_alive_seconds and not writer.congested:
            writer.write(self._source.reader.keep_alive())
            self.last_write = now

    def _settle(self, writer: Writer) -> None:
        """The one place where a stream's money is decided."""
        source, story = self._source, self._story
        usage = source.usage()
        end, fault = self._verdict()
        if fault is not None and not self._left:
            writer.write(source.reader.fail(fault, _language(self._call)))
        if not source.ended:
            source.close()
        story.upstream_id = source.reader.upstream_id
        empty = fault is None and not source.reader.has_output and not usage.output_tokens
        if empty and not self._left:
            story.void(end, fault, status=200)
        elif end == "swept":
            story.forget()
        else:
            story.post(usage, end, fault, status=200)
        writer.end()

    def _verdict(self) -> tuple[EndReason, Fault | None]:
        if self._cut is not None:
            return self._cut[1], self._cut[0]
        if self._source.fault is not None:
            return "upstream_failed", self._source.fault
        if self._left and not self._source.ended:
            return ("client_slow" if self._call.was_slow else "client_gone"), None
        if not self._source.ended:
            return "gateway_lost", Fault("internal_error")
        return "complete", None


def _language(call: Call) -> Language:
    accept = call.header("accept-language")
    return "en" if accept is not None and accept.lower().startswith("en") else "zh"

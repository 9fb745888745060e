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

from waystation.edge.call import Writer
from waystation.edge.story import Story
from waystation.errors import Fault
from waystation.journal.row import EndReason
from waystation.upstream.attempt import AttemptFailed
from waystation.upstream.source import Source

_STREAM_HEADERS = (
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)
_EXTENSIONS_MAX = 4
"""For one piece; what it did not reach is asked for at the next."""


class Stream:
    """One streamed answer on its way. `cut` ends it from outside with a fault told in-dialect."""

    __slots__ = (
        "_cut",
        "_drain_until",
        "_drains",
        "_grant",
        "_held",
        "_last",
        "_left",
        "_reading",
        "_source",
        "_story",
        "_swept",
        "_task",
        "_writer",
        "last_write",
    )

    def __init__(self, story: Story, source: Source, drains: bool) -> None:
        assert story.grant is not None
        self._story = story
        self._grant = story.grant
        self._source = source
        self._drains = drains
        self._drain_until = 0.0
        self._task = asyncio.current_task()
        self._cut: tuple[Fault, EndReason] | None = None
        self._swept = False
        self._left = False
        self._reading = False
        self._held = bytearray()
        self._last = b""  # goes with the end of the reply
        self._writer: Writer | None = None
        self.last_write = 0.0

    # ---- before the first content byte -----------------------------------------------------

    async def open(self) -> None:
        """Read up to the first content byte, holding what comes before it, so that a fault or a
        cut is still an HTTP status or a failover. After a bound in bytes or seconds the reply
        begins all the same. Raises AttemptFailed."""
        settings = self._story.site.settings
        source = self._source
        loop = asyncio.get_running_loop()
        timer = loop.call_later(settings.preamble_seconds_max, self._release)
        try:
            while not (self._writer or self._cut or source.ended or source.reader.started):
                self._held += await self._next()
                if len(self._held) > settings.preamble_bytes_max:
                    break
        finally:
            timer.cancel()
        if self._cut is not None and self._writer is None:
            raise AttemptFailed(self._cut[0], status=503)
        # Content and fault may come in one piece: whether it does must not decide who pays.
        if source.fault is not None and not (self._writer or source.reader.started):
            raise AttemptFailed(source.fault, status=200, kind=source.kind)

    def _release(self) -> None:
        """Begin the reply with what is held."""
        held = bytes(self._held)
        self._held.clear()
        if self._writer is None:
            story = self._story
            headers = (
                (b"content-type", story.stream_type),
                *_STREAM_HEADERS,
                *story.early_headers(),
            )
            self._writer = story.call.stream(200, headers, held)
        elif held:
            self._writer.write(held)
        self.last_write = perf_counter()

    # ---- from there on ---------------------------------------------------------------------

    async def run(self) -> None:
        """Stream to the end and settle."""
        call = self._story.call
        call.on_gone = self._client_left
        self._release()
        assert self._writer is not None
        if call.is_gone:
            self._client_left()
        try:
            await self._flow(self._writer)
            await self._cover()
        finally:
            call.on_gone = None
            self._settle(self._writer)

    async def _flow(self, writer: Writer) -> None:
        """Most pieces take the short way (`is_clear`, `write`) while this waits for the next."""
        self._source.hand_over(self)
        try:
            await self._loop(writer)
        finally:
            self._source.hand_over(None)

    def is_clear(self) -> bool:
        writer = self._writer
        return not (self._left or self._cut or writer is None or writer.congested)

    def passed(self, out: bytes) -> bool:
        writer = self._writer
        if self._source.reader.output_seen >= self._grant.extend_above or writer is None:
            return False
        if out:
            writer.write(out)
            self.last_write = perf_counter()
        return True

    def write(self, out: bytes) -> None:
        assert self._writer is not None
        self._writer.write(out)
        self.last_write = perf_counter()

    async def _loop(self, writer: Writer) -> None:
        source, grant = self._source, self._grant
        reader = source.reader
        while not source.ended and self._cut is None:
            if self._left and not self._drains:
                return
            if reader.output_seen >= grant.extend_above:
                if not await self._extended():
                    return
                if self._cut is not None or (self._left and not self._drains):
                    return  # while the ledger was asked
            out = await self._next()
            if not out or self._left:
                continue
            if source.ended:
                self._last = out
                return
            self.write(out)
            if writer.congested:
                await writer.drain()

    async def _extended(self) -> bool:
        """Hold more, as often as one large piece makes necessary. False: the stream was cut."""
        source, grant = self._source, self._grant
        for _ in range(_EXTENSIONS_MAX):
            refused = await grant.extend(self._story.price(source.usage()).nanos)
            if refused is not None:
                self.cut(refused, "balance")
                return False
            if source.reader.output_seen < grant.extend_above:
                break
        return True

    async def _cover(self) -> None:
        """What came faster than it was held. An exact charge needs no hold."""
        usage = self._source.usage()
        if self._swept or usage.exact:
            return
        if self._last and not self._left:  # the ledger is asked: the client need not wait for it
            self.write(self._last)
        self._last = b""
        await self._story.cover(usage)

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
        if self._drains:
            self._drain_until = (
                perf_counter() + self._story.site.settings.drain_upstream_seconds_max
            )
        else:
            self._wake()

    def cut(self, fault: Fault, end: EndReason) -> None:
        """End this stream now: the client is told in its dialect, the metered part is posted."""
        if self._cut is None and not self._source.ended:
            self._cut = (fault, end)
            self._wake()

    def swept(self) -> None:
        """The ledger resolved the hold without us: nothing more may be sent on it."""
        self._swept = True
        self.cut(Fault("temporarily_unavailable", retry_after=2), "gateway_lost")

    def _wake(self) -> None:
        if self._reading and self._task is not None:
            self._task.cancel()

    def pulse(self, now: float, keep_alive_seconds: float) -> None:
        """Once a second: tell the ledger what is metered; break the silence towards the client."""
        if self._source.ended:
            return
        self._grant.checkpoint(self._story.price(self._source.usage()).nanos)
        if self._left:
            if now > self._drain_until:
                self._drains = False
                self._wake()
            return
        writer = self._writer
        if writer is None or writer.congested or now - self.last_write < keep_alive_seconds:
            return
        alive = self._source.reader.keep_alive()
        if alive:  # bare sound has none
            writer.write(alive)
            self.last_write = now

    # ---- the end ---------------------------------------------------------------------------

    def _settle(self, writer: Writer) -> None:
        """The one place where a stream's money is decided."""
        source, story = self._source, self._story
        ended_by_itself = source.ended
        end, fault = self._verdict()
        if not ended_by_itself:
            source.close()
        story.upstream_id = source.reader.upstream_id
        usage = source.usage()
        if fault is not None and not self._left:
            told = source.reader.fail(fault, story.language, story.call.request_id)
            if told:
                writer.write(self._last + told)
                self._last = b""
            else:  # bare sound: nobody may take it for whole
                writer.abort()
        if self._swept:
            story.swept(fault)
        elif not source.reader.has_output and not usage.output_tokens:
            if ended_by_itself or self._cut is not None:
                story.void(end, fault, 200)
            else:
                story.post_prompt(end, fault, 200)
        else:
            story.post(usage, end, fault, 200)
        writer.end(b"" if self._left else self._last)

    def _verdict(self) -> tuple[EndReason, Fault | None]:
        if self._cut is not None:
            return self._cut[1], self._cut[0]
        if self._source.fault is not None:
            return "upstream_failed", self._source.fault
        if self._left:
            return "client_gone", None
        if not self._source.ended:
            return "gateway_lost", Fault("internal_error")
        return "complete", None

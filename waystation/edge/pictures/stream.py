"""Pictures as a stream: partial ones where the vendor shows them, signs of life where it does not.

The reply begins with the first partial picture, or when the wait has become long; until then what
goes wrong is an HTTP status and another channel may be tried. From there on it is told in the
stream. Only whole pictures are paid for.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import monotonic, perf_counter, perf_counter_ns
from typing import cast

from waystation.dialects.pictures.events import PictureEvents
from waystation.dialects.pictures.reply import Drawn
from waystation.dialects.pictures.request import PictureOperation
from waystation.edge.call import Writer
from waystation.edge.pictures.publishing import publish, settle
from waystation.edge.pictures.sitting import Sitting
from waystation.edge.story import Story
from waystation.errors import Fault
from waystation.journal.row import EndReason
from waystation.kernel.clock import now_ms
from waystation.routing.choice import Attempt, Attempts
from waystation.routing.verdict import judge, judge_transport
from waystation.upstream.attempt import AttemptFailed
from waystation.upstream.pictures.port import PartialPicture, Pictures, StreamingVendor
from waystation.upstream.pictures.refusals import nonsense
from waystation.upstream.pictures.wire import overdue

_SSE_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)


class PictureStream:
    """One attempt, streamed. Known to the pulse, which keeps it alive and may cut it."""

    def __init__(self, story: Story, attempts: Attempts, attempt: Attempt) -> None:
        operation = story.operation
        assert isinstance(operation, PictureOperation)
        self._story = story
        self._attempts = attempts
        self._attempt = attempt
        self._drains = attempt.candidate.channel.on_disconnect == "drain"
        self._events = PictureEvents(operation, story.call.request_id, now_ms() // 1000)
        self._sitting = Sitting(story, attempt)
        self._task = asyncio.current_task()
        self._writer: Writer | None = None
        self._cut: tuple[Fault, EndReason] | None = None
        self._left = self._swept = self._waiting = False
        self._drew = False  # the pictures exist: whoever leaves now pays for them
        self._last_write = 0.0
        self._began_ns = perf_counter_ns()

    async def run(self) -> None:
        """Raises AttemptFailed while nothing was written."""
        story, call = self._story, self._story.call
        streams, identity = story.site.pulse.streams, call.request_id
        streams[identity] = self
        timer = asyncio.get_running_loop().call_later(
            story.site.settings.preamble_seconds_max, self._release
        )
        call.on_gone = self._client_left
        if call.is_gone:
            self._client_left()
        try:
            drawn = await self._wait()
        except AttemptFailed as failed:
            if self._writer is None and self._cut is None:
                raise
            self._failed(failed)
            return
        finally:
            timer.cancel()
            call.on_gone = None
            streams.pop(identity, None)
        await self._end(drawn)

    async def _wait(self) -> Drawn | None:
        """None: cut, or the client has left and nobody waits any more."""
        if self._left and not self._drains:
            return None
        self._waiting = True
        try:
            await self._sitting.prepare()
            pictures = await self._draw()
            self._drew = True
            return await self._sitting.finish(pictures)
        except asyncio.CancelledError:
            if self._cut is None and not self._left:
                raise
            if self._task is not None:
                self._task.uncancel()
            return None
        finally:
            self._waiting = False

    async def _draw(self) -> Pictures:
        """With partial pictures where this vendor has them for this order."""
        easel = self._sitting.easel
        vendor = cast(StreamingVendor, easel.vendor)
        one_call = len(easel.orders()) == 1
        if not (
            one_call and hasattr(vendor, "streams") and vendor.streams(easel.wire, easel.order)
        ):
            return await self._sitting.draw()
        events = cast(
            AsyncGenerator[PartialPicture | Pictures, None], vendor.stream(easel.wire, easel.order)
        )
        try:
            async with asyncio.timeout_at(self._story.ends_at + 1), aclosing(events):
                async for event in events:
                    if isinstance(event, Pictures):
                        return event
                    self._release()
                    self._write(self._events.partial(event.data, event.index))
                    if self._writer is not None and self._writer.congested:
                        await self._writer.drain()
        except TimeoutError:
            raise overdue() from None
        raise nonsense("a stream that ended without a picture")

    # ---- the reply -------------------------------------------------------------------------

    def _release(self) -> None:
        """Begin the reply."""
        if self._writer is None:
            story = self._story
            self._writer = story.call.stream(200, (*_SSE_HEADERS, *story.early_headers()))
            self._write(self._events.opening())

    def _write(self, data: bytes) -> None:
        if data and self._writer is not None and not self._left:
            self._writer.write(data)
            self._last_write = perf_counter()

    async def _end(self, drawn: Drawn | None) -> None:
        story = self._story
        if drawn is None:
            self._end_without()
            return
        self._attempts.succeeded(self._attempt, monotonic())
        story.first_ns = perf_counter_ns()
        story.attempted(self._attempt, self._began_ns, "answered", 200, "")
        if not self._swept:
            await story.cover(drawn.usage)
        self._release()
        self._write(self._events.completed(drawn))
        if self._swept:
            story.swept(None)
        else:
            settle(story, drawn, "client_gone" if self._left else "complete")
            await publish(story, drawn)
        self._close()

    def _end_without(self) -> None:
        """Cut from outside, or left by the client: nothing is owed."""
        fault, end = self._cut or (Fault("client_closed_request"), "client_gone")
        if self._writer is None and not self._left:
            raise AttemptFailed(fault, status=fault.status)
        self._tell(fault)
        if self._swept:
            self._story.swept(fault)
        else:
            self._story.void(end, fault, 200 if self._writer else fault.status)
        self._close()

    def _failed(self, failed: AttemptFailed) -> None:
        """It failed after the reply had begun."""
        story, attempt, fault = self._story, self._attempt, failed.fault
        verdict = (
            judge_transport(failed.kind, fault) if failed.kind else judge(failed.status, fault)
        )
        self._attempts.failed(attempt, verdict, monotonic())
        story.attempted(attempt, self._began_ns, fault.code, failed.status, fault.text("en"))
        self._tell(verdict.fault)
        if self._swept:
            story.swept(verdict.fault)
        else:
            story.void("upstream_failed", verdict.fault, 200)
        self._close()

    def _tell(self, fault: Fault) -> None:
        self._write(self._events.failed(fault, self._story.language))

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.end()

    # ---- from outside ----------------------------------------------------------------------

    def _client_left(self) -> None:
        self._left = True
        if not self._drains and not self._drew:
            self._wake()

    def cut(self, fault: Fault, end: EndReason) -> None:
        """End this stream now; the client is told in its dialect."""
        if self._cut is None:
            self._cut = (fault, end)
            self._wake()

    def swept(self) -> None:
        """The ledger resolved the hold without us."""
        self._swept = True
        self.cut(Fault("temporarily_unavailable", retry_after=2), "gateway_lost")

    def _wake(self) -> None:
        if self._waiting and self._task is not None:
            self._task.cancel()

    def pulse(self, now: float, keep_alive_seconds: float) -> None:
        """Once a second: break the silence towards the client."""
        writer = self._writer
        if writer is None or writer.congested or now - self._last_write < keep_alive_seconds:
            return
        self._write(self._events.keep_alive())

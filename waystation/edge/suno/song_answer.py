"""A task of songs told as a chat answer, while it is made or when it is done, in whichever dialect
it was asked for."""

import asyncio
from time import perf_counter

from waystation.dialects.ir import (
    Event,
    Finished,
    PartDelta,
    PartEnded,
    PartStarted,
    Reply,
    Started,
    Text,
)
from waystation.dialects.lanes import Bill, EventWriter, Translatable
from waystation.dialects.suno.blocks import Blocks
from waystation.edge.call import Writer
from waystation.edge.leaving import ClientLeft, Interruptible
from waystation.edge.replies import JSON_TYPE, Headers, send_fault
from waystation.edge.story import Story
from waystation.edge.suno.watch import Watch
from waystation.errors import TEXTS, Fault
from waystation.journal.row import EndReason
from waystation.kernel.clock import monotonic
from waystation.kernel.money import format_usd
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally
from waystation.tasks.suno.shown import Links, chat_songs, reason_of
from waystation.tasks.task import Task

HEART_SECONDS = 3.0
_PATIENCE_SECONDS = 60.0
"""Beyond the task's own deadline, which ends it."""
_LEFT_STATUS = 499
_STREAM_HEADERS: Headers = ((b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no"))


class SongAnswer:
    """One caller who waits. Known to the pulse while it streams."""

    def __init__(
        self, story: Story, chat: Translatable, watch: Watch, links: Links, limits: Headers
    ) -> None:
        self._story = story
        self._chat = chat
        self._watch = watch
        self._links = links
        self._limits = limits
        settings = story.site.settings
        self._preamble_seconds = settings.preamble_seconds_max
        self._ends_at = monotonic() + 2 * settings.music_seconds_max + _PATIENCE_SECONDS
        # Songs have no tokens: these are the texts', for clients that must see some.
        self._tally = Tally(Limits(chat.prompt_tokens), chat.prompt_guess)
        self._nanos = 0
        self._bill = Bill(self._tally, lambda usage: format_usd(self._nanos))
        self._events: EventWriter | None = None
        self._waiting: asyncio.Task[object] | None = None
        self._cut: Fault | None = None
        self._writer: Writer | None = None
        self._last_write = 0.0
        self._status = 200

    async def run(self, task: Task) -> None:
        story = self._story
        streams, identity = story.site.pulse.streams, story.call.request_id
        try:
            with Interruptible(story.call):
                if self._chat.stream:
                    streams[identity] = self
                    await self._stream(task)
                else:
                    await self._whole(task)
        except ClientLeft:
            self._status = _LEFT_STATUS
        except Fault as fault:
            self._fail(task, fault)
        finally:
            streams.pop(identity, None)
            story.tell(self._status)

    # ---- whole -----------------------------------------------------------------------------------

    async def _whole(self, task: Task) -> None:
        while not task.is_final:
            task = await self._next(task, HEART_SECONDS)
        if (fault := _fault_of(task)) is not None:
            raise fault
        blocks = self._blocks(task)
        blocks.more(chat_songs(task, self._links), is_done=True)
        self._counted(task, blocks.told)
        reply = Reply(id=task.id, model=self._chat.model, parts=(Text(blocks.told),), reason="stop")
        body = self._chat.write_reply(reply, self._bill)
        cost = (b"x-waystation-cost", format_usd(task.nanos).encode())
        self._story.is_answered = True
        self._story.call.reply(200, (JSON_TYPE, *self._headers(task), cost), body)

    # ---- streamed --------------------------------------------------------------------------------

    async def _stream(self, task: Task) -> None:
        """Until an upstream has it, a failure is still a status of HTTP."""
        opened_at = monotonic() + self._preamble_seconds
        while task.state in ("NOT_START", "SUBMITTING") and monotonic() < opened_at:
            task = await self._next(task, max(0.01, opened_at - monotonic()))
        if (fault := _fault_of(task)) is not None:
            raise fault
        kind = (b"content-type", self._story.stream_type)
        headers = (kind, *_STREAM_HEADERS, *self._headers(task))
        self._events = self._chat.event_writer(self._bill)
        writer = self._writer = self._story.call.stream(200, headers)
        self._say(Started(task.id, self._chat.model), PartStarted(0, Text("")))
        await self._told(task, self._blocks(task))
        writer.end()

    async def _told(self, task: Task, blocks: Blocks) -> None:
        """Raises Fault."""
        beaten_at = monotonic()
        while not task.is_final:
            self._say_text(blocks.more(chat_songs(task, self._links), is_done=False))
            task = await self._next(task, HEART_SECONDS)
            if blocks.waits and monotonic() - beaten_at >= HEART_SECONDS and not task.is_final:
                beaten_at = monotonic()
                self._say_text(blocks.heart())
            await self._drain()
        if (fault := _fault_of(task)) is not None:
            raise fault
        self._say_text(blocks.more(chat_songs(task, self._links), is_done=True))
        self._finish(task)

    async def _next(self, task: Task, seconds_max: float) -> Task:
        """Raises Fault when it was cut, or takes beyond all patience."""
        if monotonic() > self._ends_at:
            raise Fault("upstream_timeout")
        self._waiting = asyncio.current_task()
        try:
            if self._cut is None:
                task = await self._watch.changed(task, seconds_max)
        except asyncio.CancelledError:
            if self._cut is None or self._waiting is None:
                raise
            self._waiting.uncancel()
        finally:
            self._waiting = None
        if self._cut is not None:
            raise self._cut
        return task

    def _say_text(self, text: str) -> None:
        if text:
            self._tally.text.add(text)
            self._tally.has_output = True
            self._say(PartDelta(0, text))

    def _say(self, *events: Event) -> None:
        assert self._writer is not None
        assert self._events is not None
        self._writer.write(self._events.write(events))
        self._last_write = perf_counter()

    async def _drain(self) -> None:
        assert self._writer is not None
        if self._writer.congested:
            await self._writer.drain()

    def _finish(self, task: Task) -> None:
        self._nanos = task.nanos
        self._say(PartEnded(0), Finished("stop"))
        self._story.is_answered = True

    # ---- the pulse -------------------------------------------------------------------------------

    def pulse(self, now: float, keep_alive_seconds: float) -> None:
        writer, events = self._writer, self._events
        if writer is None or events is None or writer.congested:
            return
        if now - self._last_write < keep_alive_seconds:
            return
        writer.write(events.keep_alive())
        self._last_write = now

    def swept(self) -> None:
        """Its hold is the task's, not this gateway's."""

    def cut(self, fault: Fault, end: EndReason) -> None:
        if self._cut is None:
            self._cut = fault
            if self._waiting is not None:
                self._waiting.cancel()

    # ---- both ------------------------------------------------------------------------------------

    def _blocks(self, task: Task) -> Blocks:
        return Blocks(str(task.result.get("prompt", "")))

    def _headers(self, task: Task) -> Headers:
        headers = (*self._limits, (b"x-waystation-task", task.id.encode()))
        if self._story.dialect == "anthropic":  # its clients read the id by this name
            return (*headers, (b"request-id", self._story.call.request_id.encode()))
        return headers

    def _counted(self, task: Task, text: str) -> None:
        self._tally.text.add(text)
        self._tally.has_output = True
        self._nanos = task.nanos

    def _fail(self, task: Task, fault: Fault) -> None:
        """As a status of HTTP, or, once the answer has begun, as an event that ends it."""
        story, writer = self._story, self._writer
        if writer is None or self._events is None:
            self._status = fault.status
            # `send_fault` names the request to Anthropic's clients by itself.
            headers = (*self._limits, (b"x-waystation-task", task.id.encode()))
            send_fault(story.call, fault, story.dialect, story.language, headers)
            return
        writer.write(self._events.fail(fault, story.language, story.call.request_id))
        writer.end()


def _fault_of(task: Task) -> Fault | None:
    """Of a task that failed, in words of its own and under a code that callers know."""
    if task.state not in ("FAILURE", "CANCEL"):
        return None
    reason = reason_of(task)
    if task.fail_code == "timeout":
        return Fault("upstream_timeout", message=reason)
    if task.fail_code in TEXTS:
        return Fault(task.fail_code, message=reason)
    return Fault("upstream_error", reason=reason)

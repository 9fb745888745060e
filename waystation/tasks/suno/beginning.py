"""A task handed to an upstream, once.

Before the request goes out the row says so, durably. Where the answer was lost, or the process died
before it came, nobody knows whether the upstream is at work: the task fails, costs nothing, and is
never sent again.
"""

from collections.abc import Iterator

import structlog

from waystation.dialects.suno.names import own_model
from waystation.errors import Fault
from waystation.kernel.clock import monotonic, now_ms
from waystation.routing.choice import NO_KEY, Attempt, Attempts
from waystation.routing.choices import Candidate, Choices
from waystation.routing.verdict import full, judge, judge_transport
from waystation.tasks.suno.filing import Filing
from waystation.tasks.suno.over_chat import OverChat
from waystation.tasks.suno.saved import Saved, decode_saved
from waystation.tasks.suno.seeing import change_of, want_files
from waystation.tasks.suno.upstream import Line, Lost, Studio, Taken, studio_of
from waystation.tasks.task import Change
from waystation.tasks.work import Work
from waystation.tasks.workshop import Workshop, calls_bill, key_of
from waystation.upstream.attempt import AttemptFailed

SUBMIT_SECONDS_MAX = 300.0
SONG_SECONDS_MAX = 24 * 3600.0
BUSY_MS_MAX = 120_000
"""So long a task waits for upstreams that are all full."""
WAIT_SECONDS = 2.0
UPSTREAM_ID_BYTES_MAX = 2000
"""What an index can hold."""
_BUSY = frozenset({"upstream_saturated"})

log = structlog.get_logger("waystation.suno")


class Beginning:
    def __init__(self, workshop: Workshop, filing: Filing) -> None:
        self._workshop = workshop
        self._filing = filing
        self._over_chat = OverChat(workshop, filing)

    async def step(self, work: Work) -> Change:
        """Raises Fault when nobody takes it."""
        request = await work.request()
        saved = decode_saved(request.body)
        choices = self._workshop.choices(request)
        if saved.channel_id:
            return await self._bound(work, saved, choices)
        attempts = self._workshop.router.attempts(choices)
        while (attempt := attempts.next(monotonic())) is not None:
            if not await self._has_place(work, attempt):
                attempts.failed(attempt, full(), monotonic())
                continue
            change = await self._tried(work, saved, attempt, attempts)
            if change is not None:
                return change
        fault = attempts.fault(monotonic())
        young = now_ms() - work.task.created_ms < BUSY_MS_MAX
        if fault.code in _BUSY and young and not saved.is_chat:
            return Change(state="NOT_START", due_seconds=WAIT_SECONDS)
        raise fault

    async def _tried(
        self, work: Work, saved: Saved, attempt: Attempt, attempts: Attempts
    ) -> Change | None:
        """None: this one certainly does not have it."""
        try:
            change = await self._try(work, saved, attempt)
        except AttemptFailed as failed:
            verdict = judge_transport(failed.kind, failed.fault)
            if not failed.kind:
                verdict = judge(failed.status, failed.fault)
            attempts.failed(attempt, verdict, monotonic())
            self._workshop.slots.give(work.task.id)
            if work.task.is_running:  # its owner has seen it at work: it is over
                raise
            return None
        except Lost as lost:
            verdict = judge_transport(lost.kind, lost.fault)
            if not lost.kind:
                verdict = judge(lost.status or 502, lost.fault)
            attempts.failed(attempt, verdict, monotonic())
            return unknown(lost.fault)
        attempts.succeeded(attempt, monotonic())
        return change

    async def _bound(self, work: Work, saved: Saved, choices: Choices) -> Change:
        """What goes on with another song stays where that one is."""
        candidate = next((c for c in choices.candidates if goes_on(c, saved)), None)
        if candidate is None:
            raise Fault("no_channel_alive", retry_after=5, model=choices.model)
        for attempt in _attempts(candidate, saved.key_id):
            if not await self._has_place(work, attempt):
                return Change(state="NOT_START", due_seconds=WAIT_SECONDS)
            try:
                return await self._try(work, saved, attempt)
            except Lost as lost:
                return unknown(lost.fault)
        raise Fault("no_channel_alive", retry_after=5, model=choices.model)

    async def _has_place(self, work: Work, attempt: Attempt) -> bool:
        """Kept to the task's end, whoever looks after it: the runner gives it back."""
        channel = attempt.candidate.channel
        return await self._workshop.slots.take(work.task.id, channel, attempt.key.id)

    async def _try(self, work: Work, saved: Saved, attempt: Attempt) -> Change:
        """Raises AttemptFailed, Lost."""
        candidate = attempt.candidate
        channel = candidate.channel
        seconds = self._workshop.settings.music_seconds_max
        over_chat = candidate.operation == "chat"
        within = seconds if over_chat else SUBMIT_SECONDS_MAX
        await work.submitting(channel, attempt.key, calls_bill(candidate), within)
        if over_chat:
            return await self._over_chat.sing(work, saved.job, attempt)
        line = Line(self._workshop.transport(channel), self._workshop.way(channel), attempt.key)
        return await self._submit(work, saved, candidate, line)

    async def _submit(self, work: Work, saved: Saved, candidate: Candidate, line: Line) -> Change:
        studio = studio_of(line)
        if studio is None:
            reason = "the channel has no pages to ask for songs at"
            raise AttemptFailed(Fault("upstream_error", reason=reason), status=501)
        taken = await self._taken(studio, saved, candidate)
        deadline = SONG_SECONDS_MAX
        if saved.is_chat:
            deadline = self._workshop.settings.music_seconds_max
        change = Change(state="SUBMITTED", upstream_id=taken.upstream_id, deadline_seconds=deadline)
        if taken.seen is None or taken.seen.status not in ("SUCCESS", "FAILURE"):
            return change
        # Some answer at once. What has to be fetched is, by the first poll.
        if taken.seen.words is None and taken.seen.status == "SUCCESS":
            want_files(self._filing, work.task, taken.seen, candidate.channel)
            return change
        await work.change(change)
        return change_of(work.task, taken.seen, self._filing, line.secrets) or change

    async def _taken(self, studio: Studio, saved: Saved, candidate: Candidate) -> Taken:
        """Raises AttemptFailed, Lost."""
        model = own_model(candidate.upstream_model, saved.job.model)
        taken = await studio.submit(saved, model)
        if len(taken.upstream_id.encode()) > UPSTREAM_ID_BYTES_MAX:
            raise Lost(Fault("bad_upstream_response", reason="an endless id"), status=200)
        return taken


def goes_on(candidate: Candidate, saved: Saved) -> bool:
    """It is where the other song was made, and can be told of that one: over chat nothing can."""
    return candidate.channel.id == saved.channel_id and candidate.operation != "chat"


def unknown(fault: Fault) -> Change:
    """Nobody knows whether it was taken."""
    log.warning("the outcome of a submit is unknown", reason=fault.text("en"))
    reason = f"the upstream's answer was lost: {fault.text('en')}"
    return Change(state="FAILURE", fail_code="interrupted", fail_reason=reason)


def _attempts(candidate: Candidate, key_id: int) -> Iterator[Attempt]:
    key = key_of(candidate.channel, key_id) if candidate.channel.keys else NO_KEY
    if key is not None:
        yield Attempt(candidate, key, monotonic(), False)

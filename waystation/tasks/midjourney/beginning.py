"""Where a task begins: at a proxy, or drawn here; place by place, until one can do it."""

from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.job import Job
from waystation.kernel.clock import now_ms
from waystation.tasks.midjourney.emulator.emulator import Emulator
from waystation.tasks.midjourney.emulator.failing import NotDrawn
from waystation.tasks.midjourney.emulator.gallery import Gallery
from waystation.tasks.midjourney.emulator.lane import draws, is_tile
from waystation.tasks.midjourney.emulator.sketching import Subject
from waystation.tasks.midjourney.handing import Failed, Handing, Submission
from waystation.tasks.midjourney.marking import mark
from waystation.tasks.midjourney.places import Memo, read_job, read_memo
from waystation.tasks.midjourney.reach import options_of
from waystation.tasks.midjourney.submitting import Refused, Unknown
from waystation.tasks.midjourney.translating import Translating
from waystation.tasks.midjourney.tries import Tries, Try
from waystation.tasks.midjourney.turns import NotYet, Turns, wait_seconds
from waystation.tasks.task import Change, Task
from waystation.tasks.work import Work
from waystation.tasks.workshop import Workshop

BUSY_MS_MAX = 120_000
"""So long a task waits for upstreams that are all busy."""
WAIT_SECONDS = 2.0


class Beginning:
    """One a runner."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        gallery = Gallery(workshop)
        self._translating = Translating(workshop, gallery)
        self._emulator = Emulator(workshop, gallery, self._translating)
        self._handing = Handing(workshop)
        self._turns = Turns(workshop)

    async def step(self, work: Work) -> Change:
        """Raises StorageAway, Overtaken."""
        memo = read_memo(work.task)
        early_ms = memo.not_before_ms - now_ms()
        if early_ms > 0:
            return Change(due_seconds=early_ms / 1000)
        job = read_job((await work.request()).body)
        if is_tile(job) and self._is_drawn(memo):
            return await self._emulator.tile(work)  # it is there: nobody is asked
        try:
            await self._turns.of_account(work, memo, options_of(self._workshop))
            await self._translating.put_into_english(work, job, options_of(self._workshop))
        except NotYet as not_yet:
            return not_yet.change
        except NotDrawn as refused:
            return refused.change()
        return await self._course(work, job, memo).run()

    async def recover(self, work: Work) -> Change:
        """Raises as `step`."""
        task = work.task
        if task.is_running and not task.upstream_id:
            job = read_job((await work.request()).body)
            return await self._course(work, job, read_memo(task)).run()
        if task.upstream_id:
            return Change(state="SUBMITTED") if task.state == "SUBMITTING" else Change()
        return await self._handing.find(work)

    def _is_drawn(self, memo: Memo) -> bool:
        first = memo.places[0] if memo.places else None
        channel = None if first is None else self._workshop.channel(first.channel_id)
        return channel is not None and draws(channel)

    def _course(self, work: Work, job: Job, memo: Memo) -> "_Course":
        return _Course(self._workshop, self._emulator, self._handing, self._turns, work, job, memo)


class _Course:
    """One task on its way from place to place."""

    def __init__(
        self,
        workshop: Workshop,
        emulator: Emulator,
        handing: Handing,
        turns: Turns,
        work: Work,
        job: Job,
        memo: Memo,
    ) -> None:
        self._workshop = workshop
        self._emulator = emulator
        self._handing = handing
        self._turns = turns
        self._work = work
        self._job = job
        self._memo = memo
        self._subject: Subject | None = None
        self._submission: Submission | None = None
        self._refusal: NotDrawn | None = None
        self._ahead = 0  # of where it waits, 0: it waits for no place
        self._tries = Tries(
            workshop,
            memo.places,
            bound=bool(job.parent_id or memo.confirmed),
            first=work.task.channel_id if work.task.is_running else 0,
        )

    async def run(self) -> Change:
        work = self._work
        work.undo = self._emulator.undoing(work)
        try:
            while (one := self._tries.next()) is not None:
                change = await self._try(one)
                if change is not None:
                    return change
                if self._refusal is not None and not self._refusal.elsewhere:
                    break
        except Failed as failed:
            return failed.change
        change = self._nowhere(work.task)
        if change.state == "FAILURE":
            await self._emulator.drop_kept(work.task)
        return change

    async def _try(self, one: Try) -> Change | None:
        """None: not here. What was learnt of the channel is told."""
        try:
            if not await self._has_place(one):
                self._tries.full(one)
                return None
            if draws(one.channel):
                change = await self._draw(one)
            else:
                change = await self._hand(one)
        except NotDrawn as failed:
            self._refused(one, failed)
            return None
        except BaseException:
            self._tries.withdraw(one)
            raise
        return change

    def _refused(self, one: Try, failed: NotDrawn) -> None:
        self._refusal = failed
        self._workshop.slots.give(self._work.task.id)
        if failed.verdict is not None:
            self._tries.failed(one, failed.verdict)
        elif failed.elsewhere:
            self._tries.full(one)
        else:
            self._tries.withdraw(one)

    async def _has_place(self, one: Try) -> bool:
        task = self._work.task
        if not draws(one.channel) and task.state == "IN_PROGRESS":
            return False  # half drawn here: no proxy goes on with that
        ahead = await self._turns.ahead(task, one.channel)
        if ahead < 1 and not draws(one.channel):
            ahead = int(not await self._workshop.slots.take(task.id, one.channel, one.key.id))
        if ahead < 1:
            return True
        self._ahead = min(ahead, self._ahead) if self._ahead else ahead
        return False

    # ---- at one of them ------------------------------------------------------------------------

    async def _draw(self, one: Try) -> Change:
        if self._subject is None:
            self._subject = await self._emulator.subject(self._work)
        change = await self._emulator.at(self._work, self._subject, one, self._tries.others)
        self._tries.succeeded(one)
        return change

    async def _hand(self, one: Try) -> Change:
        if self._submission is None:
            self._submission = await self._handing.submission(self._work, self._job, self._memo)
        verdict = await self._handing.submit(self._work, self._submission, one)
        if isinstance(verdict, Refused):
            raise _not_taken(verdict)
        unknown = mark(verdict) if isinstance(verdict, Unknown) else None
        if unknown is None:
            self._tries.succeeded(one)
        else:
            self._tries.failed(one, unknown)
        return self._handing.change(self._work.task, self._submission.job, verdict)

    # ---- nobody took it, for certain -----------------------------------------------------------

    def _nowhere(self, task: Task) -> Change:
        refusal = self._refusal
        if self._tries.is_empty:
            refusal = NotDrawn("channel_gone", texts.CHANNEL_GONE)
        final_word = refusal is not None and not refusal.elsewhere
        if self._ahead and not final_word:
            return _waiting(task, wait_seconds(self._ahead))
        is_young = now_ms() - task.created_ms < BUSY_MS_MAX
        if is_young and (refusal is None or (refusal.waits and not final_word)):
            return _waiting(task, WAIT_SECONDS)
        if refusal is None:
            refusal = NotDrawn("upstream_account_unavailable", texts.NO_ACCOUNT)
        return refusal.change()


def _waiting(task: Task, seconds: float) -> Change:
    """Begun ones are begun; the others stand in line again."""
    if task.is_running:
        return Change(due_seconds=seconds)
    return Change(state="NOT_START", due_seconds=seconds)


def _not_taken(verdict: Refused) -> NotDrawn:
    reason = texts.NO_ACCOUNT if verdict.parks else verdict.reason
    return NotDrawn(
        verdict.code,
        reason,
        elsewhere=verdict.elsewhere,
        waits=verdict.elsewhere and not verdict.parks,
        verdict=mark(verdict),
    )

"""A task handed to a proxy, once.

Before the request goes out the row says so, durably. An answer that was lost leaves the task in
SUBMITTING: it is looked for at the upstream, by the secret that it was sent as its `state`, and
fails when it cannot be found. It is never sent again.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from waystation.artefacts.shelf import NoObject
from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.custom_id import read_custom_id
from waystation.dialects.midjourney.job import Job, Source, data_url
from waystation.dialects.midjourney.outcome import Declined
from waystation.dialects.midjourney.upstream import Seen
from waystation.kernel.clock import monotonic, now_ms
from waystation.routing.snapshot import Channel
from waystation.tasks.midjourney.emulator.emulator import Emulator
from waystation.tasks.midjourney.emulator.lane import draws, is_tile
from waystation.tasks.midjourney.places import Memo, Place, read_job, read_memo
from waystation.tasks.midjourney.proxy import Proxy, Unreachable
from waystation.tasks.midjourney.reach import options_of, proxy_of
from waystation.tasks.midjourney.seen import owner_properties
from waystation.tasks.midjourney.submitting import (
    Accepted,
    Exists,
    Refused,
    Unknown,
    Verdict,
    Window,
    page_of,
    write_modal,
    write_submit,
)
from waystation.tasks.task import Change, Task
from waystation.tasks.work import Work
from waystation.tasks.workshop import Workshop, key_of

SUBMIT_SECONDS_MAX = 300.0
BUSY_MS_MAX = 120_000
"""So long a task waits for upstreams that are all full."""
WAIT_SECONDS = 2.0
PARKED_SECONDS = 30.0
LOOK_SECONDS = (3.0, 10.0, 30.0)
_OF_PARENT = frozenset({"mj_action", "mj_change"})


class _Submission(msgspec.Struct, frozen=True):
    """What is the same wherever the task is sent."""

    job: Job
    memo: Memo
    pictures: tuple[str, ...]
    mask: str
    parent: Task | None


class Failed(Exception):
    """The task cannot be handed to anybody."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.change = Change(state="FAILURE", fail_code=code, fail_reason=reason)


class Beginning:
    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._artefacts = workshop.artefacts
        self._emulator = Emulator(workshop)
        self._sending: Counter[int] = Counter()
        self._parked: dict[int, float] = {}

    async def step(self, work: Work) -> Change:
        memo = read_memo(work.task)
        early_ms = memo.not_before_ms - now_ms()
        if early_ms > 0:
            return Change(due_seconds=early_ms / 1000)
        if memo.places and self._emulator.takes(memo.places[0]):
            return await self._draw(work, memo)
        try:
            submission = await self._submission(work, memo)
            return await self._anywhere(work, submission)
        except Failed as failed:
            return failed.change

    async def _draw(self, work: Work, memo: Memo) -> Change:
        """Here, when some channel of those that draw has room; what is there needs none."""
        if work.task.action == "UPSCALE" and is_tile(read_job((await work.request()).body)):
            return await self._emulator.draw(work)
        for place in memo.places:
            channel = self._workshop.channel(place.channel_id)
            if channel is not None and draws(channel) and not await self._is_full(channel):
                return await self._emulator.draw(work)
        return Change(state="NOT_START", due_seconds=WAIT_SECONDS)

    async def _submission(self, work: Work, memo: Memo) -> _Submission:
        """Raises Failed."""
        job = read_job((await work.request()).body)
        if memo.confirmed:
            job = msgspec.structs.replace(job, prompt=memo.prompt)
        parent = None
        if job.parent_id:
            parent = await self._workshop.store.get(job.parent_id, work.task.account_id)
            if parent is None:
                raise Failed("parent_gone", texts.PARENT_GONE)
            job = _with_real_button(job, parent)
        pictures = tuple([await self._written(source) for source in job.pictures])
        mask = "" if memo.mask is None else await self._written(memo.mask)
        if job.mask is not None:
            mask = await self._written(job.mask)
        return _Submission(job, memo, pictures, mask, parent)

    async def _written(self, source: Source) -> str:
        if not source.artefact:
            return source.written()
        artefact = await self._artefacts.find(source.artefact)
        if artefact is None:
            raise Failed("input_gone", texts.BASE64_BAD)
        try:
            return data_url(artefact.content_type, await self._artefacts.read_all(artefact))
        except NoObject:
            raise Failed("input_gone", texts.BASE64_BAD) from None

    # ---- place by place ------------------------------------------------------------------------

    async def _anywhere(self, work: Work, submission: _Submission) -> Change:
        refusal: Refused | None = None
        waits = False
        for place in self._in_order(submission.memo.places):
            channel = self._workshop.channel(place.channel_id)
            if channel is None or key_of(channel, place.key_id) is None:
                continue
            if draws(channel):
                return await self._emulator.draw(work)
            if await self._is_full(channel):
                waits = True
                continue
            self._sending[channel.id] += 1
            try:
                verdict = await self._submit(work, submission, channel, place)
            finally:
                self._sending[channel.id] -= 1
            if not isinstance(verdict, Refused):
                return self._change(work.task, submission.job, verdict)
            refusal = verdict
            if verdict.parks:
                self._parked[channel.id] = monotonic() + PARKED_SECONDS
            waits = waits or (verdict.elsewhere and not verdict.parks)
            if not verdict.elsewhere:
                break
        return _nowhere(work.task, refusal, waits)

    def _in_order(self, places: Sequence[Place]) -> list[Place]:
        """Channels that refused our account or were not there lately come last."""
        now = monotonic()
        return sorted(places, key=lambda place: self._parked.get(place.channel_id, 0.0) > now)

    async def _is_full(self, channel: Channel) -> bool:
        most = channel.limits.concurrency
        if not most:
            return False
        load = await self._workshop.store.channel_load(channel.id)
        return load.running + self._sending[channel.id] >= most

    async def _submit(
        self, work: Work, submission: _Submission, channel: Channel, place: Place
    ) -> Verdict:
        job, memo, parent = submission.job, submission.memo, submission.parent
        proxy = proxy_of(self._workshop, channel, place.key_id)
        page = page_of(job, channel.paths)
        if proxy is None or not page:
            return Refused(texts.UNSUPPORTED, "unsupported", elsewhere=True, parks=True)
        key = key_of(channel, place.key_id)
        assert key is not None
        body = write_submit(
            job,
            page,
            submission.pictures,
            parent="" if parent is None else parent.upstream_id,
            hook=_hook(work.task, memo),
            state=memo.secret,
            flag=proxy.flag_of(job.mode),
        )
        follows = page in _OF_PARENT
        await work.submitting(channel, key, place.bill(), SUBMIT_SECONDS_MAX)
        verdict = await proxy.submit(page, job.mode, body, follows=follows)
        if isinstance(verdict, Window):
            return await self._confirm(work, submission, proxy, verdict)
        return verdict

    async def _confirm(
        self, work: Work, submission: _Submission, proxy: Proxy, window: Window
    ) -> Verdict:
        """Its window, answered with what our caller said; or, when the upstream asks where we did
        not expect it (its account is in remix mode), with the prompt as it was."""
        job, memo = submission.job, submission.memo
        if "mj_modal" not in proxy.channel.paths:
            return Refused(texts.UNSUPPORTED, "unsupported")
        await work.change(Change(memo={"window": window.upstream_id}))
        prompt = job.prompt or window.final_prompt
        body = write_modal(
            window.upstream_id, prompt, submission.mask, _hook(work.task, memo), memo.secret
        )
        verdict = await proxy.submit("mj_modal", job.mode, body, follows=True)
        if isinstance(verdict, Window):
            return Refused(texts.FAILED, "upstream_refused")
        if isinstance(verdict, Refused):  # the window is there already: nobody else has it
            return msgspec.structs.replace(verdict, elsewhere=False)
        return verdict

    def _change(self, task: Task, job: Job, verdict: Verdict) -> Change:
        """Of what was taken, or may have been."""
        if isinstance(verdict, Accepted | Exists):
            return self._taken(task, job, verdict.upstream_id)
        assert isinstance(verdict, Unknown)
        return Change(due_seconds=LOOK_SECONDS[0])

    def _taken(self, task: Task, job: Job, upstream_id: str) -> Change:
        options = options_of(self._workshop)
        minutes = options.relax_minutes if job.mode == "relax" else options.minutes
        owner = owner_properties(task.channel_id, task.key_id)
        properties = {**task.result.get("properties", {}), **owner}
        return Change(
            state="SUBMITTED",
            upstream_id=upstream_id,
            deadline_seconds=minutes * 60.0,
            result={"properties": properties},
        )

    # ---- what nobody knows the outcome of ------------------------------------------------------

    async def recover(self, work: Work) -> Change:
        task = work.task
        if task.is_running and not task.upstream_id:
            return await self._emulator.draw(work)
        if task.upstream_id:
            return Change(state="SUBMITTED") if task.state == "SUBMITTING" else Change()
        memo = read_memo(task)
        channel = self._workshop.channel(task.channel_id)
        proxy = None if channel is None else proxy_of(self._workshop, channel, task.key_id)
        found: Seen | None = None
        if proxy is not None:
            try:
                found = await self._look(proxy, memo)
            except Unreachable:
                found = None
        if found is not None and found.id:
            job = read_job((await work.request()).body)
            return self._taken(task, job, found.id)
        return _looked(memo, can_hope=proxy is not None and _can_be_found(proxy, memo))

    async def _look(self, proxy: Proxy, memo: Memo) -> Seen | None:
        """By the window that was open, by the id that a callback told, among the latest by our
        own secret. Raises Unreachable."""
        if memo.window:
            seen = await proxy.fetch(memo.window)
            if seen is None or seen.status in (None, "MODAL"):
                return None
            return msgspec.structs.replace(seen, id=memo.window)
        if memo.hint:
            seen = await proxy.fetch(memo.hint)
            if seen is not None:
                return msgspec.structs.replace(seen, id=memo.hint)
        if "mj_tasks" not in proxy.channel.paths:
            return None
        latest = await proxy.latest()
        return next((seen for seen in latest if seen.state and seen.state == memo.secret), None)


def _can_be_found(proxy: Proxy, memo: Memo) -> bool:
    return bool(memo.window or memo.hint or "mj_tasks" in proxy.channel.paths or _public(memo))


def _public(memo: Memo) -> bool:
    return memo.base.startswith("https://")


def _looked(memo: Memo, *, can_hope: bool) -> Change:
    looked = memo.looked + 1
    if can_hope and looked < len(LOOK_SECONDS):
        return Change(memo={"looked": looked}, due_seconds=LOOK_SECONDS[looked])
    return Change(state="FAILURE", fail_code="interrupted", fail_reason=texts.INTERRUPTED)


def _nowhere(task: Task, refusal: Refused | None, waits: bool) -> Change:
    """Nobody took it, for certain."""
    young = now_ms() - task.created_ms < BUSY_MS_MAX
    final_word = refusal is not None and not refusal.elsewhere
    if waits and not final_word and (young or refusal is None):
        return Change(state="NOT_START", due_seconds=WAIT_SECONDS)
    if refusal is None:
        return Change(state="FAILURE", fail_code="channel_gone", fail_reason=texts.CHANNEL_GONE)
    reason = texts.NO_ACCOUNT if refusal.parks else refusal.reason
    return Change(state="FAILURE", fail_code=refusal.code, fail_reason=reason)


def _hook(task: Task, memo: Memo) -> str:
    """Our own address for this task alone, where the upstream can reach us."""
    return f"{memo.base}/mj/notify/{task.id}/{memo.secret}" if _public(memo) else ""


def _with_real_button(job: Job, parent: Task) -> Job:
    """With the upstream's own name of the button: callers make theirs up, with other hashes."""
    press = _press_of(job.custom_id)
    if not press:
        return job
    for button in _custom_ids(parent):
        if _press_of(button) == press:
            return msgspec.structs.replace(job, custom_id=button)
    return job


def _custom_ids(parent: Task) -> Sequence[str]:
    return [str(button.get("customId", "")) for button in parent.result.get("buttons", ())]


def _press_of(custom_id: str) -> tuple[str, int, str] | None:
    try:
        press = read_custom_id(custom_id) if custom_id else None
    except Declined:
        return None
    return None if press is None else (press.verb, press.index, press.amount)

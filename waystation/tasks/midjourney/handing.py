"""A task handed to a proxy, once.

Before the request goes out the row says so, durably. An answer that was lost leaves the task in
SUBMITTING: it is looked for at the upstream, by the secret that it was sent as its `state`, and
fails when it cannot be found. It is never sent again.
"""

from collections.abc import Sequence

import msgspec

from waystation.artefacts.shelf import NoObject
from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.custom_id import read_custom_id
from waystation.dialects.midjourney.job import Job, Source, data_url
from waystation.dialects.midjourney.outcome import Declined
from waystation.dialects.midjourney.upstream import Seen
from waystation.tasks.midjourney.places import Memo, read_job, read_memo
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
from waystation.tasks.midjourney.tries import Try
from waystation.tasks.midjourney.wording import spoken
from waystation.tasks.task import Change, Task
from waystation.tasks.work import Work
from waystation.tasks.workshop import Workshop

SUBMIT_SECONDS_MAX = 300.0
LOOK_SECONDS = (3.0, 10.0, 30.0)
_OF_PARENT = frozenset({"mj_action", "mj_change"})


class Submission(msgspec.Struct, frozen=True):
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


class Handing:
    """One a runner."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._artefacts = workshop.artefacts

    async def submission(self, work: Work, job: Job, memo: Memo) -> Submission:
        """Raises Failed."""
        if memo.confirmed:
            job = msgspec.structs.replace(job, prompt=memo.prompt)
        job = spoken(job, work.task)
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
        return Submission(job, memo, pictures, mask, parent)

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

    async def submit(self, work: Work, submission: Submission, one: Try) -> Verdict:
        """Once. What was refused for certain may be sent elsewhere."""
        job, memo, parent = submission.job, submission.memo, submission.parent
        proxy = proxy_of(self._workshop, one.channel, one.key.id)
        page = page_of(job, one.channel.paths)
        if proxy is None or not page:
            return Refused(texts.UNSUPPORTED, "unsupported", elsewhere=True, parks=True)
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
        await work.submitting(one.channel, one.key, one.place.bill(), SUBMIT_SECONDS_MAX)
        verdict = await proxy.submit(page, job.mode, body, follows=follows)
        if isinstance(verdict, Window):
            return await self._confirm(work, submission, proxy, verdict)
        return verdict

    async def _confirm(
        self, work: Work, submission: Submission, proxy: Proxy, window: Window
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

    def change(self, task: Task, job: Job, verdict: Verdict) -> Change:
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

    async def find(self, work: Work) -> Change:
        """Of a task in SUBMITTING: whether the upstream has it."""
        task, memo = work.task, read_memo(work.task)
        channel = self._workshop.channel(task.channel_id)
        proxy = None if channel is None else proxy_of(self._workshop, channel, task.key_id)
        found: Seen | None = None
        if proxy is not None:
            try:
                found = await _look(proxy, memo)
            except Unreachable:
                found = None
        if found is not None and found.id:
            job = read_job((await work.request()).body)
            return self._taken(task, job, found.id)
        return _looked(memo, can_hope=proxy is not None and _can_be_found(proxy, memo))


async def _look(proxy: Proxy, memo: Memo) -> Seen | None:
    """By the window that was open, by the id that a callback told, among the latest by our own
    secret. Raises Unreachable."""
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

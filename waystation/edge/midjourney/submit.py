"""The pages that make a task: one handler a page and speed."""

from hashlib import sha256

from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.actions import OPERATIONS
from waystation.dialects.midjourney.forms import Form
from waystation.dialects.midjourney.job import Job
from waystation.dialects.midjourney.outcome import Declined, Outcome, invalid
from waystation.dialects.midjourney.speed import Mode
from waystation.edge.call import Call
from waystation.edge.identify import identify
from waystation.edge.midjourney.admitting import Ordering, judge_words
from waystation.edge.midjourney.confirm import confirm
from waystation.edge.midjourney.desk import Desk
from waystation.edge.midjourney.entering import Crowded, Entry, enter
from waystation.edge.midjourney.follow import all_of, follow
from waystation.edge.midjourney.hook import hook_of
from waystation.edge.midjourney.plan import Plan, plan
from waystation.edge.midjourney.repeats import earlier
from waystation.edge.midjourney.upload import upload
from waystation.edge.relay import idempotency_of
from waystation.edge.replies import JSON_TYPE, send_fault
from waystation.edge.story import Story
from waystation.errors import Fault
from waystation.identity.caller import Caller

DIALECT = "midjourney"


class Submit:
    """The handler of one page under one speed."""

    __slots__ = ("_desk", "_form", "_mode")

    def __init__(self, desk: Desk, form: Form, mode: Mode) -> None:
        self._desk = desk
        self._form = form
        self._mode = mode

    async def __call__(self, call: Call) -> None:
        site = self._desk.site
        story = Story(site, call, DIALECT)
        try:
            caller = story.caller = await identify(site.authenticator, call)
            settings = site.settings
            body = await call.read(settings.body_bytes_max, settings.body_seconds_max)
            told = await self._told(call, caller, story, body)
        except Fault as fault:
            story.refuse(fault)
            send_fault(call, fault, DIALECT, story.language)
            return
        story.tell(200)
        call.reply(200, (JSON_TYPE,), told.body())

    async def _told(self, call: Call, caller: Caller, story: Story, body: bytes) -> Outcome:
        """Raises Fault."""
        try:
            job = self._form(body, self._mode)
            ordering = Ordering(self._desk, call, caller, story)
            try:
                return await self._submit(call, caller, job, ordering, body)
            except Crowded as crowded:
                await ordering.drop_kept()
                repeated = await self._repeated(call, caller, ordering, body)
                if repeated is None and not crowded.is_logged:
                    story.free(f"mj_{job.action.lower()}", crowded.model)
                    story.turned_away(Fault("rate_limit_exceeded", message=str(crowded)))
                return repeated or crowded.outcome
            except BaseException:
                await ordering.drop_kept()
                raise
        except Declined as declined:
            return declined.outcome

    async def _repeated(
        self, call: Call, caller: Caller, ordering: Ordering, body: bytes
    ) -> Outcome | None:
        """The answer to a repeat of what was taken before. Raises Fault: 400, 422, 503."""
        idempotency = _idempotency(call, body)
        known = [] if idempotency is None else await earlier(self._desk, caller, idempotency)
        if len(known) > 1:
            return all_of(known)
        return ordering.accepted(known[0], 0) if known else None

    async def _submit(
        self, call: Call, caller: Caller, job: Job, ordering: Ordering, body: bytes
    ) -> Outcome:
        desk = self._desk
        if job.page in ("action", "change"):
            return await follow(desk, caller, job, ordering, _idempotency(call, body))
        if job.page == "modal":
            return await confirm(desk, caller, job, ordering, _idempotency(call, body))
        if job.page == "upload":
            return await upload(desk, call, caller, job, ordering, _idempotency(call, body))
        job = judge_words(desk, job)
        url = await hook_of(desk, caller, job)
        idempotency = _idempotency(call, body)

        async def make(entry: Entry) -> Outcome:
            stored = await ordering.put_away(job)
            order = ordering.order(
                stored, entry.plan, url=url, limits=entry.limits, idempotency=idempotency
            )
            begun = await ordering.begin(order)
            if begun.repeated:
                await ordering.drop_kept()
            return ordering.accepted(begun.task, entry.ahead)

        return await enter(desk, caller, _planned(desk, caller, job), make)


def _idempotency(call: Call, body: bytes) -> tuple[str, str] | None:
    """Raises Fault (400)."""
    if not call.header("idempotency-key"):
        return None
    return idempotency_of(call, sha256(body).hexdigest())


def _planned(desk: Desk, caller: Caller, job: Job) -> Plan:
    """Faces that nobody can swap are refused as the protocol does. Raises Declined, Fault."""
    try:
        return plan(desk, caller, job, OPERATIONS[job.action])
    except Fault as fault:
        off = job.page == "swap_face" and not desk.options.swap_face
        if off or (job.page == "swap_face" and fault.status == 404):
            raise invalid(texts.UNSUPPORTED) from None
        raise

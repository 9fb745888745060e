"""What the pages share: from a job to a stored task, and from tasks to what their owner sees."""

from collections.abc import Iterable

from waystation.dialects.operation import Request
from waystation.dialects.suno import clip_ids
from waystation.dialects.suno.forms import invalid
from waystation.dialects.suno.job import OPERATIONS, Job
from waystation.dialects.suno.names import price_names
from waystation.edge.call import Call
from waystation.edge.public_base import public_base
from waystation.edge.queries import query_of
from waystation.edge.relay import idempotency_of
from waystation.edge.site import Site
from waystation.edge.story import Story
from waystation.errors import Fault
from waystation.identity.caller import Caller
from waystation.journal.row import Facts
from waystation.kernel.clock import now_ms
from waystation.ledger.prices import charge
from waystation.meter.usage import Usage
from waystation.routing.choices import Choices
from waystation.routing.query import Query
from waystation.storage.database import StorageAway
from waystation.tasks.begin import WAITING_SECONDS_MAX, Begun, Order
from waystation.tasks.hooks.address import judge
from waystation.tasks.suno.beginning import goes_on
from waystation.tasks.suno.saved import KIND, Memo, Saved, encode_saved, read_memo, write_memo
from waystation.tasks.suno.shown import Links
from waystation.tasks.task import Request as Stored
from waystation.tasks.task import Task
from waystation.tasks.workshop import query_json

ONE_CALL = Usage(units={"calls": 1}, exact=True)
_CLIENT_CHARACTERS_MAX = 120
_NEXT_NAME = frozenset({"model_not_found", "model_not_available_in_group", "price_not_configured"})


class Desk:
    """One a gateway, shared by all pages."""

    def __init__(self, site: Site) -> None:
        self.site = site

    # ---- beginning -----------------------------------------------------------------------------

    async def begin(
        self, story: Story, job: Job, digest: str | None, chat: Request | None = None
    ) -> Begun:
        """A stored task with its hold. digest: of the body, where the call has an Idempotency-Key.
        chat: the order came over chat, by its model. Raises Fault: 400, 401, 402, 403, 404, 409,
        422, 429, 503."""
        call, caller = story.call, story.caller
        assert caller is not None
        saved = await self._saved(caller, job, is_chat=chat is not None)
        url = await self._hook(caller, job)
        names = price_names(job.action, job.model) if chat is None else (chat.model,)
        query, choices = self._choices(caller, names, OPERATIONS[job.action])
        if saved.channel_id and not any(goes_on(c, saved) for c in choices.candidates):
            raise _origin_gone()
        memo = Memo(base=public_base(call, self.site.settings))
        order = Order(
            kind=KIND,
            action=job.action,
            facts=self._facts(story, choices, OPERATIONS[job.action], chat),
            nanos=_nanos(choices),
            request=Stored(encode_saved(saved), query_json(query)),
            parent_id=job.parent,
            result={"prompt": job.shown_prompt},
            memo=write_memo(memo),
            url=url,
            seconds_max=self._waiting_seconds(saved),
            idempotency=None if digest is None else idempotency_of(call, digest),
        )
        return await self.site.beginnings.begin(order, clip_ids.draw)

    def _choices(
        self, caller: Caller, names: Iterable[str], operation: str
    ) -> tuple[Query, Choices]:
        """By the first name that has a price and somebody who serves it."""
        directory = self.site.directory
        if directory is None:
            raise Fault("temporarily_unavailable", retry_after=2)
        first: Fault | None = None
        now = now_ms()
        prices = directory.snapshot.prices
        # A channel that is free by default has every name: one that has a price comes before.
        for name in sorted(names, key=lambda each: prices.find(each, now) is None):
            query = query_of(caller, name, operation)
            try:
                return query, directory.candidates(query, now)
            except Fault as fault:
                if fault.code not in _NEXT_NAME:
                    raise
                if first is None or fault.code == "price_not_configured":
                    first = fault
        assert first is not None
        raise first

    def _waiting_seconds(self, saved: Saved) -> float:
        return self.site.settings.music_seconds_max if saved.is_chat else WAITING_SECONDS_MAX

    def _facts(self, story: Story, choices: Choices, operation: str, chat: Request | None) -> Facts:
        call, caller, choice = story.call, story.caller, choices.first
        assert caller is not None
        story.facts = Facts(
            call.request_id,
            story.created_ms,
            caller.account_id,
            caller.token_id,
            caller.token_name,
            operation,
            story.dialect,
            choices.model,
            chat is not None and chat.stream,
            call.peer,
            (call.header("user-agent") or "")[:_CLIENT_CHARACTERS_MAX],
            choice.group,
            choice.price.version,
            choice.rate.text,
        )
        return story.facts

    async def _saved(self, caller: Caller, job: Job, *, is_chat: bool) -> Saved:
        """With what it goes on with, as the upstream that made that knows it. Raises Fault."""
        if not job.clip:
            return Saved(job, is_chat=is_chat)
        try:
            task_id, number = clip_ids.task_of(job.clip)
        except ValueError:
            raise _origin_gone() from None
        origin = await self.find(task_id, caller)
        if origin is None or (job.parent and job.parent != origin.id):
            raise _origin_gone()
        known = read_memo(origin).clips
        if origin.state != "SUCCESS" or not 1 <= number <= len(known) or not origin.channel_id:
            raise _origin_gone()
        if known[number - 1].startswith("#"):
            raise _origin_gone()
        return Saved(
            job, origin.channel_id, origin.key_id, origin.upstream_id, known[number - 1], is_chat
        )

    async def _hook(self, caller: Caller, job: Job) -> str:
        """The request's, else the token's, else the deployment's. Raises Fault (400)."""
        if not job.hook:
            return caller.hook_url or self.site.settings.hook_url or ""
        try:
            await judge(job.hook, self.site.hook_guard)
        except ValueError as wrong:
            raise invalid(f"notify_hook: {wrong}", param="notify_hook") from None
        return job.hook

    # ---- looking -------------------------------------------------------------------------------

    async def find(self, task_id: str, caller: Caller) -> Task | None:
        """A task of this caller's account; a foreign one is an unknown one. Raises Fault (503)."""
        found = await self.find_many([task_id], caller)
        return found[0] if found else None

    async def find_many(self, ids: list[str], caller: Caller) -> list[Task]:
        try:
            found = await self.site.tasks.get_many(ids, caller.account_id)
        except StorageAway:
            raise away() from None
        return [task for task in found if task.kind == KIND]

    async def links(self, call: Call) -> Links:
        """Raises Fault (503)."""
        base = public_base(call, self.site.settings)
        try:
            sign = await self.site.artefacts.signing()
        except StorageAway:
            raise away() from None
        return lambda path: base + sign(path)


def away() -> Fault:
    return Fault("temporarily_unavailable", retry_after=2)


def _nanos(choices: Choices) -> int:
    """To be held: one call at the dearest candidate's price and rate."""
    return max(charge(ONE_CALL, price, rate).nanos for price, rate in choices.tariffs)


def _origin_gone() -> Fault:
    reason = "the song that this goes on with is not there, or not done"
    return invalid(reason, "get_origin_task_failed")

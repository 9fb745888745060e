"""From a job to a stored task: pictures put away, the hold and the row."""

from collections.abc import Mapping
from secrets import randbelow
from typing import Any

import msgspec

from waystation.artefacts.media_types import VISION
from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.job import Job, Source
from waystation.dialects.midjourney.outcome import (
    BANNED,
    INVALID,
    Declined,
    Outcome,
    accepted,
)
from waystation.edge.call import Call
from waystation.edge.midjourney.desk import Desk, away
from waystation.edge.midjourney.plan import Plan
from waystation.edge.midjourney.repeats import said_of
from waystation.edge.public_base import public_base
from waystation.edge.story import Story
from waystation.errors import Fault
from waystation.identity.caller import Caller
from waystation.journal.row import Facts
from waystation.kernel.clock import now_ms
from waystation.kernel.ids import random_text
from waystation.storage.database import StorageAway
from waystation.tasks.begin import Begun, Order
from waystation.tasks.limits import Limit
from waystation.tasks.midjourney.ids import draw
from waystation.tasks.midjourney.places import Memo, write_job, write_memo
from waystation.tasks.midjourney.seen import owner_properties
from waystation.tasks.midjourney.shown import KIND
from waystation.tasks.task import Request, Task

INPUT_LIFE_SECONDS = 7 * 24 * 3600.0
SECRET_CHARACTERS = 24
_CLIENT_CHARACTERS_MAX = 120


def judge_words(desk: Desk, job: Job) -> Job:
    """Raises Declined (24) for a banned word, unless the operator has them taken out."""
    banned = desk.banned
    if not banned or not job.prompt:
        return job
    word = banned.find(job.prompt)
    if not word:
        return job
    if desk.options.banned == "remove":
        prompt = banned.take_out(job.prompt)
        if not prompt.strip():
            raise Declined(INVALID, texts.PROMPT_MISSING)
        return msgspec.structs.replace(job, prompt=prompt)
    raise Declined(BANNED, texts.BANNED, promptEn=job.prompt, bannedWord=word)


class Ordering:
    """One submit on its way to a task."""

    def __init__(self, desk: Desk, call: Call, caller: Caller, story: Story) -> None:
        self._desk = desk
        self._call = call
        self._caller = caller
        self._story = story
        self._kept: list[str] = []
        self._put_away: dict[int, Job] = {}

    def facts(self, plan: Plan, action: str, number: int = 0) -> Facts:
        """For the log row. number: of one among several tasks of one request."""
        call, caller, place = self._call, self._caller, plan.places[0]
        identity = f"{call.request_id}-{number}" if number else call.request_id
        facts = Facts(
            identity,
            self._story.created_ms,
            caller.account_id,
            caller.token_id,
            caller.token_name,
            f"mj_{action.lower()}",
            "midjourney",
            plan.model,
            False,
            call.peer,
            (call.header("user-agent") or "")[:_CLIENT_CHARACTERS_MAX],
            place.group,
            place.price_version,
            place.rate,
        )
        self._story.facts = facts
        return facts

    async def put_away(self, job: Job) -> Job:
        """The job with its pictures stored, so that rows stay small; once, however often it is
        asked for. Raises Fault."""
        known = self._put_away.get(id(job))
        if known is not None:
            return known
        pictures = [await self.keep(source) for source in job.pictures]
        mask = None if job.mask is None else await self.keep(job.mask)
        away = msgspec.structs.replace(job, pictures=tuple(pictures), mask=mask)
        self._put_away[id(job)] = away
        return away

    async def keep(self, source: Source) -> Source:
        if not source.data:
            return source
        try:
            kept = await self._desk.site.artefacts.keep(
                self._caller.account_id,
                source.data,
                types=VISION,
                token_id=self._caller.token_id,
                request_id=self._call.request_id,
                life_seconds=INPUT_LIFE_SECONDS,
            )
        except StorageAway:
            raise away() from None
        except Fault as fault:  # what sniffing let pass is no sound picture after all
            if fault.code != "bad_upstream_response":
                raise
            raise Declined(INVALID, texts.BASE64_BAD) from None
        self._kept.append(kept.id)
        return Source(content_type=kept.content_type, artefact=kept.id)

    async def drop_kept(self) -> None:
        """Of a submit that did not become a task."""
        for artefact_id in self._kept:
            try:
                await self._desk.site.artefacts.delete(artefact_id, self._caller.account_id)
            except StorageAway:
                return  # they end with their days

    def order(
        self,
        job: Job,
        plan: Plan,
        *,
        url: str,
        limits: tuple[Limit, ...] = (),
        idempotency: tuple[str, str] | None = None,
        number: int = 0,
        not_before_ms: int = 0,
        **shown: Any,
    ) -> Order:
        """shown: fields of the task's result beyond the usual ones."""
        place = plan.places[0]
        memo = Memo(
            places=plan.places,
            secret=random_text(SECRET_CHARACTERS),
            base=public_base(self._call, self._desk.site.settings),
            mode=job.mode,
            not_before_ms=not_before_ms,
            said=said_of(self._caller, idempotency, number),
        )
        return Order(
            kind=KIND,
            action=job.action,
            facts=self.facts(plan, job.action, number),
            nanos=plan.nanos,
            request=Request(write_job(job)),
            parent_id=job.parent_id,
            channel_id=place.channel_id,
            key_id=place.key_id,
            result={**_result(job, place.channel_id, place.key_id), **shown},
            memo=write_memo(memo),
            url=url,
            idempotency=idempotency,
            limits=limits,
        )

    async def begin(self, order: Order) -> Begun:
        return await self._desk.site.beginnings.begin(order, draw)

    def accepted(self, task: Task, ahead: int) -> Outcome:
        """The answer of code 1 or 22."""
        properties = owner_properties(task.channel_id, task.key_id)
        tells = self._caller.queue_code_22
        if tells is None:
            tells = self._desk.options.queue_code_22
        return accepted(task.id, self._desk.language(self._call), properties, ahead, tells)


def _result(job: Job, channel_id: int, key_id: int) -> Mapping[str, Any]:
    result: dict[str, Any] = {
        "botType": job.bot_type,
        "prompt": job.prompt,
        "properties": owner_properties(channel_id, key_id),
    }
    echoed = (("state", job.state), ("customId", job.custom_id))
    result |= {name: value for name, value in echoed if value}
    if job.action == "DESCRIBE" and job.pictures and job.pictures[0].artefact:
        result["image"] = {"artefact": job.pictures[0].artefact}
    return result


def soon_ms() -> int:
    """When a batch may start: after all of it was accepted."""
    return now_ms() + 1500 + randbelow(500)

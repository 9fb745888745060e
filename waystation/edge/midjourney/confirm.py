"""/submit/modal: the owner's word for a window, after which its task starts under the same id."""

import itertools
from hashlib import blake2b

import msgspec

from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.actions import OPERATIONS
from waystation.dialects.midjourney.job import Job
from waystation.dialects.midjourney.outcome import NOT_FOUND, Declined, Outcome, invalid
from waystation.edge.midjourney.admitting import Ordering, judge_words
from waystation.edge.midjourney.desk import Desk
from waystation.edge.midjourney.entering import Entry, enter
from waystation.edge.midjourney.hook import hook_of
from waystation.edge.midjourney.plan import plan_after
from waystation.identity.caller import Caller
from waystation.tasks.begin import WINDOW
from waystation.tasks.midjourney.places import read_memo, write_memo
from waystation.tasks.store import Overtaken
from waystation.tasks.task import Change, Task

_WINDOWS = frozenset({"CUSTOM_ZOOM", "INPAINT"})


async def confirm(
    desk: Desk,
    caller: Caller,
    job: Job,
    ordering: Ordering,
    idempotency: tuple[str, str] | None = None,
) -> Outcome:
    """Raises Declined, Fault."""
    task = await desk.find(job.parent_id, caller)
    if task is None:
        raise Declined(NOT_FOUND, texts.TARGET_GONE)
    word = _digest(job)
    if task.state != "MODAL":
        return _again(task, word, ordering)
    if task.action == "INPAINT" and job.mask is None:
        raise invalid(texts.MASK_MISSING)
    prompt = job.prompt or _stored_prompt(task)
    if not prompt:
        raise invalid(texts.PROMPT_MISSING)
    job = judge_words(desk, msgspec.structs.replace(job, action=task.action, prompt=prompt))
    chosen = plan_after(desk, caller, job, OPERATIONS[task.action], task, confirmed=True)
    # What it leaves out stays as the button said it.
    url = await hook_of(desk, caller, job) if job.notify_hook else ""
    result = {"prompt": job.prompt, **({"state": job.state} if job.state else {})}

    tries = itertools.count()

    async def make(entry: Entry) -> Outcome:
        mask, places = (await ordering.put_away(job)).mask, entry.plan.places
        memo = msgspec.structs.replace(
            read_memo(task), places=places, prompt=job.prompt, mask=mask, confirmed=word
        )
        first = places[0]
        change = Change(
            channel_id=first.channel_id,
            key_id=first.key_id,
            memo=write_memo(memo),
            result=result,
        )
        facts, nanos = ordering.facts(entry.plan, task.action), entry.plan.nanos
        beginnings = desk.site.beginnings
        confirmed = await beginnings.confirm(
            task,
            facts,
            nanos,
            change,
            idempotency,
            limits=entry.limits,
            number=next(tries),
            url=url,
        )
        return ordering.accepted(confirmed, entry.ahead)

    try:
        return await enter(desk, caller, chosen, make)
    except Overtaken:
        await ordering.drop_kept()
        found = await desk.find(task.id, caller)
        if found is None or found.state == "MODAL":
            raise invalid(texts.PARENT_STATE) from None
        return _again(found, word, ordering)


def _again(task: Task, word: str, ordering: Ordering) -> Outcome:
    """The same call once more is the same success; so is one for a child of these verbs that
    never was a window, since some clients send it after any result."""
    confirmed = read_memo(task).confirmed
    was_held = task.hold_id is not None and not task.hold_id.startswith(WINDOW)
    if confirmed == word or (not confirmed and task.action in _WINDOWS and was_held):
        return ordering.accepted(task, 0)
    raise invalid(texts.PARENT_STATE)


def _stored_prompt(task: Task) -> str:
    prompt = task.result.get("prompt")
    return prompt if isinstance(prompt, str) else ""


def _digest(job: Job) -> str:
    digest = blake2b(job.prompt.encode(), digest_size=12)
    if job.mask is not None:
        digest.update(b"\0" + job.mask.data + job.mask.link.encode())
    return digest.hexdigest()

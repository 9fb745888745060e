"""Buttons and changes: a new task that goes on with a finished one, or a window that asks first."""

import re

import msgspec

from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.actions import CHANGED, DRAWN, OPERATIONS
from waystation.dialects.midjourney.custom_id import Press, read_custom_id
from waystation.dialects.midjourney.job import Job
from waystation.dialects.midjourney.outcome import (
    ACCEPTED,
    NOT_FOUND,
    SUBMITTED,
    Declined,
    Outcome,
    invalid,
    window,
)
from waystation.edge.midjourney.admitting import Ordering, judge_words, soon_ms
from waystation.edge.midjourney.desk import Desk, away
from waystation.edge.midjourney.entering import Entry, enter
from waystation.edge.midjourney.hook import hook_of
from waystation.edge.midjourney.plan import plan_after
from waystation.edge.midjourney.windows import open_window
from waystation.errors import Fault
from waystation.identity.caller import Caller
from waystation.storage.database import StorageAway
from waystation.tasks.begin import Beginnings, Begun
from waystation.tasks.limits import NoRoom
from waystation.tasks.midjourney.emulator.lane import draws, is_tile
from waystation.tasks.midjourney.submitting import is_change
from waystation.tasks.store import Overtaken
from waystation.tasks.task import Change, Task

_LINE = re.compile(r"(?m)^\s*([1-9])\ufe0f?\u20e3\s*(.+?)\s*$")
"""A line that a keycap digit begins."""
_TEXTS = frozenset({"DESCRIBE", "SHORTEN"})
_OF_TEXTS = _TEXTS | {"IMAGINE"}
"""What goes on with words; everything else wants a picture."""


async def follow(
    desk: Desk,
    caller: Caller,
    job: Job,
    ordering: Ordering,
    idempotency: tuple[str, str] | None = None,
) -> Outcome:
    """idempotency: the key, and the digest of the body. Raises Declined, Fault."""
    parent = await desk.find(job.parent_id, caller)
    if parent is None:
        raise Declined(NOT_FOUND, texts.PARENT_GONE)
    if parent.state != "SUCCESS":
        raise invalid(texts.PARENT_STATE)
    press = _press(job, parent)
    if press.is_bookmark:
        return await _bookmark(desk, parent)
    if press.is_all:
        return await _imagine_all(desk, caller, job, ordering, parent, idempotency)
    job = _remixed(desk, caller, _completed(job, press, parent), press, parent)
    url = await hook_of(desk, caller, job)
    chosen = plan_after(desk, caller, job, _operation(desk, job, parent), parent)
    if job.opens:
        order = ordering.order(job, chosen, url=url)
        task = await open_window(desk, caller, order, parent, idempotency)
        return window(task.id, job.prompt)
    if _is_there(desk, job, parent):
        order = ordering.order(job, chosen, url=url, idempotency=idempotency)
        return ordering.accepted((await ordering.begin(order)).task, 0)

    async def make(entry: Entry) -> Outcome:
        order = ordering.order(
            job, entry.plan, url=url, limits=entry.limits, idempotency=idempotency
        )
        return ordering.accepted((await ordering.begin(order)).task, entry.ahead)

    return await enter(desk, caller, chosen, make)


def _is_there(desk: Desk, job: Job, parent: Task) -> bool:
    """A tile of a grid that was drawn here: nobody is asked for it, so nobody waits."""
    channel = desk.directory.snapshot.channels.get(parent.channel_id)
    return channel is not None and draws(channel) and is_tile(job)


def _press(job: Job, parent: Task) -> Press:
    """What is pressed, and whether this task has it. Raises Declined."""
    if job.page == "change":
        if parent.action not in CHANGED:
            raise invalid(texts.CHANGE_UNSUPPORTED)
        return Press(action=job.action, verb=job.action.lower(), index=job.index)
    press = read_custom_id(job.custom_id)
    if press is None:
        offered = parent.result.get("buttons", ())
        if all(button.get("customId") != job.custom_id for button in offered):
            raise invalid(texts.ACTION_UNKNOWN)
        return Press(action="ACTION", verb="")
    if press.action == "VIDEO":
        raise invalid(texts.VIDEO_OFF)
    if press.verb == "reroll" and parent.action not in DRAWN | {"UPSCALE"}:
        raise invalid(texts.REROLL_UNSUPPORTED)
    if parent.action in _TEXTS and not press.is_bookmark and press.action not in _OF_TEXTS:
        raise invalid(texts.CHANGE_UNSUPPORTED)
    if press.verb == "picreader" and parent.action != "DESCRIBE":
        raise invalid(texts.PIC_READER_INDEX)
    return press


def _completed(job: Job, press: Press, parent: Task) -> Job:
    """With what the parent knows: its prompt, or the line of it that was chosen."""
    prompt = str(parent.result.get("prompt", ""))
    bot = str(parent.result.get("botType", "")) or job.bot_type
    page = job.page
    if press.verb in ("picreader", "promptanalyzer"):
        prompt = _line(parent, press.index)
        page = "imagine"  # of a text it is a picture like any other
    elif press.action in ("CUSTOM_ZOOM", "INPAINT"):
        prompt = prompt or str(parent.result.get("properties", {}).get("finalPrompt", ""))
    return msgspec.structs.replace(job, page=page, prompt=prompt, bot_type=bot)


def _remixed(desk: Desk, caller: Caller, job: Job, press: Press, parent: Task) -> Job:
    """In remix mode, which the request, the token or the channel may say, a button that can be
    remixed asks first. The oldest pages never do: their clients know code 1 only."""
    if job.page != "action" or not press.remixes or job.enable_remix is not None:
        return job
    channel = desk.directory.snapshot.channels.get(parent.channel_id)
    if not caller.remix and not (channel is not None and channel.remix):
        return job
    return msgspec.structs.replace(job, enable_remix=True, opens=True)


def _line(parent: Task, index: int) -> str:
    """Raises Declined for a line that is not there."""
    lines = described_lines(parent)
    if index > len(lines):
        raise invalid(texts.PIC_READER_INDEX)
    return lines[index - 1]


def described_lines(parent: Task) -> list[str]:
    """The numbered prompts of a description or of a shortened prompt."""
    text = str(parent.result.get("properties", {}).get("finalPrompt", ""))
    text = text or str(parent.result.get("prompt", ""))
    return [match[2] for match in _LINE.finditer(text)]


def _operation(desk: Desk, job: Job, parent: Task) -> str:
    """What its channel must speak: the older page does for the three changes that it knows."""
    if job.page == "imagine":
        return OPERATIONS["IMAGINE"]
    if job.action == "DESCRIBE" or job.action == "SHORTEN":
        return "mj_action"
    channel = desk.directory.snapshot.channels.get(parent.channel_id)
    if channel is not None and is_change(job) and "mj_action" not in channel.paths:
        return "mj_change"
    return OPERATIONS[job.action]


async def _bookmark(desk: Desk, parent: Task) -> Outcome:
    """A flag of our own: nothing is asked of anybody."""
    try:
        await desk.site.tasks.change(parent, Change(result={"bookmarked": True}))
    except StorageAway:
        raise away() from None
    except Overtaken:
        pass  # somebody else pressed it
    return Outcome(ACCEPTED, SUBMITTED, parent.id)


async def _imagine_all(
    desk: Desk,
    caller: Caller,
    job: Job,
    ordering: Ordering,
    parent: Task,
    idempotency: tuple[str, str] | None,
) -> Outcome:
    """Four pictures, all or none: each waits until all are accepted."""
    lines = described_lines(parent)[:4]
    if not lines:
        raise invalid(texts.PIC_READER_INDEX)
    bot = str(parent.result.get("botType", "MID_JOURNEY"))
    jobs = [
        judge_words(desk, msgspec.structs.replace(
            job, page="imagine", action="IMAGINE", custom_id="", prompt=line,
            state=f"{job.state}::{number}", bot_type=bot,
        ))
        for number, line in enumerate(lines, start=1)
    ]  # fmt: skip
    url = await hook_of(desk, caller, job)
    chosen = plan_after(desk, caller, jobs[0], OPERATIONS["IMAGINE"], parent)

    async def make(entry: Entry) -> Outcome:
        beginnings = desk.site.beginnings
        return all_of(await _begin_all(beginnings, ordering, jobs, entry, url, idempotency))

    return await enter(desk, caller, chosen, make, len(jobs))


def all_of(tasks: list[Task]) -> Outcome:
    """The answer for several tasks of one request."""
    return Outcome(ACCEPTED, SUBMITTED, ",".join(task.id for task in tasks))


async def _begin_all(
    beginnings: Beginnings,
    ordering: Ordering,
    jobs: list[Job],
    entry: Entry,
    url: str,
    idempotency: tuple[str, str] | None,
) -> list[Task]:
    """Each has a key of its own: a repeat finds those that there are and makes the rest."""
    begun: list[Begun] = []
    start_ms = soon_ms()
    try:
        for number, job in enumerate(jobs, start=1):
            order = ordering.order(
                job,
                entry.plan,
                url=url,
                limits=entry.limits,
                idempotency=_numbered(idempotency, number),
                number=number,
                not_before_ms=start_ms,
            )
            begun.append(await ordering.begin(order))
    except (Fault, NoRoom):
        for one in begun:
            if not one.repeated:
                await _give_up(beginnings, one.task)
        raise
    return [one.task for one in begun]


def _numbered(idempotency: tuple[str, str] | None, number: int) -> tuple[str, str] | None:
    return None if idempotency is None else (f"{idempotency[0]}::{number}", idempotency[1])


async def _give_up(beginnings: Beginnings, task: Task) -> None:
    try:
        await beginnings.cancel(task, texts.CANCELLED)
    except (Overtaken, Fault):
        return  # a runner has it, or ends it by its deadline

"""Limits of accounts and of channels' queues, as a submit meets them.

First a look, which finds a channel with room and refuses what is plainly too much, before anything
is stored or held. Then the row itself: what the look could not see, since others submit at the same
moment on whatever gateway, is decided where the rows are counted and written together.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.outcome import INVALID, QUEUE_FULL, Declined
from waystation.edge.midjourney.desk import Desk, away
from waystation.edge.midjourney.plan import Plan
from waystation.identity.caller import Caller
from waystation.storage.database import StorageAway
from waystation.tasks.limits import Counted, Limit, NoRoom
from waystation.tasks.midjourney.seen import owner_properties
from waystation.tasks.midjourney.shown import KIND

LOOKS_MAX = 4
"""So often another channel is looked for when the chosen one was full a moment later."""

Made = TypeVar("Made")


class Crowded(Declined):
    """Nothing more is taken now: a repeat of what was taken before is none the less known. model:
    whose price was not paid. is_logged: a row of the request log says so already."""

    model = ""
    is_logged = False


class Entry(NamedTuple):
    """plan: a place with room first. ahead: how many tasks are before it, there or of its account.
    limits: what each row must keep to."""

    plan: Plan
    ahead: int
    limits: tuple[Limit, ...]


async def enter(
    desk: Desk, caller: Caller, plan: Plan, make: Callable[[Entry], Awaitable[Made]], count: int = 1
) -> Made:
    """What `make` makes of room for so many tasks; asked again for a place elsewhere. Raises
    Crowded, Fault (503), and what `make` raises."""
    of_account = _account_limits(desk, caller)
    turned_away = False
    try:
        for _ in range(LOOKS_MAX):
            entry = await _look(desk, plan, of_account, count)
            try:
                return await make(entry)
            except NoRoom as full:
                turned_away = True
                if full.limit.whose == "account":
                    raise Crowded(INVALID, full.limit.name) from None
        raise _queue_full(plan)
    except Crowded as crowded:
        crowded.model, crowded.is_logged = plan.model, turned_away
        raise


async def _look(desk: Desk, plan: Plan, of_account: tuple[Limit, ...], count: int) -> Entry:
    """Raises Crowded, Fault (503)."""
    try:
        ahead = await _judge_account(desk, of_account, count)
        entry = await _find_place(desk, plan, of_account, count)
    except StorageAway:
        raise away() from None
    return entry._replace(ahead=max(entry.ahead, ahead))


async def _find_place(desk: Desk, plan: Plan, of_account: tuple[Limit, ...], count: int) -> Entry:
    """Raises Crowded (23) when every queue is full, StorageAway."""
    snapshot, queue = desk.directory.snapshot, desk.options.queue
    for at, place in enumerate(plan.places):
        channel = snapshot.channels.get(place.channel_id)
        most = 0 if channel is None else channel.limits.concurrency
        if not most:
            return Entry(_moved(plan, at), 0, of_account)
        there = sum(await desk.site.tasks.channel_load(place.channel_id))
        if there + count <= most + queue:
            limit = Limit(texts.QUEUE_FULL, "channel", place.channel_id, most + queue)
            return Entry(_moved(plan, at), max(0, there - most + 1), (*of_account, limit))
    raise _queue_full(plan)


def _moved(plan: Plan, at: int) -> Plan:
    if not at:
        return plan
    places = plan.places
    return Plan(plan.model, (places[at], *places[:at], *places[at + 1 :]))


def _account_limits(desk: Desk, caller: Caller) -> tuple[Limit, ...]:
    """Without a queue of its own an account has no more than may run; with one, the rest waits."""
    options, own = desk.options, caller.account_id
    most, queue = options.account_concurrency, options.account_queue
    limits: list[Limit] = []
    if queue:
        counted: Counted = "open" if most else "waiting"
        limits.append(Limit(texts.ACCOUNT_QUEUE, "account", own, most + queue, counted, KIND))
    elif most:
        limits.append(Limit(texts.ACCOUNT_CONCURRENCY, "account", own, most, "open", KIND))
    if options.account_day:
        day, since_ms = options.account_day, desk.today_ms()
        limits.append(Limit(texts.ACCOUNT_DAY, "account", own, day, "begun", KIND, since_ms))
    if options.account_total:
        total = options.account_total
        limits.append(Limit(texts.ACCOUNT_TOTAL, "account", own, total, "begun", KIND))
    return tuple(limits)


async def _judge_account(desk: Desk, limits: tuple[Limit, ...], count: int) -> int:
    """How many of the account's own tasks are before it. Raises Crowded (4), StorageAway."""
    ahead = 0
    most = desk.options.account_concurrency
    for limit in limits:
        there = await desk.site.tasks.counted(limit)
        if there + count > limit.most:
            raise Crowded(INVALID, limit.name)
        if most and limit.counted == "open":
            ahead = max(0, there - most + 1)
    return ahead


def _queue_full(plan: Plan) -> Crowded:
    first = plan.places[0]
    instance = owner_properties(first.channel_id, first.key_id)["discordInstanceId"]
    return Crowded(QUEUE_FULL, texts.QUEUE_FULL, discordInstanceId=instance)

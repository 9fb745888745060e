"""Where a task may run and what it costs there: candidates of routing as a list that is stored.

A runner goes through the list; what success costs is the serving group's price and rate, as they
were when the task was accepted. The dearest of them is held.
"""

from time import monotonic

import msgspec

from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.actions import price_names
from waystation.dialects.midjourney.job import Job
from waystation.dialects.midjourney.outcome import NOT_FOUND, Declined, invalid
from waystation.edge.midjourney.desk import Desk
from waystation.edge.queries import query_of
from waystation.errors import Fault
from waystation.identity.caller import Caller
from waystation.kernel.clock import now_ms
from waystation.ledger.prices import charge
from waystation.routing.candidates import Directory
from waystation.routing.choices import Candidate, Choices
from waystation.tasks.midjourney.emulator.lane import draws
from waystation.tasks.midjourney.places import ONE_CALL, Place
from waystation.tasks.task import Task

_NEXT_NAME = frozenset({"model_not_found", "model_not_available_in_group", "price_not_configured"})


class Plan(msgspec.Struct, frozen=True):
    """model: the name of the price. places: the first is tried first."""

    model: str
    places: tuple[Place, ...]

    @property
    def nanos(self) -> int:
        """To be held."""
        return max(place.nanos for place in self.places)


def plan(desk: Desk, caller: Caller, job: Job, operation: str, confirmed: bool = False) -> Plan:
    """Of a new task. Raises Declined (4) for faces that may not be swapped, Fault: 403, 404,
    503."""
    consent = job.action != "SWAP_FACE" or desk.options.swap_face
    choices = _choices(desk.directory, caller, job, operation, confirmed, consent)
    choices = _earnest(choices)
    attempts = desk.site.router.attempts(choices)
    first = attempts.next(monotonic())
    if first is None:
        raise attempts.fault(monotonic())
    attempts.withdraw(first, monotonic())
    rest = (each for each in choices.candidates if each is not first.candidate)
    places = (_place(first.candidate, first.key.id), *(_place(each) for each in rest))
    return Plan(choices.model, _once(places))


def plan_after(
    desk: Desk, caller: Caller, job: Job, operation: str, parent: Task, confirmed: bool = False
) -> Plan:
    """Of a task that goes on with another's: it stays on that one's channel and key. What was drawn
    here may go on with another channel that draws, where its own cannot do it. Raises Declined (3)
    when its channel is gone, Fault."""
    directory = desk.directory
    channel = directory.snapshot.channels.get(parent.channel_id)
    if channel is None or (
        not draws(channel) and all(key.id != parent.key_id for key in channel.keys)
    ):
        raise Declined(NOT_FOUND, texts.PARENT_GONE)
    choices = _choices(directory, caller, job, operation, confirmed)
    for candidate in choices.candidates:
        if candidate.channel.id == channel.id:
            return Plan(choices.model, (_place(candidate, parent.key_id),))
    others = _earnest(choices).candidates
    places = tuple(_place(each) for each in others if draws(each.channel))
    if draws(channel) and places:
        return Plan(choices.model, _once(places))
    raise Declined(NOT_FOUND, texts.PARENT_GONE)


def _choices(
    directory: Directory,
    caller: Caller,
    job: Job,
    operation: str,
    confirmed: bool,
    consent: bool = True,
) -> Choices:
    """By the first name that has a price and somebody who serves it; without consent somebody who
    only shows it. Raises Declined where there is nobody else, Fault."""
    first: Fault | Declined | None = None
    now = now_ms()
    names = price_names(job.action, job.mode, confirmed)
    prices = directory.snapshot.prices
    # A channel that is free by default has every name: one that has a price comes before.
    for name in sorted(names, key=lambda each: prices.find(each, now) is None):
        try:
            choices = directory.candidates(query_of(caller, name, operation), now)
            shown = choices if consent else choices.only(_is_shown)
            if shown is not None:
                return shown
            first = invalid(texts.UNSUPPORTED)
        except Fault as fault:
            if fault.code not in _NEXT_NAME:
                raise
            if first is None or fault.code == "price_not_configured":
                first = fault
    assert first is not None
    raise first


def _earnest(choices: Choices) -> Choices:
    """The demo stands in for nobody: it is asked where there is nobody else."""
    return choices.only(lambda one: not one.channel.free_by_default) or choices


def _is_shown(one: Candidate) -> bool:
    """By the demo, to which nobody's face goes out of the house, and which is not sold."""
    return one.channel.free_by_default and not charge(ONE_CALL, one.price, one.rate).nanos


def _place(candidate: Candidate, key_id: int | None = None) -> Place:
    keys = candidate.channel.keys
    if key_id is None:
        key_id = keys[0].id if keys else 0
    charged = charge(ONE_CALL, candidate.price, candidate.rate)
    return Place(
        channel_id=candidate.channel.id,
        key_id=key_id,
        group=candidate.group,
        rate=candidate.rate.text,
        price_version=candidate.price.version,
        nanos=charged.nanos,
        model=candidate.upstream_model,
        parts=charged.parts,
    )


def _once(places: tuple[Place, ...]) -> tuple[Place, ...]:
    """A channel may be in several groups: its first place counts."""
    unique: dict[int, Place] = {}
    for place in places:
        unique.setdefault(place.channel_id, place)
    return tuple(unique.values())

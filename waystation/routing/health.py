"""Which channels and keys are worth a try, learnt from real traffic. In memory, one per process.

Kept for each channel, for each model on a channel, for each key, and for each model with a key;
only trouble is remembered, so healthy routing looks into empty tables. Time is passed in, in
seconds of the monotonic clock.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import TypeVar

from waystation.routing.breaker import Breaker, Park
from waystation.routing.choices import Candidate
from waystation.routing.snapshot import Channel, ChannelKey
from waystation.routing.verdict import Verdict

REMEMBERED_MAX = 4096
VOUCH_SECONDS = 5.0
_UNREACHED_WEIGHT = 2

Id = TypeVar("Id")
Record = TypeVar("Record", Breaker, Park)


class State(IntEnum):
    """Rising reluctance."""

    READY = 0
    PROBE = 1  # parked, and its time has come: one may try
    LAST = 2  # only if nothing else is left
    LIMITED = 3  # asked to wait
    DEAD = 4


class Health:
    """What is known of the upstreams at this moment."""

    __slots__ = ("_answered", "_channels", "_keys", "_limits", "_models")

    def __init__(self) -> None:
        self._answered: dict[int, float] = {}
        self._channels: dict[int, Breaker] = {}
        self._models: dict[tuple[int, str], Breaker] = {}
        self._keys: dict[tuple[int, int], Park] = {}
        self._limits: dict[tuple[int, int, str], Park] = {}

    @property
    def calm(self) -> bool:
        """No trouble is known anywhere."""
        return not (self._channels or self._models or self._keys or self._limits)

    def channel_state(self, candidate: Candidate, now: float) -> State:
        """Of the channel and of the model on it."""
        id = candidate.channel.id
        state = _breaker_state(self._channels.get(id), now)
        if self._models:
            model = self._models.get((id, candidate.upstream_model))
            state = max(state, _breaker_state(model, now))
        return state

    def key_state(self, candidate: Candidate, key: ChannelKey, now: float) -> State:
        """Of the key, and of the model with it."""
        id = candidate.channel.id
        state = _park_state(self._keys.get((id, key.id)), now)
        if self._limits:
            limit = self._limits.get((id, key.id, candidate.upstream_model))
            if limit is not None:
                state = max(state, State.LIMITED if now < limit.until else State.PROBE)
        return state

    def of_channel(self, channel: Channel, now: float) -> State:
        """As a whole, for people to see: no better than its best key."""
        state = _breaker_state(self._channels.get(channel.id), now)
        keys = (_park_state(self._keys.get((channel.id, key.id)), now) for key in channel.keys)
        return max(state, min(keys, default=State.READY))

    def troubled_keys(self, now: float) -> dict[tuple[int, int], State]:
        """By (channel, key): those that their upstream refused."""
        return {ids: _park_state(park, now) for ids, park in self._keys.items()}

    def vouches(self, candidate: Candidate, now: float) -> bool:
        """It answered a moment ago and has not failed lately: a retry there feeds no storm."""
        id = candidate.channel.id
        answered = self._answered.get(id)
        if answered is None or now - answered > VOUCH_SECONDS:
            return False
        breaker = self._channels.get(id)
        return breaker is None or not breaker.failures

    def soonest(self, candidate: Candidate, keys: tuple[ChannelKey, ...], now: float) -> float:
        """Seconds until this candidate may be tried again; 0 at once."""
        id, model = candidate.channel.id, candidate.upstream_model
        breakers = (self._channels.get(id), self._models.get((id, model)))
        channel = max((b.reopens for b in breakers if b is not None and b.period), default=now)
        waits = [
            max((park.until for park in self._parks(id, key.id, model)), default=now)
            for key in keys
        ]
        return max(0.0, channel - now, min(waits, default=now) - now)

    def taken(self, candidate: Candidate, key: ChannelKey, now: float) -> None:
        """An attempt begins that is a probe: others wait for its outcome."""
        for record in self._troubles(candidate, key):
            record.probing(now)

    def withdrawn(self, candidate: Candidate, key: ChannelKey, now: float) -> None:
        """That attempt did not take place after all: another may probe."""
        for record in self._troubles(candidate, key):
            record.withdrawn(now)

    def succeeded(self, candidate: Candidate, key: ChannelKey, now: float) -> None:
        """The upstream answered, be it with an error that is the caller's own."""
        self._answered[candidate.channel.id] = now
        if self.calm:
            return
        id, model = candidate.channel.id, candidate.upstream_model
        _relieve(self._channels, id, now)
        _relieve(self._models, (id, model), now)
        self._keys.pop((id, key.id), None)
        self._limits.pop((id, key.id, model), None)

    def failed(
        self, candidate: Candidate, key: ChannelKey, verdict: Verdict, began: float, now: float
    ) -> None:
        """Remember what a verdict marks. began: when that attempt was taken."""
        id, model = candidate.channel.id, candidate.upstream_model
        match verdict.kind:
            case "caller":
                self.succeeded(candidate, key, now)
            case "key":
                _record(self._keys, (id, key.id), Park).refused(began, now)
            case "limited":
                limit = _record(self._limits, (id, key.id, model), Park)
                limit.limited(began, now, verdict.retry_after_seconds)
            case "failed":
                weight = _UNREACHED_WEIGHT if verdict.unreached else 1
                _record(self._channels, id, lambda: Breaker(now)).failed(began, now, weight)
                if not verdict.unreached:
                    model_on_channel = _record(self._models, (id, model), lambda: Breaker(now))
                    model_on_channel.failed(began, now)

    def _troubles(self, candidate: Candidate, key: ChannelKey) -> list[Breaker | Park]:
        """Whatever keeps this candidate back: open breakers, parks."""
        id, model = candidate.channel.id, candidate.upstream_model
        both = (self._channels.get(id), self._models.get((id, model)))
        breakers = [breaker for breaker in both if breaker is not None and breaker.period]
        return [*breakers, *self._parks(id, key.id, model)]

    def _parks(self, channel_id: int, key_id: int, model: str) -> list[Park]:
        found = (self._keys.get((channel_id, key_id)),)
        both = (*found, self._limits.get((channel_id, key_id, model)))
        return [park for park in both if park is not None]


def _breaker_state(breaker: Breaker | None, now: float) -> State:
    if breaker is None or not breaker.period:
        return State.READY
    if now >= breaker.reopens:
        return State.PROBE
    return State.LAST if breaker.shaky else State.DEAD


def _park_state(park: Park | None, now: float) -> State:
    if park is None:
        return State.READY
    if now >= park.until:
        return State.PROBE
    return State.LAST if now >= park.trickle else State.DEAD


def _record(table: dict[Id, Record], id: Id, new: Callable[[], Record]) -> Record:
    """The record, made when missing; the oldest goes when there are too many."""
    record = table.get(id)
    if record is None:
        if len(table) >= REMEMBERED_MAX:
            del table[next(iter(table))]
        record = table[id] = new()
    return record


def _relieve(table: dict[Id, Breaker], id: Id, now: float) -> None:
    breaker = table.get(id)
    if breaker is not None:
        breaker.succeeded(now)
        if breaker.forgettable(now):
            del table[id]

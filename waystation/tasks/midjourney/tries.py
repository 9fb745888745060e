"""Where a task may be begun: its places, one after the other, with what health knows of their
channels and keys. What becomes of each try is told, so that others know it too."""

from collections.abc import Sequence

import msgspec

from waystation.kernel.clock import monotonic
from waystation.ledger.price import Price, Rate
from waystation.routing.choice import Attempt
from waystation.routing.choices import Candidate, Choices, Tier
from waystation.routing.snapshot import Channel, ChannelKey
from waystation.routing.verdict import Verdict, full
from waystation.tasks.midjourney.emulator.lane import draws
from waystation.tasks.midjourney.places import Place
from waystation.tasks.workshop import Workshop, key_of

_PROXIED = "midjourney"
"""Stands for the model where a proxy has none: limits are of a key for this."""


class Try(msgspec.Struct, frozen=True, eq=False):
    """key: of the channel, the place's own or another of them."""

    place: Place
    channel: Channel
    key: ChannelKey
    attempt: Attempt


class Tries:
    """bound: the proxies' keys are the places' own, since what goes on with another task must be
    done where that one is. first: the channel that has the task already, 0 none."""

    def __init__(
        self, workshop: Workshop, places: Sequence[Place], *, bound: bool = False, first: int = 0
    ) -> None:
        ordered = sorted(places, key=lambda place: place.channel_id != first)
        there = [
            (place, channel)
            for place in ordered
            if (channel := workshop.channel(place.channel_id)) is not None
            and not (bound and not draws(channel) and key_of(channel, place.key_id) is None)
        ]
        self._places = {channel.id: (place, channel) for place, channel in there}
        self._left = set(self._places)
        candidates = tuple(
            _candidate(_bound(channel, place) if bound else channel, place, at)
            for at, (place, channel) in enumerate(there)
        )
        self._attempts = workshop.router.attempts(
            Choices(
                model=_PROXIED,
                candidates=candidates,
                tiers=tuple(Tier.of((candidate,)) for candidate in candidates),
                tariffs=(),
                native_n=True,
            )
        )

    @property
    def is_empty(self) -> bool:
        """No channel of them is there any more."""
        return not self._places

    @property
    def others(self) -> bool:
        """Another channel may be tried after this one."""
        return bool(self._left)

    def next(self) -> Try | None:
        if self.is_empty:
            return None
        attempt = self._attempts.next(monotonic())
        if attempt is None:
            return None
        place, channel = self._places[attempt.candidate.channel.id]
        self._left.discard(channel.id)
        return Try(place, channel, attempt.key, attempt)

    def full(self, one: Try) -> None:
        """It has no place for this: nothing was learnt."""
        self._attempts.failed(one.attempt, full(), monotonic())

    def failed(self, one: Try, verdict: Verdict) -> None:
        self._attempts.failed(one.attempt, verdict, monotonic())

    def succeeded(self, one: Try) -> None:
        self._attempts.succeeded(one.attempt, monotonic())

    def withdraw(self, one: Try) -> None:
        """Nobody knows what would have become of it."""
        self._attempts.withdraw(one.attempt, monotonic())


def _bound(channel: Channel, place: Place) -> Channel:
    """With the place's key alone, where it is a proxy."""
    key = None if draws(channel) else key_of(channel, place.key_id)
    return channel if key is None else msgspec.structs.replace(channel, keys=(key,))


def _candidate(channel: Channel, place: Place, at: int) -> Candidate:
    """Prices are the place's, fixed when the task was accepted; nothing is priced by this."""
    price = Price(
        model=place.model,
        version=place.price_version,
        source="override",
        effective_ms=0,
        tiers=(),
        per_call=None,
        tools={},
        service_tiers={},
    )
    return Candidate(
        group=place.group,
        channel=channel,
        upstream_model=place.model or _PROXIED,
        price=price,
        rate=Rate.parse(place.rate),
        cost=None,
        priority=at,
        weight=1,
        operation="",
        native_n=True,
    )

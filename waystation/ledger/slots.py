"""Places in the limits of channels and their keys. In memory only: a slot is no promise of money.

A node's ledger counts its own gateways. Where several nodes share the limits, each has a share of
them (`place`, `nodes`), so that taking a slot needs no row that all nodes would queue for.
"""

import msgspec

from waystation.ledger.messages import TakeSlot

MINUTE_UNITS = 60_000
FULL_MS = 1_000
"""To wait before a full channel is asked again."""


class _Lane(msgspec.Struct, eq=False):
    taken: int = 0
    requests_used: int = 0
    used_at_ms: int = 0


class _Taken(msgspec.Struct, frozen=True):
    gateway: str
    slot: TakeSlot
    places: int


class Slots:
    """place: 0-based position among the living nodes."""

    __slots__ = ("_lanes", "_taken", "nodes", "place")

    def __init__(self) -> None:
        self.place = 0
        self.nodes = 1
        self._lanes: dict[tuple[str, int], _Lane] = {}
        self._taken: dict[str, _Taken] = {}

    def take(self, slot: TakeSlot, gateway: str, now_ms: int) -> int | None:
        """None: taken (again), as many `places` as are free. Else milliseconds after which to try
        again."""
        if slot.slot_id in self._taken:
            return None
        channel = self._lane(("channel", slot.channel_id))
        key = self._lane(("key", slot.key_id))
        places = min(
            self._free(channel, slot.channel_concurrency, slot.places),
            self._free(key, slot.key_concurrency, slot.places),
        )
        wait_ms = max(
            self._wait_ms(channel, slot.channel_rpm, slot.places, now_ms),
            self._wait_ms(key, slot.key_rpm, slot.places, now_ms),
            0 if places > 0 else FULL_MS,
        )
        if wait_ms:
            return wait_ms
        for lane, rpm in ((channel, slot.channel_rpm), (key, slot.key_rpm)):
            lane.taken += places
            if rpm:
                lane.requests_used += MINUTE_UNITS * slot.places
        self._taken[slot.slot_id] = _Taken(gateway, slot, places)
        return None

    def places(self, slot_id: str) -> int:
        """How many calls of a slot that is taken may run at once."""
        return self._taken[slot_id].places

    def restore(self, slot: TakeSlot, gateway: str) -> None:
        """One that a gateway took before this ledger started: it is in use, whatever the limits."""
        if slot.slot_id not in self._taken:
            self._lane(("channel", slot.channel_id)).taken += slot.places
            self._lane(("key", slot.key_id)).taken += slot.places
            self._taken[slot.slot_id] = _Taken(gateway, slot, slot.places)

    def give(self, slot_id: str) -> None:
        """One that is not taken is ignored."""
        taken = self._taken.pop(slot_id, None)
        if taken is None:
            return
        for name, number in (("channel", taken.slot.channel_id), ("key", taken.slot.key_id)):
            self._lane((name, number)).taken -= taken.places

    def lose(self, gateway: str) -> None:
        """A gateway died, or says hello anew: its slots are free."""
        for slot_id in [i for i, taken in self._taken.items() if taken.gateway == gateway]:
            self.give(slot_id)

    def keep(self, gateways: tuple[str, ...]) -> None:
        """Free the slots of all others."""
        for gateway in {taken.gateway for taken in self._taken.values()} - set(gateways):
            self.lose(gateway)

    @property
    def open(self) -> int:
        return len(self._taken)

    def _lane(self, name: tuple[str, int]) -> _Lane:
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = _Lane()
        return lane

    def _share(self, limit: int) -> int:
        return limit // self.nodes + (1 if self.place < limit % self.nodes else 0)

    def _free(self, lane: _Lane, concurrency: int, wanted: int) -> int:
        return min(wanted, self._share(concurrency) - lane.taken) if concurrency else wanted

    def _wait_ms(self, lane: _Lane, rpm: int, calls: int, now_ms: int) -> int:
        """More calls than a minute has are let through when the whole minute is theirs, and those
        that come after wait for it."""
        if not rpm:
            return 0
        share = self._share(rpm)
        elapsed_ms = now_ms - lane.used_at_ms
        if elapsed_ms > 0 or elapsed_ms < -MINUTE_UNITS:
            lane.requests_used = max(0, lane.requests_used - share * max(0, elapsed_ms))
            lane.used_at_ms = now_ms
        over = lane.requests_used + (min(calls, max(share, 1)) - share) * MINUTE_UNITS
        if over <= 0:
            return 0
        return -(-over // share) if share else MINUTE_UNITS

"""Bounded memory of what was looked up: two generations, the older one forgotten at a time.

A hit in the old generation moves to the young one, so what is in use survives; a hit costs one
dictionary look-up, and nothing is kept per entry but the entry.
"""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Generations(Generic[Key, Value]):
    """At most `entries_max`, of which at least the half used last are there."""

    __slots__ = ("_half", "_old", "_young")

    def __init__(self, entries_max: int) -> None:
        self._half = max(1, entries_max // 2)
        self._young: dict[Key, Value] = {}
        self._old: dict[Key, Value] = {}

    def get(self, key: Key) -> Value | None:
        value = self._young.get(key)
        if value is None and self._old:
            value = self._old.pop(key, None)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: Key, value: Value) -> None:
        if len(self._young) >= self._half and key not in self._young:
            self._old = self._young
            self._young = {}
        self._young[key] = value

    def discard(self, key: Key) -> None:
        self._young.pop(key, None)
        self._old.pop(key, None)

    def discard_where(self, stale: Callable[[Value], bool]) -> None:
        for entries in (self._young, self._old):
            for key in [key for key, value in entries.items() if stale(value)]:
                del entries[key]

    def clear(self) -> None:
        self._young = {}
        self._old = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


class ShortMemory:
    """A bounded set whose entries are forgotten after life_seconds / 2 to life_seconds."""

    __slots__ = ("_half_life", "_half_max", "_old", "_turn", "_young")

    def __init__(self, entries_max: int, life_seconds: float) -> None:
        self._half_max = max(1, entries_max // 2)
        self._half_life = life_seconds / 2
        self._young: set[bytes] = set()
        self._old: set[bytes] = set()
        self._turn = 0.0

    def add(self, entry: bytes, now: float) -> None:
        """now: monotonic seconds."""
        self._age(now)
        if len(self._young) >= self._half_max:
            self._turn_over(now)
        self._young.add(entry)

    def has(self, entry: bytes, now: float) -> bool:
        self._age(now)
        return entry in self._young or entry in self._old

    def discard(self, entry: bytes) -> None:
        self._young.discard(entry)
        self._old.discard(entry)

    def clear(self) -> None:
        self._young = set()
        self._old = set()

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def _age(self, now: float) -> None:
        if now - self._turn < self._half_life:
            return
        if now - self._turn >= 2 * self._half_life:
            self._young = set()
        self._turn_over(now)

    def _turn_over(self, now: float) -> None:
        self._old = self._young
        self._young = set()
        self._turn = now

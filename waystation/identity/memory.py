"""Bounded memory of what was looked up.

A hit is one dictionary look-up and moves nothing; when it is full, what came first is forgotten,
an eighth at a time, and looked up again if it is still in use.
"""

from collections.abc import Callable, Hashable
from itertools import islice
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Memory(Generic[Key, Value]):
    """At most `entries_max`."""

    __slots__ = ("_entries", "_entries_max", "get")

    def __init__(self, entries_max: int) -> None:
        self._entries_max = max(8, entries_max)
        self._entries: dict[Key, Value] = {}
        self.get = self._entries.get

    def put(self, key: Key, value: Value) -> None:
        entries = self._entries
        if len(entries) >= self._entries_max and key not in entries:
            for first in list(islice(entries, self._entries_max // 8)):
                del entries[first]
        entries[key] = value

    def discard_where(self, stale: Callable[[Value], bool]) -> None:
        for key in [key for key, value in self._entries.items() if stale(value)]:
            del self._entries[key]

    def clear(self) -> None:
        self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)


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

"""Names that may end in `*`: the exact name wins, then the longest literal prefix.

Model names come from callers, so the memory of earlier lookups is bounded.
"""

from collections.abc import Iterable, Iterator
from typing import Final, Generic, TypeVar

Value = TypeVar("Value")

_REMEMBERED_MAX = 4096
_NAME_MAX = 256
"""Longer names are looked up but not remembered."""


class PatternTable(Generic[Value]):
    """Patterns and what they stand for. A later pair replaces an earlier one of the same pattern.

    Only a last `*` is a wildcard; elsewhere it is a letter like others."""

    __slots__ = ("_exact", "_lengths", "_prefixes", "_remembered")

    def __init__(self, pairs: Iterable[tuple[str, Value]]) -> None:
        self._exact: Final[dict[str, Value]] = {}
        self._prefixes: Final[dict[str, Value]] = {}
        for pattern, value in pairs:
            if pattern.endswith("*"):
                self._prefixes[pattern[:-1]] = value
            else:
                self._exact[pattern] = value
        self._lengths = tuple(sorted({len(prefix) for prefix in self._prefixes}, reverse=True))
        self._remembered: dict[str, Value | None] = {}

    def find(self, name: str) -> Value | None:
        """The value of the best pattern for `name`, None without any."""
        found = self._exact.get(name)
        if found is not None or not self._lengths:
            return found
        remembered = self._remembered
        if name in remembered:
            return remembered[name]
        found = next(self.matches(name), None)
        if len(name) <= _NAME_MAX:
            if len(remembered) >= _REMEMBERED_MAX:
                remembered.clear()
            remembered[name] = found
        return found

    def matches(self, name: str) -> Iterator[Value]:
        """The values of all patterns that fit, the best first."""
        if name in self._exact:
            yield self._exact[name]
        for length in self._lengths:
            if len(name) >= length and name[:length] in self._prefixes:
                yield self._prefixes[name[:length]]

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None

    def __len__(self) -> int:
        return len(self._exact) + len(self._prefixes)

    @property
    def names(self) -> tuple[str, ...]:
        """The exact names, without wildcards."""
        return tuple(self._exact)


class NameSet:
    """Exact names and wildcards as a set: an allow-list, the models of a channel."""

    __slots__ = ("_table",)

    def __init__(self, patterns: Iterable[str]) -> None:
        self._table = PatternTable((pattern, True) for pattern in patterns)

    def __contains__(self, name: str) -> bool:
        return self._table.find(name) is True

    def __len__(self) -> int:
        return len(self._table)

    @property
    def names(self) -> tuple[str, ...]:
        return self._table.names

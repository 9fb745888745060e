"""What an apply does, told by names and never by secrets."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import msgspec

from waystation.control.apply.document import Document

Action = Literal["created", "updated", "removed", "unchanged"]
Kind = Literal[
    "group", "channel", "price", "account", "token", "group rate", "credit", "grant", "setting"
]

_MARKS: dict[Action, str] = {"created": "+", "updated": "~", "removed": "-", "unchanged": "="}


class Change(msgspec.Struct, frozen=True):
    """name: the natural key. fields: what differs, by name; for a removal how it is done."""

    action: Action
    kind: Kind
    name: str
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        detail = f" ({', '.join(self.fields)})" if self.fields else ""
        return f"{_MARKS[self.action]} {self.kind} {self.name}{detail}"


class Minted(msgspec.Struct, frozen=True):
    """A key that exists from now on and is told this once."""

    account: str
    name: str
    key: str

    def __repr__(self) -> str:
        return f"Minted({self.account!r}, {self.name!r})"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What `execute` would do now. It looks again under the lock, so what it did is its report."""

    document: Document
    prune: bool
    changes: tuple[Change, ...]

    def summary(self) -> str:
        return summary(self.changes)

    def lines(self) -> list[str]:
        return lines(self.changes)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was done. minted: to be printed once. waiting: how much the ledger has not taken yet,
    above 0 too when that is not known; it is resent until it has. problems: what the ledger
    refused, and why."""

    changes: tuple[Change, ...]
    minted: tuple[Minted, ...] = ()
    waiting: int = 0
    problems: tuple[str, ...] = ()

    @property
    def is_changed(self) -> bool:
        return any(change.action != "unchanged" for change in self.changes)

    def summary(self) -> str:
        return summary(self.changes)

    def lines(self) -> list[str]:
        return lines(self.changes)


def summary(changes: Sequence[Change]) -> str:
    """`2 created, 1 updated, 0 removed, 7 unchanged`"""
    counts = Counter(change.action for change in changes)
    return ", ".join(f"{counts[action]} {action}" for action in _MARKS)


def lines(changes: Sequence[Change]) -> list[str]:
    """One for each thing that is not as it was."""
    return [str(change) for change in changes if change.action != "unchanged"]

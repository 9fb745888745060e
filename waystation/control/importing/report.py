"""What an import did, in counts and units that both sides must agree on."""

from collections import Counter
from typing import Literal

import msgspec

LISTED_MAX = 500
"""Of things left out and of notes; the rest is counted by reason."""

What = Literal[
    "users",
    "tokens",
    "channels",
    "prices",
    "groups",
    "group rates",
    "codes",
    "log rows",
    "sign-ins",
]


class LeftOut(msgspec.Struct, frozen=True):
    """units: of quota that stayed behind with it."""

    kind: str
    foreign_id: str
    name: str
    reason: str
    units: int = 0


class Total(msgspec.Struct):
    """there = here + left_out, in number and in units of quota. here counts what is here now, by
    this run or an earlier one. new: by this run. money: units are compared."""

    what: What
    there: int = 0
    here: int = 0
    new: int = 0
    left_out: int = 0
    units_there: int = 0
    units_here: int = 0
    units_left_out: int = 0

    @property
    def agrees(self) -> bool:
        return (
            self.there == self.here + self.left_out
            and self.units_there == self.units_here + self.units_left_out
        )


class ImportReport(msgspec.Struct):
    """problems: what the ledger refused. notes: what differs here, to be looked at."""

    system: str
    origin: str
    dry_run: bool
    database: str
    quota_per_usd: str
    totals: list[Total] = msgspec.field(default_factory=list)
    left_out: list[LeftOut] = msgspec.field(default_factory=list)
    reasons: dict[str, int] = msgspec.field(default_factory=dict)
    notes: list[str] = msgspec.field(default_factory=list)
    problems: list[str] = msgspec.field(default_factory=list)
    seconds: float = 0.0
    agrees: bool = True

    def leave(
        self, total: Total, foreign_id: object, name: str, reason: str, units: int = 0
    ) -> None:
        total.left_out += 1
        total.units_left_out += units
        self.count(total.what, reason)
        if len(self.left_out) < LISTED_MAX:
            self.left_out.append(LeftOut(total.what, str(foreign_id), name, reason, units))

    def note(self, about: str) -> None:
        if len(self.notes) < LISTED_MAX:
            self.notes.append(about)

    def count(self, what: str, reason: str) -> None:
        key = f"{what}: {reason}"
        self.reasons[key] = self.reasons.get(key, 0) + 1

    def finish(self, seconds: float) -> None:
        self.seconds = round(seconds, 3)
        self.agrees = not self.problems and all(total.agrees for total in self.totals)

    def lines(self) -> list[str]:
        """For people."""
        told = [f"{'':<12} {'there':>12} {'here':>12} {'new':>12} {'left out':>12}"]
        for total in self.totals:
            told.append(
                f"{total.what:<12} {total.there:>12} {total.here:>12} {total.new:>12} "
                f"{total.left_out:>12}{'' if total.agrees else '   DIFFERS'}"
            )
            if total.units_there or total.units_here:
                told.append(
                    f"{'  in units':<12} {total.units_there:>12} {total.units_here:>12} "
                    f"{'':>12} {total.units_left_out:>12}"
                )
        told += [f"- {count} × {reason}" for reason, count in Counter(self.reasons).most_common()]
        told += [
            f"  left out: {each.kind} {each.foreign_id} {each.name!r}: {each.reason}"
            for each in self.left_out
        ]
        told += [f"  note: {each}" for each in self.notes]
        return told

"""What a gateway remembers of a hold until the ledger has acknowledged its end."""

import asyncio
from collections.abc import Iterator

import msgspec

from waystation.journal.row import EndReason, Facts, Row
from waystation.ledger.messages import (
    Admitted,
    Checkpoint,
    Command,
    Extend,
    Hold,
    Refused,
    Resolve,
    Resolved,
)
from waystation.ledger.messages import Sent as SentMark

ROW_DETAIL_BYTES_MAX = 64 * 1024

HoldAnswer = Admitted | Refused
HoldQuestion = Hold | Extend


class OpenHold:
    """asked: questions about this hold that wait for an answer, in the order of sending; the
    ledger answers in that order. confirmed_at: loop time of the last Admitted, 0.0 before. ended:
    who waits for the resolution's answer."""

    __slots__ = (
        "asked", "confirmed_at", "ended", "hold", "is_sent", "metered_nanos", "resolution",
    )  # fmt: skip

    def __init__(self, hold: Hold | None) -> None:
        self.hold = hold
        self.asked: list[tuple[HoldQuestion, asyncio.Future[HoldAnswer]]] = []
        self.confirmed_at = 0.0
        self.is_sent: bool | None = None
        self.metered_nanos = 0
        self.resolution: Resolve | None = None
        self.ended: asyncio.Future[Resolved] | None = None

    def unacknowledged(self, hold_id: str) -> Iterator[Command]:
        """What a ledger that comes back may not have heard, in the order of deciding."""
        if self.is_sent is not None:
            yield SentMark(hold_id, self.is_sent)
        if self.metered_nanos:
            yield Checkpoint(hold_id, self.metered_nanos)
        for question, _ in self.asked:
            yield question
        if self.resolution is not None:
            yield self.resolution

    def forget_answered(self) -> None:
        """When the connection has gone: nobody waits for these any more."""
        self.asked = [entry for entry in self.asked if not entry[1].done()]


def fitting(resolution: Resolve) -> Resolve:
    """Without its row's details where no frame can carry them: it would never be acknowledged."""
    row = resolution.row
    if len(row.usage) + len(row.parts) <= ROW_DETAIL_BYTES_MAX:
        return resolution
    slim = msgspec.structs.replace(row, usage=b"", parts=b"")
    return msgspec.structs.replace(resolution, row=slim)


def void(hold: Hold, status: int, end: EndReason, code: str, reason: str = "") -> Resolve:
    """The resolution of a hold that its caller no longer waits for."""
    return Resolve(hold.id, "void", 0, True, 0, _empty_row(hold.facts, status, end, code, reason))


def _empty_row(facts: Facts, status: int, end: EndReason, code: str, reason: str) -> Row:
    return Row(
        facts=facts,
        status=status,
        end=end,
        code=code,
        reason=reason,
        group=facts.group,
        rate=facts.rate,
        price_version=facts.price_version,
    )

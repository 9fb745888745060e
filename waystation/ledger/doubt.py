"""A commit of unknown outcome: what to do when it turns out to have happened after all."""

from collections.abc import Mapping

import msgspec

from waystation.journal.row import Row
from waystation.ledger.books import Posted
from waystation.ledger.messages import Resolve
from waystation.ledger.state import OpenHold


class Doubt(msgspec.Struct, frozen=True):
    """batch: the number written in that commit. holds: those that it opened.

    Everything else of a batch is safe to have happened: commands are repeated by their ids."""

    batch: int
    holds: tuple[str, ...]

    def happened(self, stored: int) -> bool:
        """stored: the number of the last batch that is in the store."""
        return stored >= self.batch

    def voids(self, open_holds: Mapping[str, OpenHold], now_ms: int) -> list[Posted]:
        """Their callers were told 503; nothing was sent upstream."""
        return [
            Posted("", "", Resolve(hold.id, "void", 0, True, 0, _row(hold, now_ms)))
            for hold in (open_holds.get(hold_id) for hold_id in self.holds)
            if hold is not None
        ]


def _row(hold: OpenHold, now_ms: int) -> Row:
    facts = hold.facts
    return Row(
        facts=facts,
        status=503,
        end="failed",
        code="temporarily_unavailable",
        group=facts.group,
        rate=facts.rate,
        price_version=facts.price_version,
        total_millis=max(0, now_ms - facts.created_ms),
    )

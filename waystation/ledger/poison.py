"""A command that cannot be decided or written, whatever the state of the store.

It would fail its whole batch, be sent again, and fail again: so a batch that fails for a reason
of its own content is settled command by command, and the one at fault is set aside, loudly.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence

from waystation.ledger.books import BooksAway, Posted
from waystation.ledger.messages import (
    Decision,
    Done,
    Extend,
    Hold,
    Recall,
    Refused,
    TakeSlot,
    Transfer,
)
from waystation.ledger.policies import PutAccount, PutGroup, PutToken

log = logging.getLogger("waystation.ledger")

PROBLEM = "internal_error"

Settle = Callable[[Sequence[Posted], int], Awaitable[list[Decision | None]]]


async def settle_singly(
    settle: Settle, batch: Sequence[Posted], now_ms: int
) -> list[Decision | None]:
    """settle: raises BooksAway, or what is wrong with its only command."""
    decisions: list[Decision | None] = []
    for posted in batch:
        try:
            decisions += await settle([posted], now_ms)
        except BooksAway:
            # The earlier ones are committed: this one alone is refused.
            decisions.append(refusal(posted))
        except Exception:
            # Whatever it is: one bad command must not stop everybody's money.
            log.exception("set aside: %s", type(posted.command).__name__)
            decisions.append(refusal(posted))
    return decisions


def refusal(posted: Posted) -> Decision | None:
    """None for what expects no answer; a resolution is kept and resent by its gateway."""
    command = posted.command
    match command:
        case Hold():
            return Refused(command.id, "account_unknown", detail=PROBLEM)
        case Extend():
            return Refused(command.hold_id, "hold_unknown", detail=PROBLEM)
        case TakeSlot():
            return Refused(command.slot_id, "slot", retry_after_ms=1_000, detail=PROBLEM)
        case Transfer() | Recall():
            return Done(command.id, False, problem=PROBLEM)
        case PutAccount():
            return Done(f"account:{command.account_id}", False, problem=PROBLEM)
        case PutToken():
            return Done(f"token:{command.token_id}", False, problem=PROBLEM)
        case PutGroup():
            return Done(f"group:{command.group}", False, problem=PROBLEM)
        case _:
            return None

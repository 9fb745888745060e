"""Spend caps per day, week, month and in total; what is held counts as spent."""

from waystation.ledger.calendar import Spend, Starts
from waystation.ledger.policies import Budget

NONE = Budget()


def room(
    budget: Budget, spend: Spend, held: int, now_ms: int, starts: Starts
) -> tuple[int, str] | None:
    """Nanos left under the tightest cap, at least 0, and its period; None: there is no cap."""
    if budget == NONE:
        return None
    spend.turn(now_ms, starts)
    tightest: tuple[int, str] | None = None
    for cap, spent, period in (
        (budget.total, spend.total, "total"),
        (budget.day, spend.day, "day"),
        (budget.week, spend.week, "week"),
        (budget.month, spend.month, "month"),
    ):
        if cap is not None:
            left = max(0, cap - spent - held)
            if tightest is None or left < tightest[0]:
                tightest = (left, period)
    return tightest

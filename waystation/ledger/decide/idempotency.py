"""Idempotency-Key: one request per token and key within a day.

A voided hold frees its key: nothing was delivered and nothing charged, so a retry is welcome.
"""

from waystation.ledger.messages import Refused
from waystation.ledger.state import State

KEY_MS = 24 * 3600 * 1000


def refusal(
    state: State, hold_id: str, token_id: int, asked: tuple[str, str], now_ms: int
) -> Refused | None:
    key, digest = asked
    known = state.keys[(token_id, key)]
    if known is None or now_ms - known.created_ms >= KEY_MS:
        return None
    if known.digest != digest:
        return Refused(hold_id, "idempotency_reused", other=known.hold_id)
    if known.hold_id in state.holds:
        return Refused(hold_id, "idempotency_in_progress", other=known.hold_id)
    return Refused(hold_id, "idempotency_replayed", other=known.hold_id)

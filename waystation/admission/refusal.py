"""The ledger's no, in words that the caller can act on."""

from waystation.errors import Fault
from waystation.kernel.money import format_usd_down, format_usd_up
from waystation.ledger.messages import RateState, Refused

AWAY_SECONDS = 2
"""A ledger that died is back about then."""


class NotAdmitted(Fault):
    """A refusal before anything was sent. rate: for the x-ratelimit headers."""

    rate: RateState | None = None


def not_admitted(refused: Refused, needed_nanos: int) -> NotAdmitted:
    """needed_nanos: the least that would have been accepted."""
    fault = _fault(refused, needed_nanos)
    fault.rate = refused.rate
    return fault


def ledger_away() -> NotAdmitted:
    return NotAdmitted("temporarily_unavailable", retry_after=AWAY_SECONDS)


def _fault(refused: Refused, needed_nanos: int) -> NotAdmitted:
    wait = -(-refused.retry_after_ms // 1000)
    match refused.reason:
        case "account_disabled":
            return NotAdmitted("user_banned")
        case "token_disabled" | "token_expired":
            return NotAdmitted(refused.reason)
        case "balance":
            return NotAdmitted(
                "insufficient_user_quota",
                needed=format_usd_up(needed_nanos),
                available=format_usd_down(max(0, refused.available)),
            )
        case "budget":
            period = refused.detail.removeprefix("token ")
            return NotAdmitted("token_quota_exhausted", retry_after=wait or None, period=period)
        case "rate" | "concurrency":
            seconds = max(1, wait)
            return NotAdmitted("rate_limit_exceeded", retry_after=seconds, limit=refused.detail)
        case "slot":
            return NotAdmitted("upstream_saturated", retry_after=max(1, wait))
        case "idempotency_in_progress" | "idempotency_replayed":
            return NotAdmitted(refused.reason, id=refused.other)
        case "idempotency_reused":
            return NotAdmitted("idempotency_key_reused", param="Idempotency-Key")
        case "account_unknown" | "token_unknown" | "resolved" | "hold_unknown" | "taken":
            # Not told to the ledger yet, resolved meanwhile, or an id that somebody else has.
            return NotAdmitted("temporarily_unavailable", retry_after=AWAY_SECONDS)

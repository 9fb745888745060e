"""One atomic decision on balance, budgets and limits; a durable hold is what comes of it."""

from collections.abc import Callable

from waystation.admission.estimate import Estimator, Policy
from waystation.admission.grant import Grant
from waystation.dialects.operation import Operation
from waystation.errors import Fault
from waystation.journal.row import Facts
from waystation.kernel.money import format_usd_down, format_usd_up
from waystation.ledger.messages import Hold, RateState, Refused
from waystation.ledger.port import Ledger, LedgerAway
from waystation.routing.choices import Candidate, Choices

_AWAY_SECONDS = 2


async def admit(
    ledger: Ledger,
    operation: Operation,
    choices: Choices,
    first: Candidate,
    facts: Facts,
    policy: Policy,
    *,
    sends_at_once: bool,
    idempotency: tuple[str, str] | None = None,
) -> Grant:
    """first: whom routing tries first. sends_at_once: its connection is at hand.

    Raises Fault: 401, 402, 403, 409, 422, 429 as the ledger decided; 503 without a ledger."""
    estimator = Estimator(operation, choices, policy)
    estimate = estimator.estimate(first)
    hold = Hold(
        facts.request_id,
        facts.account_id,
        facts.token_id,
        facts.group,
        estimate.nanos,
        estimate.nanos_floor,
        estimate.prompt_nanos,
        estimate.tokens,
        sends_at_once,
        facts,
        "gateway",
        idempotency,
    )
    try:
        decision = await ledger.admit(hold)
    except LedgerAway:
        raise Fault("temporarily_unavailable", retry_after=_AWAY_SECONDS) from None
    if isinstance(decision, Refused):
        raise refusal(decision, estimate.nanos_floor)
    return Grant(
        ledger,
        decision,
        estimator,
        estimate,
        streams=operation.stream,
        choices=operation.choices,
        sent=sends_at_once,
    )


def refusal(refused: Refused, needed: int) -> Fault:
    """The ledger's no in the callers' words."""
    return _REFUSALS[refused.reason](refused, needed)


def _seconds(refused: Refused) -> int:
    return max(1, -(-refused.retry_after_ms // 1000))


def _balance(refused: Refused, needed: int) -> Fault:
    return Fault(
        "insufficient_user_quota",
        needed=format_usd_up(needed),
        available=format_usd_down(max(refused.available, 0)),
    )


def _budget(refused: Refused, needed: int) -> Fault:
    return Fault("token_quota_exhausted", period=refused.detail)


def _limit(refused: Refused, needed: int) -> Fault:
    return Fault("rate_limit_exceeded", limit=refused.detail, retry_after=_seconds(refused))


def _unheard(refused: Refused, needed: int) -> Fault:
    """The ledger has not been told of this account or token yet, or has swept the hold."""
    return Fault("temporarily_unavailable", retry_after=_AWAY_SECONDS)


def _plain(code: str) -> Callable[[Refused, int], Fault]:
    return lambda refused, needed: Fault(code, id=refused.other)


_REFUSALS: dict[str, Callable[[Refused, int], Fault]] = {
    "account_unknown": _unheard,
    "token_unknown": _unheard,
    "account_disabled": _plain("user_banned"),
    "token_disabled": _plain("token_disabled"),
    "token_expired": _plain("token_expired"),
    "balance": _balance,
    "budget": _budget,
    "rate": _limit,
    "concurrency": _limit,
    "slot": _unheard,
    "idempotency_in_progress": _plain("idempotency_in_progress"),
    "idempotency_replayed": _plain("idempotency_replayed"),
    "idempotency_reused": _plain("idempotency_key_reused"),
    "resolved": _unheard,
    "hold_unknown": _unheard,
}


def rate_headers(rate: RateState | None) -> tuple[tuple[bytes, bytes], ...]:
    """x-ratelimit-…, for what is limited."""
    if rate is None:
        return ()
    headers: list[tuple[bytes, bytes]] = []
    if rate.requests_limit:
        headers += _trio(
            b"requests", rate.requests_limit, rate.requests_remaining, rate.requests_reset_ms
        )
    if rate.tokens_limit:
        headers += _trio(b"tokens", rate.tokens_limit, rate.tokens_remaining, rate.tokens_reset_ms)
    return tuple(headers)


def _trio(sort: bytes, limit: int, remaining: int, reset_ms: int) -> list[tuple[bytes, bytes]]:
    reset = f"{reset_ms / 1000:.3f}s".encode()
    return [
        (b"x-ratelimit-limit-" + sort, b"%d" % limit),
        (b"x-ratelimit-remaining-" + sort, b"%d" % max(remaining, 0)),
        (b"x-ratelimit-reset-" + sort, reset),
    ]

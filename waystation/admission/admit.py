"""The gate: one atomic decision of the ledger on balance, budgets, rates and concurrency."""

from waystation.admission.estimate import Policy, estimate
from waystation.admission.grant import Grant
from waystation.admission.picture_estimate import picture_estimate
from waystation.admission.rate_headers import rate_headers
from waystation.admission.refusal import ledger_away, not_admitted
from waystation.admission.sound_estimate import sound_estimate
from waystation.dialects.operation import Request
from waystation.dialects.pictures.request import PictureOperation
from waystation.dialects.sound.hearing import HearingOperation
from waystation.dialects.sound.speech import SpeechOperation
from waystation.journal.row import Facts
from waystation.ledger.messages import Hold, Refused
from waystation.ledger.port import Ledger, LedgerAway
from waystation.routing.choices import Candidate, Choices

__all__ = ["admit", "rate_headers"]


async def admit(
    ledger: Ledger,
    operation: Request,
    choices: Choices,
    first: Candidate,
    facts: Facts,
    policy: Policy,
    *,
    sends_at_once: bool,
    idempotency: tuple[str, str] | None = None,
    within: bool = False,
) -> Grant:
    """A durable hold for this request, before any upstream byte.

    first: whom routing tries first. sends_at_once: its connection is at hand, so the hold counts
    as sent from the start. idempotency: (key, digest of the body).
    within: a part of a request that holds a place already. Raises NotAdmitted (a Fault):
    401, 402, 403, 409, 422, 429, 503. Cancelled while waiting: the ledger's client voids what may
    come."""
    if isinstance(operation, PictureOperation):
        wanted = picture_estimate(operation, choices)
    elif isinstance(operation, SpeechOperation | HearingOperation):
        wanted = sound_estimate(operation, choices, first)
    else:
        wanted = estimate(operation, choices, first, policy)
    hold = Hold(
        facts.request_id,
        facts.account_id,
        facts.token_id,
        facts.group,
        wanted.nanos,
        wanted.nanos_floor,
        wanted.prompt_nanos,
        wanted.tokens,
        sends_at_once,
        facts,
        "gateway",
        idempotency,
        within,
    )
    try:
        decision = await ledger.admit(hold)
    except LedgerAway:
        raise ledger_away() from None
    if isinstance(decision, Refused):
        raise not_admitted(decision, wanted.nanos_floor)
    return Grant(
        ledger,
        wanted,
        decision,
        sent=sends_at_once,
        stretch_tokens=policy.stream_tokens,
    )

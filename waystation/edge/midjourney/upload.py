"""/submit/upload-discord-images: pictures kept here, answered by links that prompts can name.

They are not given to Discord: whoever draws fetches them from us. Charged per call, at once.
"""

from collections.abc import Sequence

import msgspec

from waystation.admission.refusal import ledger_away, not_admitted
from waystation.artefacts.artefact import Artefact
from waystation.artefacts.media_types import VISION
from waystation.artefacts.store import new_artefact_id
from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.actions import OPERATIONS
from waystation.dialects.midjourney.job import Job, Source
from waystation.dialects.midjourney.outcome import ACCEPTED, INVALID, SUBMITTED, Declined, Outcome
from waystation.edge.call import Call
from waystation.edge.midjourney.admitting import Ordering
from waystation.edge.midjourney.desk import Desk, away
from waystation.edge.midjourney.plan import Plan, plan
from waystation.edge.midjourney.repeats import KEY_MS
from waystation.edge.public_base import public_base
from waystation.errors import Fault
from waystation.identity.caller import Caller
from waystation.journal.row import Facts, Row
from waystation.kernel.clock import now_ms
from waystation.ledger.messages import Hold, Refused, Resolve
from waystation.ledger.port import Ledger, LedgerAway
from waystation.storage.database import StorageAway
from waystation.tasks.midjourney.places import ONE_CALL

_encode = msgspec.json.encode


async def upload(
    desk: Desk,
    call: Call,
    caller: Caller,
    job: Job,
    ordering: Ordering,
    idempotency: tuple[str, str] | None = None,
) -> Outcome:
    """A repeat of a request with the same key is answered with the same links. Raises Declined,
    Fault."""
    if any(source.link for source in job.pictures):
        raise Declined(INVALID, texts.BASE64_PARAMETER)
    chosen = plan(desk, caller, job, OPERATIONS["UPLOAD"])
    facts = ordering.facts(chosen, "UPLOAD")
    ledger = desk.site.ledger
    earlier = await _hold(ledger, facts, chosen.nanos, idempotency)
    if earlier:
        return _told(desk, call, await _kept_before(desk, caller, earlier))
    try:
        kept = await _keep(desk, caller, call.request_id, job.pictures)
    except BaseException:
        ledger.resolve(Resolve(facts.request_id, "void", 0, True, 0, _row(facts, chosen, 0, 502)))
        raise
    nanos = chosen.places[0].nanos
    ledger.resolve(Resolve(facts.request_id, "post", nanos, True, 0, _row(facts, chosen, nanos)))
    return _told(desk, call, kept)


def _told(desk: Desk, call: Call, kept: Sequence[Artefact]) -> Outcome:
    base = public_base(call, desk.site.settings)
    links = tuple(desk.site.artefacts.link(artefact, base) for artefact in kept)
    return Outcome(ACCEPTED, SUBMITTED, links)


async def _hold(
    ledger: Ledger, facts: Facts, nanos: int, idempotency: tuple[str, str] | None
) -> str:
    """The id of an earlier request that was this one, "" for none. Raises Fault."""
    account, token = facts.account_id, facts.token_id
    hold = Hold(
        facts.request_id, account, token, facts.group, nanos, nanos, 0, 0, False, facts,
        idempotency=idempotency,
    )  # fmt: skip
    try:
        decision = await ledger.admit(hold)
    except LedgerAway:
        raise ledger_away() from None
    if isinstance(decision, Refused):
        if decision.reason == "idempotency_replayed":
            return decision.other
        raise not_admitted(decision, nanos)
    return ""


async def _kept_before(desk: Desk, caller: Caller, request_id: str) -> list[Artefact]:
    try:
        await desk.site.artefacts.signing()
        rows = desk.site.artefacts.rows
        return await rows.of_request(caller.account_id, request_id, now_ms() - KEY_MS)
    except StorageAway:
        raise away() from None


async def _keep(
    desk: Desk, caller: Caller, request_id: str, pictures: Sequence[Source]
) -> list[Artefact]:
    """Under ids that rise, so that they are found again in their order."""
    ids = sorted(new_artefact_id() for _ in pictures)
    try:
        return [
            await desk.site.artefacts.keep(
                caller.account_id,
                source.data,
                types=VISION,
                token_id=caller.token_id,
                request_id=request_id,
                artefact_id=artefact_id,
            )
            for artefact_id, source in zip(ids, pictures, strict=True)
        ]
    except StorageAway:
        raise away() from None
    except Fault as fault:
        if fault.code != "bad_upstream_response":
            raise
        raise Declined(INVALID, texts.BASE64_PARAMETER) from None


def _row(facts: Facts, chosen: Plan, nanos: int, status: int = 200) -> Row:
    place = chosen.places[0]
    return Row(
        facts=facts,
        status=status,
        end="complete" if status == 200 else "failed",
        group=place.group,
        rate=place.rate,
        price_version=place.price_version,
        nanos=nanos,
        usage=_encode(ONE_CALL) if status == 200 else b"",
        parts=_encode(place.parts) if status == 200 else b"",
    )

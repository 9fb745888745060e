"""`GET /v1/generation?id=`: the whole story of a request, for its account and for operators."""

from typing import Any
from urllib.parse import parse_qs

import msgspec

from waystation.edge.call import Call
from waystation.edge.identify import identify
from waystation.edge.language import language_of
from waystation.edge.replies import send_fault, send_json
from waystation.edge.site import Site
from waystation.errors import Fault
from waystation.identity.caller import Caller
from waystation.journal.row import AttemptRow, Row
from waystation.kernel.money import format_usd
from waystation.ledger.port import LedgerAway
from waystation.ledger.questions import AskRow, RowState


class Receipts:
    """A handler."""

    __slots__ = ("_site",)

    def __init__(self, site: Site) -> None:
        self._site = site

    async def __call__(self, call: Call) -> None:
        try:
            caller = await identify(self._site.authenticator, call)
            identity = parse_qs(call.query).get("id", [""])[0]
            if not identity:
                raise Fault("missing_field", param="id")
            send_json(call, {"data": receipt(await self._ask(caller, identity), caller)})
        except Fault as fault:
            send_fault(call, fault, "openai", language_of(call, self._site.settings.language))

    async def _ask(self, caller: Caller, identity: str) -> RowState:
        account_id = 0 if caller.role == "operator" else caller.account_id
        try:
            state = await self._site.ledger.ask(AskRow(identity, account_id, identity))
        except LedgerAway:
            raise Fault("temporarily_unavailable", retry_after=2) from None
        assert isinstance(state, RowState)
        if state.row is None and not state.pending:
            raise Fault("generation_not_found", id=identity)
        return state


def receipt(state: RowState, caller: Caller) -> dict[str, Any]:
    """Money as nanos (text) and USD (number text). Channels are named to operators only."""
    told: dict[str, Any] = {"id": state.id, "status": "pending" if state.row is None else "settled"}
    told["transfers"] = [
        {"kind": kind, "nanos": str(nanos), "created_ms": created}
        for kind, nanos, created in state.transfers
    ]
    if state.row is not None:
        told.update(_row(state.row, operator=caller.role == "operator"))
    return told


def _row(row: Row, *, operator: bool) -> dict[str, Any]:
    facts = row.facts
    told: dict[str, Any] = {
        "created_ms": facts.created_ms,
        "model": facts.model,
        "operation": facts.operation,
        "stream": facts.stream,
        "token_name": facts.token_name,
        "http_status": row.status,
        "end": row.end,
        "code": row.code or None,
        "reason": row.reason or None,
        "group": row.group or facts.group,
        "rate": row.rate or facts.rate,
        "price_version": row.price_version or facts.price_version,
        "formula": msgspec.json.decode(row.parts) if row.parts else [],
        "usage": msgspec.json.decode(row.usage) if row.usage else None,
        "exact": row.exact,
        "cost_nanos": str(row.nanos),
        "cost_usd": msgspec.Raw(format_usd(row.nanos).encode()),
        "loss_nanos": str(row.loss_nanos),
        "first_token_ms": row.first_millis or None,
        "total_ms": row.total_millis,
        "disconnect_rule": row.disconnect_rule or None,
        "upstream_id": row.upstream_id or None,
        "attempts": [_attempt(one, operator=operator) for one in row.attempts],
    }
    if operator:
        told["upstream_cost_nanos"] = str(row.cost_nanos)
        told["upstream_model"] = row.upstream_model
        told["channel_id"] = row.channel_id
        told["account_id"] = facts.account_id
    return told


def _attempt(one: AttemptRow, *, operator: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "group": one.group,
        "outcome": one.outcome,
        "status": one.status or None,
        "reason": one.reason or None,
        "started_ms": one.started_ms,
        "ms": one.millis,
    }
    if operator:
        told.update(channel=one.channel, channel_id=one.channel_id, key_id=one.key_id)
    return told

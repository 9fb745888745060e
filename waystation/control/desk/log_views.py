"""A log row as people see it: each charge with its formula, failures with their reason."""

from datetime import datetime
from typing import Any

import msgspec

from waystation.control.desk.pages import at
from waystation.journal.row import AttemptRow
from waystation.kernel.money import format_usd
from waystation.ledger.questions import LogLine


class FormulaPart(msgspec.Struct, frozen=True):
    """count units of this kind at the official price: USD per 1,000,000 tokens, else per unit."""

    kind: str
    count: int
    price: str


class LogView(msgspec.Struct, frozen=True, kw_only=True):
    """charge: USD, what was paid: the formula's sum times the rate. cost, margin, channel_id,
    account_id: told to operators. end: how it ended; code and reason: of a failure."""

    request_id: str
    created_at: datetime
    token_id: int
    token_name: str
    operation: str
    dialect: str
    model: str
    group: str
    stream: bool
    status: int
    end: str
    code: str
    reason: str
    charge: str
    formula: list[FormulaPart]
    rate: str
    price_version: str
    exact: bool
    input_tokens: int
    output_tokens: int
    first_token_ms: int
    total_ms: int
    client: str
    peer: str
    account_id: int | None = None
    channel_id: int | None = None
    upstream_model: str | None = None
    cost: str | None = None
    margin: str | None = None
    loss: str | None = None


class AttemptView(msgspec.Struct, frozen=True):
    """channel: told to operators."""

    group: str
    outcome: str
    status: int
    reason: str
    millis: int
    channel: str | None = None


class TransferPart(msgspec.Struct, frozen=True):
    kind: str
    amount: str
    created_at: datetime


class LogDetailView(msgspec.Struct, frozen=True):
    """usage: as it was counted. transfers: what moved for it, refunds included."""

    row: LogView
    usage: dict[str, Any]
    attempts: list[AttemptView]
    transfers: list[TransferPart]


def log_view(line: LogLine, *, operator: bool) -> LogView:
    row, facts = line.row, line.row.facts
    inside: dict[str, Any] = {}
    if operator:
        inside = {
            "account_id": facts.account_id,
            "channel_id": row.channel_id,
            "upstream_model": row.upstream_model,
            "cost": format_usd(row.cost_nanos),
            "margin": format_usd(row.nanos - row.cost_nanos),
            "loss": format_usd(row.loss_nanos),
        }
    return LogView(
        request_id=facts.request_id,
        created_at=at(facts.created_ms),
        token_id=facts.token_id,
        token_name=facts.token_name,
        operation=facts.operation,
        dialect=facts.dialect,
        model=facts.model,
        group=row.group or facts.group,
        stream=facts.stream,
        status=row.status,
        end=row.end,
        code=row.code,
        reason=row.reason,
        charge=format_usd(row.nanos),
        formula=formula_of(row.parts),
        rate=row.rate or facts.rate,
        price_version=row.price_version or facts.price_version,
        exact=row.exact,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        first_token_ms=row.first_millis,
        total_ms=row.total_millis,
        client=facts.client,
        peer=facts.peer,
        **inside,
    )


def formula_of(parts: bytes) -> list[FormulaPart]:
    if not parts:
        return []
    return [FormulaPart(*each) for each in msgspec.json.decode(parts)]


def attempt_view(one: AttemptRow, *, operator: bool) -> AttemptView:
    channel = one.channel if operator else None
    return AttemptView(one.group, one.outcome, one.status, one.reason, one.millis, channel)

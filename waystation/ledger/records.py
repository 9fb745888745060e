"""Objects of the state as rows of the tables, and back. Column order is the tables' own."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

import msgspec

from waystation.journal.row import Facts, Row
from waystation.ledger.calendar import Spend
from waystation.ledger.decide.amounts import NANOS_MAX, bounded
from waystation.ledger.policies import Budget, Limits
from waystation.ledger.state import (
    Account,
    Gauge,
    Group,
    Key,
    LogRow,
    OpenHold,
    Share,
    Token,
)

HOUR_MS = 3_600_000
STATUS_MAX = 999
Record = tuple[Any, ...]
_Nine = tuple[int, int, int, int, int, int, int, int, int]

encode = msgspec.msgpack.Encoder().encode
encode_json = msgspec.json.encode
decode_row = msgspec.msgpack.Decoder(Row).decode
decode_facts = msgspec.msgpack.Decoder(Facts).decode
_decode_policy = msgspec.msgpack.Decoder(tuple[Limits, Budget]).decode
_decode_limits = msgspec.msgpack.Decoder(Limits).decode


def plain(words: str) -> str:
    """PostgreSQL's text has no NUL, and a caller may ask for a model that does."""
    return words.replace("\x00", "\ufffd") if "\x00" in words else words


def account_record(account: Account) -> Record:
    return (
        account.id,
        account.version,
        account.enabled,
        account.floor,
        account.least,
        encode((account.limits, account.budget)),
        account.balance,
        account.held,
        *_gauge_record(account),
        *_spend_record(account.spend),
    )


def account_of(record: Sequence[Any]) -> Account:
    number, version, enabled, floor, least, policy, balance, held = record[:8]
    limits, budget = _decode_policy(policy)
    return Account(
        id=number,
        version=version,
        enabled=bool(enabled),
        floor=floor,
        least=least,
        limits=limits,
        budget=budget,
        balance=balance,
        held=held,
        requests_used=record[8],
        tokens_used=record[9],
        used_at_ms=record[10],
        open_holds=record[11],
        spend=Spend(*record[12:17]),
    )


def token_record(token: Token) -> Record:
    return (
        token.id,
        token.account_id,
        token.version,
        token.enabled,
        token.expires_ms,
        encode((token.limits, token.budget)),
        token.held,
        *_gauge_record(token),
        *_spend_record(token.spend),
    )


def token_of(record: Sequence[Any]) -> Token:
    number, account_id, version, enabled, expires_ms, policy, held = record[:7]
    limits, budget = _decode_policy(policy)
    return Token(
        id=number,
        account_id=account_id,
        version=version,
        enabled=bool(enabled),
        expires_ms=expires_ms,
        limits=limits,
        budget=budget,
        held=held,
        requests_used=record[7],
        tokens_used=record[8],
        used_at_ms=record[9],
        open_holds=record[10],
        spend=Spend(*record[11:16]),
    )


def share_record(share: Share) -> Record:
    return (share.account_id, share.group, *_gauge_record(share))


def share_of(record: Sequence[Any]) -> Share:
    """Its limits are its group's."""
    return Share(
        account_id=record[0],
        group=record[1],
        requests_used=record[2],
        tokens_used=record[3],
        used_at_ms=record[4],
        open_holds=record[5],
    )


def group_record(group: Group) -> Record:
    return (group.name, group.version, encode(group.limits))


def group_of(record: Sequence[Any]) -> Group:
    return Group(record[0], record[1], _decode_limits(record[2]))


def hold_record(hold: OpenHold) -> Record:
    return (
        hold.n,
        hold.id,
        hold.account_id,
        hold.token_id,
        hold.group,
        hold.owner,
        hold.node,
        hold.gateway,
        hold.boot,
        hold.nanos,
        hold.prompt_nanos,
        hold.checkpoint_nanos,
        hold.tokens,
        hold.seq,
        hold.sent,
        hold.grouped,
        hold.idempotency_key,
        hold.created_ms,
        plain(hold.facts.request_id),
        encode(hold.facts),
    )


def hold_of(record: Sequence[Any]) -> OpenHold:
    return OpenHold(
        n=record[0],
        id=record[1],
        account_id=record[2],
        token_id=record[3],
        group=record[4],
        owner=record[5],
        node=record[6],
        gateway=record[7],
        boot=record[8],
        nanos=record[9],
        prompt_nanos=record[10],
        checkpoint_nanos=record[11],
        tokens=record[12],
        seq=record[13],
        sent=bool(record[14]),
        grouped=bool(record[15]),
        idempotency_key=record[16],
        created_ms=record[17],
        facts=decode_facts(record[19]),
    )


def key_record(place: tuple[int, str], key: Key) -> Record:
    return (*place, key.digest, key.hold_id, key.created_ms)


transfer_record = msgspec.structs.astuple


def log_record(log: LogRow) -> Record:
    row = log.row
    facts = row.facts
    numbers = (
        facts.created_ms,
        facts.token_id,
        row.channel_id,
        row.status,
        row.cost_nanos,
        row.input_tokens,
        row.output_tokens,
        row.first_millis,
        row.total_millis,
    )
    if min(numbers) < 0 or max(numbers) > NANOS_MAX or row.status > STATUS_MAX:
        numbers = _bounded(numbers)
    created_ms, token_id, channel_id, status, cost, input_, output, first, total = numbers
    words = (facts.request_id, facts.model, row.group, row.code)
    request_id, model, group, code = words
    if "\x00" in "".join(words):
        request_id, model, group, code = map(plain, words)
    return (
        log.n,
        log.account_id,
        created_ms,
        request_id,
        log.hold_id,
        log.kind,
        log.settled_ms,
        token_id,
        model,
        group,
        channel_id,
        status,
        row.end,
        code,
        row.nanos,
        cost,
        row.loss_nanos,
        row.exact,
        input_,
        output,
        first,
        total,
        encode(row),
    )


def _bounded(numbers: _Nine) -> _Nine:
    a, b, c, status, *more = map(bounded, numbers)
    return cast(_Nine, (a, b, c, min(status, STATUS_MAX), *more))


def rollup_records(log: Iterable[Record]) -> list[Record]:
    """What rows as `log_record` makes them add to the totals of their hours, by key, sorted."""
    totals: dict[Record, list[int]] = {}
    for record in log:
        _, account_id, created_ms, _, hold_id, _, _, token_id, model, group = record[:10]
        channel_id, status, _, _, nanos, cost, loss, _, input_tokens, output_tokens = record[10:20]
        hour_ms = created_ms - created_ms % HOUR_MS
        place = (account_id, hour_ms, token_id, model, group, channel_id)
        total = totals.get(place)
        if total is None:
            total = totals[place] = [0] * 8
        total[0] += 1
        total[1] += status >= 400
        total[2] += hold_id is not None
        total[3] += nanos
        total[4] += cost
        total[5] += loss
        total[6] += input_tokens
        total[7] += output_tokens
    return [(*place, *total) for place, total in sorted(totals.items())]


def _gauge_record(gauge: Gauge) -> tuple[int, int, int, int]:
    return gauge.requests_used, gauge.tokens_used, gauge.used_at_ms, gauge.open_holds


def _spend_record(spend: Spend) -> tuple[int, int, int, int, int]:
    return spend.total, spend.day, spend.week, spend.month, spend.at_ms

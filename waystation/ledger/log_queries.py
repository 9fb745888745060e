"""Pages of the log, totals, transfers by people: generators as in `queries`.

Each looks at a bounded number of rows: on SQLite the writer waits meanwhile. What is filtered by
something no index knows is looked for among so many, and the next page goes on where this ended.
"""

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from waystation.ledger.messages import Decision
from waystation.ledger.questions import (
    AskLog,
    AskSums,
    AskTransfers,
    LogFilter,
    LogLine,
    LogState,
    Sum,
    Sums,
    TransferLine,
    Transfers,
)
from waystation.ledger.records import HOUR_MS, plain

Query = tuple[str, Mapping[str, Any]]
Rows = Sequence[Sequence[Any]]
Answering = Generator[Query, Rows, Decision]

FAR_MS = 2**62
LOG_ROWS_MAX = 500
SCANNED_MAX = 2000
SUMS_MAX = 10_000
DAY_MS = 24 * HOUR_MS

_COLUMNS = {
    "token": "token_id",
    "model": "model",
    "group": "group_name",
    "channel": "channel_id",
    "account": "account_id",
}
_FIGURES = (
    "requests",
    "failures",
    "nanos",
    "cost_nanos",
    "loss_nanos",
    "input_tokens",
    "output_tokens",
)


def log_page(asked: AskLog) -> Answering:
    if asked.filter.request_id:
        return (yield from _one_request(asked))
    where, values = _range(asked)
    conditions, more = _conditions(asked.filter)
    count = max(1, min(asked.count, LOG_ROWS_MAX))
    scanned = SCANNED_MAX if conditions else count
    inner = (
        "SELECT n AS at_n, created_ms AS at_ms, token_id, model, group_name, channel_id, "  # noqa: S608
        f"status, code FROM requests WHERE {where} "
        "ORDER BY created_ms DESC, n DESC LIMIT :scanned"
    )
    rows = yield (
        "SELECT requests.n, requests.hold_id, requests.detail, requests.created_ms "  # noqa: S608
        f"FROM ({inner}) AS latest JOIN requests ON requests.n = latest.at_n "
        "AND requests.created_ms = latest.at_ms "  # so that one partition is looked into
        f"WHERE {' AND '.join(conditions) or '1 = 1'} "
        "ORDER BY latest.at_ms DESC, latest.at_n DESC LIMIT :count",
        {**values, **more, "scanned": scanned, "count": count},
    )
    lines = tuple(LogLine(n, hold_id, bytes(detail)) for n, hold_id, detail, _ in rows)
    if len(rows) == count:
        return LogState(asked.id, lines, rows[-1][3], rows[-1][0])
    if not conditions:
        return LogState(asked.id, lines)
    last = yield (
        f"SELECT created_ms, n FROM requests WHERE {where} "  # noqa: S608
        "ORDER BY created_ms DESC, n DESC LIMIT 1 OFFSET :passed",
        {**values, "passed": scanned - 1},
    )
    return LogState(asked.id, lines, *(last[0] if last else ()))


def _one_request(asked: AskLog) -> Answering:
    wanted = asked.filter
    rows = yield (
        "SELECT n, hold_id, detail FROM requests WHERE request_id = :request "
        "AND (account_id = :account OR :account = 0) ORDER BY n DESC LIMIT :count",
        {
            "request": plain(wanted.request_id),
            "account": wanted.account_id,
            "count": max(1, min(asked.count, LOG_ROWS_MAX)),
        },
    )
    return LogState(asked.id, tuple(LogLine(n, hold, bytes(row)) for n, hold, row in rows))


def _range(asked: AskLog) -> tuple[str, dict[str, Any]]:
    """What an index answers: whose, from when, up to where the last page ended."""
    wanted = asked.filter
    before_ms, before_n = wanted.to_ms or FAR_MS, 0
    if asked.before_ms:
        before_ms, before_n = min((asked.before_ms, asked.before_n), (before_ms, before_n))
    values = {"first": max(0, wanted.from_ms), "before_ms": before_ms, "before_n": before_n}
    where = "created_ms >= :first AND (created_ms, n) < (:before_ms, :before_n)"
    if wanted.account_id:
        return f"account_id = :account AND {where}", {**values, "account": wanted.account_id}
    return where, values


def _conditions(wanted: LogFilter) -> tuple[list[str], dict[str, Any]]:
    values: dict[str, Any] = {}
    conditions: list[str] = []
    for name, column in (
        ("token_id", "token_id"),
        ("model", "model"),
        ("group", "group_name"),
        ("channel_id", "channel_id"),
        ("status", "status"),
        ("code", "code"),
    ):
        value = getattr(wanted, name)
        if value:
            conditions.append(f"latest.{column} = :want_{name}")
            values[f"want_{name}"] = plain(value) if isinstance(value, str) else value
    if wanted.outcome:
        conditions.append(f"latest.code {'=' if wanted.outcome == 'ok' else '<>'} ''")
    return conditions, values


def sums(asked: AskSums) -> Answering:
    to_ms = asked.to_ms
    if not asked.account_id:
        to_ms = min(to_ms, asked.from_ms + DAY_MS)
    step = max(asked.step_ms // HOUR_MS, 1) * HOUR_MS
    keys = [
        f"(hour_ms + {int(asked.offset_ms)}) / {step} * {step} - {int(asked.offset_ms)}"
        if name == "hour"
        else _COLUMNS[name]
        for name in asked.by
        if name == "hour" or name in _COLUMNS
    ]
    mine = "account_id = :account AND " if asked.account_id else ""
    places = ", ".join(str(place) for place in range(1, len(keys) + 1))
    totals = ", ".join(f"CAST(coalesce(sum({name}), 0) AS bigint)" for name in _FIGURES)
    rows = yield (
        f"SELECT {', '.join([*keys, totals])} FROM rollups WHERE {mine}"  # noqa: S608
        "hour_ms >= :first AND hour_ms < :last "
        f"{f'GROUP BY {places} ' if keys else ''}LIMIT {SUMS_MAX}",
        {
            **({"account": asked.account_id} if asked.account_id else {}),
            "first": asked.from_ms // HOUR_MS * HOUR_MS,
            "last": to_ms,
        },
    )
    return Sums(asked.id, tuple(Sum(tuple(row[: len(keys)]), *row[len(keys) :]) for row in rows))


def transfer_list(asked: AskTransfers) -> Answering:
    rows = yield (
        "SELECT n, id, kind, debit, amount_nanos, short_nanos, note, created_ms FROM transfers "
        "WHERE account_id = :account AND hold_id IS NULL AND n < :before "
        "ORDER BY n DESC LIMIT :count",
        {
            "account": asked.account_id,
            "before": asked.before_n or FAR_MS,
            "count": max(1, min(asked.count, LOG_ROWS_MAX)),
        },
    )
    return Transfers(asked.id, tuple(_transfer(*row) for row in rows))


def _transfer(
    n: int, name: str, kind: str, debit: str, amount: int, short: int, note: str, at_ms: int
) -> TransferLine:
    """What the account gives is a debit of its own book."""
    nanos = -amount if debit.startswith("customer") else amount
    return TransferLine(n, name, kind, nanos, short, note, at_ms)

"""Answers to questions, out of the committed tables.

Each is a generator: it yields (SQL, parameters) and is sent the rows, so that one text serves the
blocking driver of SQLite and the awaiting one of PostgreSQL. Parameters are written `:name`.
"""

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from waystation.ledger.audit import audit_report
from waystation.ledger.log_queries import log_page, sums, transfer_list
from waystation.ledger.log_upkeep import TidyLog
from waystation.ledger.messages import Decision
from waystation.ledger.questions import (
    AccountState,
    AskAccount,
    AskAudit,
    AskLog,
    AskOpenHolds,
    AskPage,
    AskRow,
    AskSums,
    AskTaskHolds,
    AskToken,
    AskTransfers,
    AskVersions,
    AuditState,
    OpenHolds,
    PageState,
    RowState,
    TaskHold,
    TaskHolds,
    TokenState,
    Versions,
)
from waystation.ledger.records import (
    HOUR_MS,
    decode_facts,
    decode_row,
    encode_json,
    plain,
    token_of,
)
from waystation.ledger.schema import tokens
from waystation.ledger.statements import select
from waystation.ledger.tidying import tidy

Query = tuple[str, Mapping[str, Any]]
Rows = Sequence[Sequence[Any]]
Question = (
    AskAccount | AskToken | AskRow | AskPage | AskAudit | AskVersions | AskOpenHolds | AskTaskHolds
    | AskLog | AskSums | AskTransfers | TidyLog
)  # fmt: skip
Answering = Generator[Query, Rows, Decision]

FAR_MS = 2**62
PAGE_ROWS_MAX = 100
PAGE_SCANNED_MAX = 2000
HOLDS_MAX = 1000


def answer(question: Question) -> Answering:
    match question:
        case AskAccount():
            return _account(question)
        case AskToken():
            return _token(question)
        case AskRow():
            return _row(question)
        case AskPage():
            return _page(question)
        case AskAudit():
            return _audit(question)
        case AskVersions():
            return _versions(question)
        case AskOpenHolds():
            return _open_holds(question)
        case AskTaskHolds():
            return _task_holds(question)
        case TidyLog():
            return tidy(question)
        case AskLog():
            return log_page(question)
        case AskSums():
            return sums(question)
        case AskTransfers():
            return transfer_list(question)


def _account(asked: AskAccount) -> Answering:
    rows = yield (
        "SELECT balance_nanos, held_nanos, spent_nanos, version FROM accounts "
        "WHERE account_id = :account",
        {"account": asked.account_id},
    )
    if not rows:
        return AccountState(asked.id, False)
    balance, held, spent, version = rows[0]
    return AccountState(asked.id, True, balance, held, spent, version)


def _token(asked: AskToken) -> Answering:
    rows = yield (
        select(tokens, "WHERE token_id = :token AND account_id = :account"),
        {"token": asked.token_id, "account": asked.account_id},
    )
    if not rows:
        return TokenState(asked.id, False)
    token = token_of(rows[0])
    spent = yield from _spent_range(asked)
    return TokenState(
        asked.id, True, token.spend.total, token.held, spent, token.version, token.budget
    )


def _spent_range(asked: AskToken) -> Generator[Query, Rows, int]:
    """Whole hours out of the totals, the pieces at both ends out of the log."""
    from_ms, to_ms = max(0, asked.from_ms), asked.to_ms or FAR_MS
    first = -(-from_ms // HOUR_MS) * HOUR_MS
    last = to_ms // HOUR_MS * HOUR_MS
    if first >= last:
        return (yield from _spent_log(asked, from_ms, to_ms))
    rows = yield (
        "SELECT coalesce(sum(nanos), 0) FROM rollups WHERE account_id = :account "
        "AND hour_ms >= :first AND hour_ms < :last AND token_id = :token",
        {"account": asked.account_id, "token": asked.token_id, "first": first, "last": last},
    )
    spent = int(rows[0][0])
    spent += yield from _spent_log(asked, from_ms, first)
    spent += yield from _spent_log(asked, last, to_ms)
    return spent


def _spent_log(asked: AskToken, from_ms: int, to_ms: int) -> Generator[Query, Rows, int]:
    if from_ms >= to_ms:
        return 0
    rows = yield (
        "SELECT coalesce(sum(nanos), 0) FROM requests WHERE account_id = :account "
        "AND created_ms >= :first AND created_ms < :last AND token_id = :token",
        {"account": asked.account_id, "token": asked.token_id, "first": from_ms, "last": to_ms},
    )
    return int(rows[0][0])


def _row(asked: AskRow) -> Answering:
    who = {"request": plain(asked.request_id), "account": asked.account_id}
    mine = "request_id = :request AND (account_id = :account OR :account = 0)"
    open_holds = yield f"SELECT hold_id, n FROM holds WHERE {mine}", who  # noqa: S608
    rows = yield (
        f"SELECT hold_id, detail FROM requests WHERE {mine} ORDER BY n DESC LIMIT 1",  # noqa: S608
        who,
    )
    row = decode_row(rows[0][1]) if rows else None
    hold_id, pending_n = None, None
    if open_holds:
        hold_id, pending_n = open_holds[0]
    elif rows:
        hold_id = rows[0][0]
    transfers = yield from _transfers(hold_id, pending_n)
    return RowState(asked.id, row, bool(open_holds), transfers)


def _transfers(
    hold_id: str | None, pending_n: int | None
) -> Generator[Query, Rows, tuple[tuple[str, int, int], ...]]:
    """Everything that moved for a hold, a refund included, in the order of writing."""
    if hold_id is None:
        return ()
    what = "SELECT n, kind, amount_nanos, created_ms, account_id, pending_n FROM transfers WHERE "
    found = list(
        (yield what + "hold_id = :hold AND kind IN ('post', 'void', 'expire')", {"hold": hold_id})
    )
    if found:
        pending_n = found[0][5]
    found += yield what + "hold_id = :hold AND kind = 'extend'", {"hold": hold_id}
    pending = yield what + "n = :n", {"n": pending_n}
    found += pending
    if pending:
        found += yield (
            what + "hold_id IS NULL AND account_id = :account AND id = :id",
            {"account": pending[0][4], "id": f"refund:{hold_id}"},
        )
    found.sort(key=lambda row: (row[3], row[0]))
    return tuple((row[1], row[2], row[3]) for row in found)


def _page(asked: AskPage) -> Answering:
    """Bounded whatever the account's size: the writer waits meanwhile."""
    rows = yield (
        "SELECT requests.detail FROM (SELECT n AS at_n, created_ms AS at_ms, token_id AS whose "
        "FROM requests WHERE account_id = :account "
        "ORDER BY created_ms DESC, n DESC LIMIT :scanned) AS latest "
        "JOIN requests ON requests.n = latest.at_n AND requests.created_ms = latest.at_ms "
        "WHERE latest.whose = :token "
        "ORDER BY requests.created_ms DESC, requests.n DESC LIMIT :count",
        {
            "account": asked.account_id,
            "token": asked.token_id,
            "scanned": PAGE_SCANNED_MAX,
            "count": max(0, min(asked.count, PAGE_ROWS_MAX)),
        },
    )
    return PageState(asked.id, tuple(decode_row(row[0]) for row in rows))


def _audit(asked: AskAudit) -> Answering:
    report = yield from audit_report()
    return AuditState(asked.id, encode_json(report))


def _versions(asked: AskVersions) -> Answering:
    accounts = yield "SELECT account_id, version FROM accounts ORDER BY account_id", {}
    tokens_known = yield "SELECT token_id, version FROM tokens ORDER BY token_id", {}
    groups = yield "SELECT group_name, version FROM groups ORDER BY group_name", {}
    return Versions(asked.id, _pairs(accounts), _pairs(tokens_known), _pairs(groups))


def _open_holds(asked: AskOpenHolds) -> Answering:
    # None are asked for as one that cannot be: each answer is made of at least one query.
    wanted = asked.hold_ids[:HOLDS_MAX] or ("",)
    names = {f"hold{place}": one for place, one in enumerate(wanted)}
    places = ", ".join(f":{name}" for name in names)
    rows = yield f"SELECT hold_id FROM holds WHERE hold_id IN ({places})", names  # noqa: S608
    return OpenHolds(asked.id, tuple(row[0] for row in rows))


def _task_holds(asked: AskTaskHolds) -> Answering:
    rows = yield (
        "SELECT n, hold_id, account_id, token_id, nanos, created_ms, facts FROM holds "
        "WHERE owner = 'task' AND created_ms < :before AND n > :after ORDER BY n LIMIT :count",
        {
            "before": asked.before_ms,
            "after": asked.after_n,
            "count": max(0, min(asked.count, HOLDS_MAX)),
        },
    )
    return TaskHolds(asked.id, tuple(_task_hold(row) for row in rows))


def _task_hold(row: Sequence[Any]) -> TaskHold:
    n, hold_id, account_id, token_id, nanos, created_ms, facts = row
    return TaskHold(n, hold_id, account_id, token_id, nanos, created_ms, decode_facts(facts))


def _pairs(rows: Rows) -> tuple[tuple[Any, int], ...]:
    return tuple((row[0], row[1]) for row in rows)

"""The audit: proves by the rows that every sum is right. Set-based SQL, the same on both databases.

It reads one consistent state: the caller runs it between batches (SQLite) or in one repeatable
read (PostgreSQL).
"""

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from typing import Any, TypedDict

import msgspec

from waystation.ledger.books import Books

Query = tuple[str, Mapping[str, Any]]
Rows = Sequence[Sequence[Any]]

FAILURES_MAX = 20
"""Of one check; the rest is only counted."""


class Report(TypedDict):
    """failures: what is wrong, in words; empty when clean."""

    clean: bool
    open_holds: int
    posted: int
    voided: int
    expired: int
    inexact: int
    loss_nanos: int
    failures: list[str]


_IS_COUNTED = "created_ms - created_ms % 3600000 NOT IN (SELECT hour_ms FROM retired)"
"""Of a log row: its hour's totals do not stand for it (tidying.py)."""

CHECKS: dict[str, str] = {
    # Each select gives one row per thing that is wrong: what it is about, expected, found.
    "legs: debit and credit do not fit the kind": """
        SELECT n, kind, debit || ' > ' || credit FROM transfers WHERE amount_nanos < 0
        OR held_nanos < 0 OR debit = credit OR CASE
            WHEN kind IN ('pending', 'extend')
                THEN NOT (debit = 'customer:available' AND credit = 'customer:held')
            WHEN kind = 'post' THEN NOT (debit = 'customer:held' AND credit = 'house:revenue')
            WHEN kind IN ('void', 'expire')
                THEN NOT (debit = 'customer:held' AND credit = 'customer:available')
            WHEN kind IN ('topup', 'grant', 'refund', 'adjust', 'opening')
                THEN NOT (debit = 'customer:available' AND credit LIKE 'house:%'
                    OR credit = 'customer:available' AND debit LIKE 'house:%')
            ELSE TRUE END""",
    "debits and credits differ": """
        SELECT 'all accounts', d, c FROM (
            SELECT (SELECT coalesce(sum(amount_nanos), 0) FROM transfers
                    WHERE debit LIKE 'house:%' OR debit LIKE 'customer:%') AS d,
                   (SELECT coalesce(sum(amount_nanos), 0) FROM transfers
                    WHERE credit LIKE 'house:%' OR credit LIKE 'customer:%') AS c) AS sides
        WHERE d <> c""",
    "balance differs from what was posted": """
        SELECT a.account_id, coalesce(t.nanos, 0), a.balance_nanos FROM accounts a
        LEFT JOIN (
            SELECT account_id, sum(CASE
                WHEN kind = 'post' THEN -amount_nanos
                WHEN hold_id IS NULL AND credit = 'customer:available' THEN amount_nanos
                WHEN hold_id IS NULL THEN -amount_nanos ELSE 0 END) AS nanos
            FROM transfers GROUP BY account_id) AS t ON t.account_id = a.account_id
        WHERE a.balance_nanos <> coalesce(t.nanos, 0)""",
    "transfers of an account without a row": """
        SELECT account_id, 0, count(*) FROM transfers
        WHERE account_id NOT IN (SELECT account_id FROM accounts) GROUP BY account_id""",
    "held differs from the open pendings": """
        SELECT a.account_id, coalesce(t.nanos, 0), a.held_nanos FROM accounts a
        LEFT JOIN (
            SELECT account_id, sum(CASE WHEN kind IN ('pending', 'extend') THEN amount_nanos
                ELSE -held_nanos END) AS nanos
            FROM transfers WHERE hold_id IS NOT NULL GROUP BY account_id
        ) AS t ON t.account_id = a.account_id
        WHERE a.held_nanos <> coalesce(t.nanos, 0)""",
    "an account's held amount differs from its holds": """
        SELECT a.account_id, coalesce(h.nanos, 0), a.held_nanos FROM accounts a
        LEFT JOIN (SELECT account_id, sum(nanos) AS nanos FROM holds GROUP BY account_id) AS h
            ON h.account_id = a.account_id
        WHERE a.held_nanos <> coalesce(h.nanos, 0)""",
    "a token's held amount differs from its holds": """
        SELECT a.token_id, coalesce(h.nanos, 0), a.held_nanos FROM tokens a
        LEFT JOIN (SELECT token_id, sum(nanos) AS nanos FROM holds GROUP BY token_id) AS h
            ON h.token_id = a.token_id
        WHERE a.held_nanos <> coalesce(h.nanos, 0)""",
    "an account's concurrent requests differ from its holds": """
        SELECT a.account_id, coalesce(h.many, 0), a.open_holds FROM accounts a
        LEFT JOIN (SELECT account_id, count(*) AS many FROM holds WHERE owner = 'gateway'
            GROUP BY account_id) AS h ON h.account_id = a.account_id
        WHERE a.open_holds <> coalesce(h.many, 0)""",
    "a token's concurrent requests differ from its holds": """
        SELECT a.token_id, coalesce(h.many, 0), a.open_holds FROM tokens a
        LEFT JOIN (SELECT token_id, count(*) AS many FROM holds WHERE owner = 'gateway'
            GROUP BY token_id) AS h ON h.token_id = a.token_id
        WHERE a.open_holds <> coalesce(h.many, 0)""",
    "an open hold has no pending transfer": """
        SELECT h.hold_id, h.n, 0 FROM holds h LEFT JOIN transfers t
            ON t.n = h.n AND t.kind = 'pending' AND t.hold_id = h.hold_id
        WHERE t.n IS NULL""",
    "an open hold is resolved": """
        SELECT h.hold_id, h.n, t.kind FROM holds h JOIN transfers t
            ON t.hold_id = h.hold_id AND t.account_id = h.account_id
            AND t.kind IN ('post', 'void', 'expire')""",
    "pendings, resolutions and open holds do not add up": """
        SELECT 'pendings', pendings, resolved + open FROM (
            SELECT (SELECT count(*) FROM transfers WHERE kind = 'pending') AS pendings,
                   (SELECT count(*) FROM transfers
                    WHERE kind IN ('post', 'void', 'expire')) AS resolved,
                   (SELECT count(*) FROM holds) AS open) AS counts
        WHERE pendings <> resolved + open""",
    "a resolution has no pending transfer": """
        SELECT r.hold_id, r.pending_n, 0 FROM transfers r LEFT JOIN transfers p
            ON p.n = r.pending_n AND p.kind = 'pending' AND p.hold_id = r.hold_id
            AND p.account_id = r.account_id
        WHERE r.kind IN ('post', 'void', 'expire') AND p.n IS NULL""",
    "a resolution frees another sum than was held": """
        SELECT r.hold_id, p.amount_nanos + coalesce(e.nanos, 0), r.held_nanos FROM transfers r
        JOIN transfers p ON p.n = r.pending_n
        LEFT JOIN (SELECT hold_id, account_id, sum(amount_nanos) AS nanos FROM transfers
            WHERE kind = 'extend' GROUP BY hold_id, account_id) AS e
            ON e.hold_id = r.hold_id AND e.account_id = r.account_id
        WHERE r.kind IN ('post', 'void', 'expire')
            AND r.held_nanos <> p.amount_nanos + coalesce(e.nanos, 0)""",
    "a hold was resolved twice": """
        SELECT hold_id, 1, count(*) FROM transfers WHERE kind IN ('post', 'void', 'expire')
        GROUP BY hold_id, account_id HAVING count(*) > 1""",
    "an inexact post is above its hold": """
        SELECT hold_id, held_nanos, amount_nanos FROM transfers
        WHERE kind = 'post' AND NOT exact AND amount_nanos > held_nanos""",
    "resolutions and log rows do not pair": """
        SELECT 'rows of resolutions', resolved, logged + gone FROM (
            SELECT (SELECT count(*) FROM transfers
                    WHERE kind IN ('post', 'void', 'expire')) AS resolved,
                   (SELECT count(*) FROM requests WHERE hold_id IS NOT NULL
                    AND _is_counted_) AS logged,
                   (SELECT coalesce(sum(resolutions), 0) FROM rollups
                    WHERE hour_ms IN (SELECT hour_ms FROM retired)) AS gone) AS counts
        WHERE resolved <> logged + gone""",
    "a log row has no resolution like it": """
        SELECT q.request_id, q.nanos, t.amount_nanos FROM requests q LEFT JOIN transfers t
            ON t.hold_id = q.hold_id AND t.account_id = q.account_id
            AND t.kind IN ('post', 'void', 'expire')
        WHERE q.hold_id IS NOT NULL AND (t.n IS NULL OR t.kind <> q.kind OR t.exact <> q.exact
            OR q.loss_nanos <> t.short_nanos
            OR q.nanos <> CASE WHEN t.kind = 'post' THEN t.amount_nanos ELSE 0 END)""",
    "two log rows name one hold": """
        SELECT hold_id, 1, count(*) FROM requests WHERE hold_id IS NOT NULL
        GROUP BY hold_id HAVING count(*) > 1""",
    "a request without a hold has a cost": """
        SELECT request_id, 0, nanos FROM requests WHERE hold_id IS NULL AND nanos <> 0""",
    "the log's cost differs from what was posted": """
        SELECT 'all accounts', posted, logged + gone FROM (
            SELECT (SELECT coalesce(sum(amount_nanos), 0) FROM transfers
                    WHERE kind = 'post') AS posted,
                   (SELECT coalesce(sum(nanos), 0) FROM requests
                    WHERE _is_counted_) AS logged,
                   (SELECT coalesce(sum(nanos), 0) FROM rollups
                    WHERE hour_ms IN (SELECT hour_ms FROM retired)) AS gone) AS sums
        WHERE posted <> logged + gone""",
    "spent differs from what was posted": """
        SELECT a.account_id, coalesce(t.nanos, 0), a.spent_nanos FROM accounts a
        LEFT JOIN (SELECT account_id, sum(amount_nanos) AS nanos FROM transfers
            WHERE kind = 'post' GROUP BY account_id) AS t ON t.account_id = a.account_id
        WHERE a.spent_nanos <> coalesce(t.nanos, 0)""",
    "a token's spent amount differs from its hours": """
        SELECT a.token_id, coalesce(t.nanos, 0), a.spent_nanos FROM tokens a
        LEFT JOIN (SELECT token_id, sum(nanos) AS nanos FROM rollups GROUP BY token_id) AS t
            ON t.token_id = a.token_id
        WHERE a.spent_nanos <> coalesce(t.nanos, 0)""",
    "an account is below its floor": """
        SELECT account_id, floor_nanos, balance_nanos - held_nanos FROM accounts
        WHERE balance_nanos - held_nanos < least_nanos""",
    "an hour's totals differ from its rows": """
        SELECT hour_ms, sum(rows_nanos), sum(hour_nanos) FROM (
            SELECT created_ms - created_ms % 3600000 AS hour_ms, account_id, 1 AS many,
                CASE WHEN status >= 400 THEN 1 ELSE 0 END AS failed,
                CASE WHEN hold_id IS NULL THEN 0 ELSE 1 END AS resolved,
                nanos AS rows_nanos, 0 AS hour_nanos, nanos, cost_nanos, loss_nanos,
                input_tokens, output_tokens, token_id, model, group_name, channel_id
            FROM requests WHERE _is_counted_
            UNION ALL
            SELECT hour_ms, account_id, -requests, -failures, -resolutions, 0, nanos, -nanos,
                -cost_nanos, -loss_nanos, -input_tokens, -output_tokens, token_id, model,
                group_name, channel_id
            FROM rollups WHERE hour_ms NOT IN (SELECT hour_ms FROM retired)) AS both_sides
        GROUP BY hour_ms, account_id, token_id, model, group_name, channel_id
        HAVING sum(many) <> 0 OR sum(failed) <> 0 OR sum(resolved) <> 0 OR sum(nanos) <> 0
            OR sum(cost_nanos) <> 0 OR sum(loss_nanos) <> 0 OR sum(input_tokens) <> 0
            OR sum(output_tokens) <> 0""",
}  # fmt: skip


async def audit(books: Books, also: Callable[[], Awaitable[Sequence[str]]] | None = None) -> Report:
    """The report of open books. also: further failures, such as those across `main` and `ledger`.

    Raises BooksAway."""
    report = msgspec.json.decode(await books.report(), type=Report)
    if also is not None:
        report["failures"] += await also()
        report["clean"] = not report["failures"]
    return report


def audit_report() -> Generator[Query, Rows, Report]:
    counted = yield "SELECT kind, count(*) FROM transfers GROUP BY kind", {}
    kinds = {row[0]: int(row[1]) for row in counted}
    open_holds = yield "SELECT count(*) FROM holds", {}
    inexact = yield "SELECT count(*) FROM transfers WHERE kind = 'post' AND NOT exact", {}
    loss = yield "SELECT coalesce(sum(loss_nanos), 0) FROM rollups", {}
    failures: list[str] = []
    for name, sql in CHECKS.items():
        sql = sql.replace("_is_counted_", _IS_COUNTED)
        wrong = yield f"SELECT * FROM ({sql}) AS wrong LIMIT {FAILURES_MAX + 1}", {}  # noqa: S608
        failures += [
            f"{name}: {about} (expected {expected}, found {found})"
            for about, expected, found in wrong[:FAILURES_MAX]
        ]
        if len(wrong) > FAILURES_MAX:
            failures.append(f"{name}: and more")
    return Report(
        clean=not failures,
        open_holds=int(open_holds[0][0]),
        posted=kinds.get("post", 0),
        voided=kinds.get("void", 0),
        expired=kinds.get("expire", 0),
        inexact=int(inexact[0][0]),
        loss_nanos=int(loss[0][0]),
        failures=failures,
    )

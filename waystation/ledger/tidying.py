"""Removing old rows of the request log, page by page, so that nobody waits for long.

An hour is noted as retired before the first of its rows goes; from then on its totals stand for
all of its rows, those that are still there included. So the audit is right at every moment, however
far the removal has come. Rows stand in the order in which they were settled: behind a page of
young ones there are no old ones to speak of.
"""

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from waystation.ledger.log_upkeep import Tidied, TidyLog
from waystation.ledger.records import HOUR_MS

PAGE_ROWS_MAX = 2_000


def tidy(
    asked: TidyLog, tables: Sequence[str] = ("requests",)
) -> Generator[tuple[str, Mapping[str, Any]], Sequence[Sequence[Any]], Tidied]:
    """tables: that have an index by n; a log in parts is tidied by dropping them, but for some."""
    before_ms = asked.before_ms // HOUR_MS * HOUR_MS
    count = max(1, min(asked.count, PAGE_ROWS_MAX))
    either = " UNION ALL ".join(
        f"SELECT n, created_ms FROM {table} WHERE n > :after"  # noqa: S608
        for table in tables
    )
    rows = yield (
        f"SELECT n, created_ms FROM ({either}) AS loose ORDER BY n LIMIT :count",  # noqa: S608
        {"after": asked.after_n, "count": count},
    )
    old = [created_ms for _, created_ms in rows if created_ms < before_ms]
    if not old:
        return Tidied(asked.id)
    for hour_ms in sorted({created_ms // HOUR_MS * HOUR_MS for created_ms in old}):
        yield (
            "INSERT INTO retired (hour_ms) VALUES (:hour) ON CONFLICT DO NOTHING",
            {"hour": hour_ms},
        )
    last = rows[-1][0]
    for table in tables:
        yield (
            f"DELETE FROM {table} WHERE n > :after AND n <= :last "  # noqa: S608
            "AND created_ms < :before",
            {"after": asked.after_n, "last": last, "before": before_ms},
        )
    return Tidied(asked.id, len(old), last if len(rows) == count else 0)

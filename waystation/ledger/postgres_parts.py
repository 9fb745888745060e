"""The request log on PostgreSQL, in parts by the time of the request.

A part is a calendar week or, where rows are kept for long, a month (UTC). Parts are made ahead, and
retention drops those that are over as a whole: no row is looked at, and the space is back at once.
Two parts are always there: `requests_early` has what was written before the log was divided, and
`requests_rest` what no other part is for: rows of requests that outlived their part. From these two
old rows are removed page by page (tidying.py).

No statement here waits long for a lock, for whoever came later would wait behind it: what cannot be
had at once is tried again in an hour.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import asyncpg

from waystation.ledger.records import HOUR_MS

LOOSE = ("requests_early", "requests_rest")
WEEKS_BELOW_DAYS = 200
"""Rows that are kept for fewer days are divided by weeks. A page of the log looks into the plan of
every part: some tens cost nothing that one feels, a hundred do."""
AHEAD_MS = 10 * 24 * HOUR_MS
LOCK_WAIT = "SET LOCAL lock_timeout = '300ms'"
_KEEPER = 0x7061727473  # any number that nobody else takes for an advisory lock

DIVIDE = (
    "ALTER TABLE requests RENAME TO requests_early",
    "CREATE TABLE requests (LIKE requests_early) PARTITION BY RANGE (created_ms)",
    "CREATE INDEX requests_parts_page ON requests (account_id, created_ms, n)",
    "CREATE INDEX requests_parts_id ON requests (request_id)",
    "CREATE INDEX requests_parts_time ON requests (created_ms, n)",
    # Its end is the next day's beginning, by the clock or the latest row; its indexes are taken as
    # they are, so that one reading of the table is all that it costs.
    """DO $$ DECLARE latest bigint; day constant bigint := 86400000; BEGIN
        SELECT greatest(coalesce(max(created_ms), 0),
            (extract(epoch from clock_timestamp()) * 1000)::bigint) INTO latest FROM requests_early;
        EXECUTE format('ALTER TABLE requests ATTACH PARTITION requests_early '
            'FOR VALUES FROM (MINVALUE) TO (%s)', (latest / day + 1) * day);
    END $$""",
    "CREATE TABLE requests_rest PARTITION OF requests DEFAULT",
    "ALTER TABLE requests_rest ADD PRIMARY KEY (n)",
)
UNITE = (
    "ALTER TABLE requests DETACH PARTITION requests_early",
    "INSERT INTO requests_early SELECT * FROM requests",
    "DROP TABLE requests",
    "ALTER TABLE requests_early RENAME TO requests",
)
"""The way back: rows of the parts are copied, all in one transaction."""

_PARTS = (
    "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i "
    "JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'requests'::regclass"
)
_BOUNDS = re.compile(r"FROM \((MINVALUE|'?-?\d+'?)\) TO \('?(-?\d+)'?\)")
_RETIRE = (
    "INSERT INTO retired (hour_ms) SELECT generate_series($1::bigint, $2::bigint - 1, $3::bigint) "
    "ON CONFLICT DO NOTHING"
)
_MANY = "SELECT coalesce(sum(requests), 0) FROM rollups WHERE hour_ms >= $1 AND hour_ms < $2"


class Part(NamedTuple):
    """from_ms: 0 for the one without a beginning. to_ms: exclusive."""

    name: str
    from_ms: int
    to_ms: int


async def parts(connection: asyncpg.Connection) -> list[Part]:
    """Those with an end, in the order of time. Raises asyncpg.PostgresError, OSError."""
    found = []
    for name, told in await connection.fetch(_PARTS):
        bounds = _BOUNDS.search(told)
        if bounds is not None:
            first = bounds[1].strip("'")
            found.append(Part(name, 0 if first == "MINVALUE" else int(first), int(bounds[2])))
    return sorted(found, key=lambda part: part.to_ms)


async def make_ahead(connection: asyncpg.Connection, now_ms: int, log_days: int) -> int:
    """Parts up to some days from now; how many were made. log_days: how long rows are kept, 0: for
    ever. Raises asyncpg.PostgresError, OSError."""
    made = 0
    known = await parts(connection)
    if not known:
        return 0  # before the step that divides it
    end_ms = known[-1].to_ms
    by_month = not 0 < log_days < WEEKS_BELOW_DAYS
    while end_ms <= now_ms + AHEAD_MS:
        first_ms = max(end_ms, now_ms // (24 * HOUR_MS) * 24 * HOUR_MS)
        end_ms = _end_of(first_ms, by_month)
        made += await _make(connection, first_ms, end_ms)
    return made


async def drop_old(connection: asyncpg.Connection, before_ms: int) -> int:
    """Parts that ended by then; how many rows they had. Raises asyncpg.PostgresError, OSError."""
    gone = 0
    for part in await parts(connection):
        if part.name not in LOOSE and part.to_ms <= before_ms:
            gone += await _drop(connection, part)
    return gone


def _end_of(first_ms: int, by_month: bool) -> int:
    """The next Monday's, or the next month's, beginning."""
    day = datetime.fromtimestamp(first_ms / 1000, UTC)
    if by_month:
        end = day.replace(year=day.year + day.month // 12, month=day.month % 12 + 1, day=1)
    else:
        end = day + timedelta(days=7 - day.weekday())
    return round(end.timestamp()) * 1000


async def _make(connection: asyncpg.Connection, first_ms: int, end_ms: int) -> bool:
    """Made apart and put in place, which neither readers nor writers of the log wait for."""
    name = f"requests_from_{datetime.fromtimestamp(first_ms / 1000, UTC):%Y%m%d}"
    try:
        async with connection.transaction():
            await connection.execute(LOCK_WAIT)
            if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", _KEEPER):
                return False  # another node is at it
            await connection.execute(f"CREATE TABLE {name} (LIKE requests)")
            await connection.execute(
                f"ALTER TABLE requests ATTACH PARTITION {name} "
                f"FOR VALUES FROM ({first_ms}) TO ({end_ms})"
            )
    except (
        asyncpg.LockNotAvailableError,
        asyncpg.DuplicateTableError,  # made by another node just now
        asyncpg.InvalidObjectDefinitionError,
        asyncpg.CheckViolationError,  # `requests_rest` has rows of that time: it keeps them
    ):
        return False
    return True


async def _drop(connection: asyncpg.Connection, part: Part) -> int:
    """Its hours' totals stand for its rows from the same moment on."""
    try:
        async with connection.transaction():
            await connection.execute(LOCK_WAIT)
            await connection.execute(f"DROP TABLE {part.name}")
            await connection.execute(_RETIRE, part.from_ms, part.to_ms, HOUR_MS)
            return int(await connection.fetchval(_MANY, part.from_ms, part.to_ms))
    except (asyncpg.LockNotAvailableError, asyncpg.UndefinedTableError):
        return 0

"""Does time pass evenly, and as it does for the database?

Budgets, expiries and leases go by the clock: a clock that jumps or differs makes them wrong.
"""

import time
from collections.abc import Callable

from sqlalchemy import text

from waystation.control.doctor.check import Check
from waystation.kernel.clock import now_ms
from waystation.storage.database import Database, StorageAway

SAMPLE_SECONDS = 0.25
DRIFT_SECONDS_MAX = 0.05
SKEW_MS_MAX = 2_000
_EARLIEST_MS = 1_767_225_600_000  # 2026: this program did not exist before
_NAME = "clock"
_DATABASE = "database clock"
_ADVICE = "Run a time service (chrony, systemd-timesyncd) on this machine."


def check_clock(
    wall: Callable[[], float] = time.time,
    steady: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Check:
    """Watches the wall clock against the monotonic one for a moment."""
    if wall() * 1000 < _EARLIEST_MS:
        return Check(_NAME, False, "the clock is years behind", _ADVICE)
    began, steady_began = wall(), steady()
    pause(SAMPLE_SECONDS)
    drift_seconds = (wall() - began) - (steady() - steady_began)
    if abs(drift_seconds) > DRIFT_SECONDS_MAX:
        detail = f"the wall clock moved by {drift_seconds:+.3f} s in {SAMPLE_SECONDS} s"
        return Check(_NAME, False, detail, _ADVICE)
    return Check(_NAME, True, f"even to {abs(drift_seconds) * 1000:.1f} ms")


async def check_database_clock(database: Database, now: Callable[[], int] = now_ms) -> Check:
    """SQLite has no clock of its own; a PostgreSQL server has."""
    if database.kind == "sqlite":
        return Check(_DATABASE, True, "SQLite uses this machine's")
    asked = now()
    try:
        async with database.read() as connection:
            found = await connection.execute(
                text("SELECT (extract(epoch from clock_timestamp()) * 1000)::bigint")
            )
            theirs = int(found.scalar_one())
    except StorageAway as away:
        return Check(_DATABASE, False, f"the database does not answer: {away}", "See the schema.")
    answered = now()
    skew_ms = theirs - answered if theirs > answered else min(theirs - asked, 0)
    if abs(skew_ms) > SKEW_MS_MAX:
        return Check(_DATABASE, False, f"it is {skew_ms:+d} ms from this machine's", _ADVICE)
    return Check(_DATABASE, True, f"within {abs(skew_ms)} ms of this machine's")

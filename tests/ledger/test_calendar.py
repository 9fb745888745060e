"""Days, weeks and months at their edges."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from waystation.ledger.calendar import Calendar, Spend, Starts

HOUR_MS = 3_600_000


def ms(text: str, zone: str = "UTC", fold: int = 0) -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return round(moment.timestamp() * 1000)


def test_shanghai_has_its_own_midnight() -> None:
    calendar = Calendar("Asia/Shanghai")
    before, after = ms("2026-11-22T15:59:59.999"), ms("2026-11-22T16:00:00")
    assert calendar.starts(before).day == ms("2026-11-21T16:00:00")
    assert calendar.starts(after).day == after
    assert calendar.starts(before).day == ms("2026-11-21T16:00:00")


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    calendar = Calendar("UTC")
    sunday, monday = ms("2026-11-22T23:59:59.999"), ms("2026-11-23T00:00:00")
    assert calendar.starts(sunday).week == ms("2026-11-16")
    assert calendar.starts(monday).week == monday
    assert calendar.starts(ms("2026-11-30T12:00")).month == ms("2026-11-01")
    # A week that began in the month before.
    assert calendar.starts(ms("2026-12-01T12:00")) == Starts(
        ms("2026-12-01"), ms("2026-11-30"), ms("2026-12-01")
    )


@pytest.mark.parametrize(
    ("zone", "noon", "first", "hours"),
    [
        ("Europe/Berlin", "2026-03-29T12:00", "2026-03-29T00:00", 23),
        ("Europe/Berlin", "2026-10-25T12:00", "2026-10-25T00:00", 25),
        ("America/New_York", "2026-03-08T12:00", "2026-03-08T00:00", 23),
        # The clocks skip midnight itself: the day begins at 01:00.
        ("America/Santiago", "2026-09-06T12:00", "2026-09-06T01:00", 23),
        # Midnight comes twice, at the end of the day before: that day has 25 hours.
        ("America/Santiago", "2026-04-04T12:00", "2026-04-04T00:00", 25),
        ("Australia/Lord_Howe", "2026-04-05T12:00", "2026-04-05T00:00", 24.5),
        # The whole of 30 December was skipped.
        ("Pacific/Apia", "2011-12-31T12:00", "2011-12-31T00:00", 24),
    ],
)
def test_days_of_other_lengths(zone: str, noon: str, first: str, hours: float) -> None:
    calendar = Calendar(zone)
    start = ms(first, zone)
    end = start + round(hours * HOUR_MS)
    assert calendar.starts(ms(noon, zone)).day == start
    assert calendar.starts(start).day == start
    assert calendar.starts(start - 1).day < start
    assert calendar.starts(end - 1).day == start
    assert calendar.starts(end).day == end


def test_every_hour_of_years_lies_in_its_day() -> None:
    for zone in ("Europe/London", "America/Santiago", "Asia/Beirut", "Africa/Cairo"):
        calendar = Calendar(zone)
        last = calendar.starts(ms("2025-01-01"))
        for moment in range(ms("2025-01-01"), ms("2027-01-01"), HOUR_MS // 2):
            starts = calendar.starts(moment)
            assert starts.day <= moment < starts.day + 25 * HOUR_MS
            assert starts.week <= starts.day
            assert starts.month <= starts.day
            assert starts.day >= last.day
            last = starts


def test_spend_turns_with_the_calendar() -> None:
    calendar = Calendar("UTC")
    spend = Spend()
    for day in ("2026-11-29", "2026-11-30", "2026-12-01"):
        now = ms(day) + 5
        spend.turn(now, calendar.starts(now))
        spend.add(10)
    assert (spend.total, spend.day, spend.week, spend.month) == (30, 10, 20, 10)
    # A clock that went back a little does not open the last month again.
    now = ms("2026-11-30") + 7
    spend.turn(now, calendar.starts(now))
    assert (spend.day, spend.at_ms) == (10, ms("2026-12-01") + 5)

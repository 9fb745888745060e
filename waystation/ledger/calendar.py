"""Where days, weeks and months begin, in the operator's time zone."""

from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec


class Starts(NamedTuple):
    """Unix milliseconds of the first instant of the running day, week (Monday) and month."""

    day: int
    week: int
    month: int


class Calendar:
    """Remembers the running day, so that asking costs two comparisons."""

    __slots__ = ("_from_ms", "_starts", "_until_ms", "zone")

    def __init__(self, time_zone: str) -> None:
        """Raises zoneinfo.ZoneInfoNotFoundError."""
        self.zone = ZoneInfo(time_zone)
        self._from_ms = 0
        self._until_ms = 0
        self._starts = Starts(0, 0, 0)

    def starts(self, now_ms: int) -> Starts:
        if not self._from_ms <= now_ms < self._until_ms:
            self._turn(now_ms)
        return self._starts

    def _turn(self, now_ms: int) -> None:
        today = datetime.fromtimestamp(now_ms / 1000, self.zone).date()
        self._from_ms = self._first_ms(today)
        self._until_ms = self._first_ms(today + timedelta(days=1))
        self._starts = Starts(
            self._from_ms,
            self._first_ms(today - timedelta(days=today.weekday())),
            self._first_ms(today.replace(day=1)),
        )

    def _first_ms(self, day: date) -> int:
        # A midnight that the clocks skip counts with the offset before the change (fold=0), which
        # is the instant of the change itself; one that comes twice counts the first time.
        return round(datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp() * 1000)


class Spend(msgspec.Struct):
    """Nanos posted, in all and in the periods in which `at_ms` lies."""

    total: int = 0
    day: int = 0
    week: int = 0
    month: int = 0
    at_ms: int = 0

    def turn(self, now_ms: int, starts: Starts) -> None:
        """Bring it into the periods of now_ms. A clock that went back changes nothing."""
        at_ms = self.at_ms
        if at_ms < starts.day:
            self.day = 0
            if at_ms < starts.week:
                self.week = 0
            if at_ms < starts.month:
                self.month = 0
        if now_ms > at_ms:
            self.at_ms = now_ms

    def add(self, nanos: int) -> None:
        self.total += nanos
        self.day += nanos
        self.week += nanos
        self.month += nanos

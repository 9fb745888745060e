"""When to leave something alone: a breaker for what fails, a park for what refuses.

Both are told when the attempt that they judge had begun. News of attempts from before the last
change are old: a time-out that began in bad times neither prolongs nor reopens.
"""

CONSECUTIVE_MAX = 5
RATIO_MAX = 0.5
RATIO_SAMPLES_MIN = 20
WINDOW_SECONDS = 10.0
OPEN_SECONDS_FIRST = 0.5
OPEN_SECONDS_MAX = 3.0
NEWS_SECONDS_MAX = 300.0

REFUSED_SECONDS_FIRST = 5.0
REFUSED_SECONDS_MAX = 300.0
LIMITED_SECONDS_FIRST = 1.0
LIMITED_SECONDS_MAX = 60.0
TRICKLE_SECONDS = 3.0

_NEVER = float("-inf")


class Breaker:
    """Counts failures. Opens after CONSECUTIVE_MAX in a row (dead), or when half of enough calls
    in the window fail (shaky: still better than nothing). Open, it lets one probe through each
    period; a success closes it."""

    __slots__ = ("changed", "failures", "in_row", "period", "reopens", "shaky", "total", "window")

    def __init__(self, now: float) -> None:
        self.changed = _NEVER
        self.window = now
        self.in_row = 0
        self.failures = 0
        self.total = 0
        self.period = 0.0  # 0: closed
        self.reopens = 0.0  # when the next probe may go
        self.shaky = False

    def failed(self, began: float, now: float, weight: int = 1) -> None:
        if began <= self.changed:
            return
        self._count(now)
        self.failures += 1
        self.in_row += weight
        if self.period:
            self._open(now, min(self.period * 2, OPEN_SECONDS_MAX))
        elif self.in_row >= CONSECUTIVE_MAX:
            self.shaky = False
            self._open(now, OPEN_SECONDS_FIRST)
        elif self.total >= RATIO_SAMPLES_MIN and self.failures > RATIO_MAX * self.total:
            self.shaky = True
            self._open(now, OPEN_SECONDS_FIRST)

    def succeeded(self, now: float) -> None:
        if self.period:
            self.__init__(now)  # type: ignore[misc]  # as new
            self.changed = now
            return
        self._count(now)
        self.in_row = 0

    def probing(self, now: float) -> None:
        """A probe is under way; should it hang, the next may go a period later."""
        self.reopens = now + self.period

    def withdrawn(self, now: float) -> None:
        """The probe did not take place: the next may go at once."""
        self.reopens = now

    def forgettable(self, now: float) -> bool:
        """Nothing is held against it, and no news of its bad times can still be on the way."""
        return not (self.period or self.failures) and now - self.changed > NEWS_SECONDS_MAX

    def _open(self, now: float, period: float) -> None:
        self.period = period
        self.reopens = now + period
        self.changed = now

    def _count(self, now: float) -> None:
        if now - self.window >= WINDOW_SECONDS:
            self.window = now
            self.failures = 0
            self.total = 0
        self.total += 1


class Park:
    """A key that was refused or limited: left alone until its time, longer each time in a row."""

    __slots__ = ("changed", "strikes", "trickle", "until")

    def __init__(self) -> None:
        self.changed = _NEVER
        self.strikes = 0
        self.until = 0.0
        self.trickle = float("inf")  # from when on it is tried if nothing else is left

    def refused(self, began: float, now: float) -> None:
        """Our account or key is not accepted: grows to REFUSED_SECONDS_MAX."""
        if began > self.changed:
            seconds = REFUSED_SECONDS_FIRST * 2.0 ** min(self.strikes, 16)
            self._park(now, min(seconds, REFUSED_SECONDS_MAX))
            self.trickle = now + TRICKLE_SECONDS

    def limited(self, began: float, now: float, retry_after_seconds: float | None) -> None:
        """Too many calls: as long as the upstream says, bounded."""
        if began > self.changed:
            seconds = retry_after_seconds
            if seconds is None or seconds <= 0:
                seconds = LIMITED_SECONDS_FIRST * 2.0 ** min(self.strikes, 16)
            self._park(now, min(seconds, LIMITED_SECONDS_MAX))

    def probing(self, now: float) -> None:
        """Someone is trying it: the others wait for what comes of it."""
        self.until = max(self.until, now + TRICKLE_SECONDS)
        if self.trickle <= now:
            self.trickle = now + TRICKLE_SECONDS

    def withdrawn(self, now: float) -> None:
        """The try did not take place: the next may go at once."""
        if self.until <= now + TRICKLE_SECONDS:
            self.until = now
        else:
            self.trickle = now

    def _park(self, now: float, seconds: float) -> None:
        self.strikes += 1
        self.until = now + seconds
        self.changed = now

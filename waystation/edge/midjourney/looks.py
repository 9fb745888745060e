"""How often an account may look at its tasks, which costs it nothing: a bucket for each, that fills
steadily and holds what a minute brings. One a gateway."""

from collections.abc import Callable
from math import ceil
from time import monotonic

from waystation.errors import Fault

ACCOUNTS_MAX = 20_000


class Looks:
    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._left: dict[int, tuple[float, float]] = {}

    def take(self, account_id: int, a_minute: int) -> None:
        """a_minute: 0 no limit. Raises Fault (429)."""
        if not a_minute:
            return
        now = self._clock()
        left, at = self._left.get(account_id, (float(a_minute), now))
        left = min(float(a_minute), left + (now - at) * a_minute / 60)
        if left < 1:
            wait = ceil((1 - left) * 60 / a_minute)
            raise Fault("rate_limit_exceeded", retry_after=wait, limit="account looks per minute")
        if len(self._left) >= ACCOUNTS_MAX:
            self._left.clear()
        self._left[account_id] = (left - 1, now)

"""Traffic in simulated time: clients that come, channels that answer, fail or hang."""

import heapq
from collections.abc import Callable
from itertools import count
from random import Random

from waystation.routing.choice import Attempt, Attempts, Router
from waystation.routing.choices import Choices
from waystation.routing.verdict import Verdict

Upstream = Callable[[int, int, float], tuple[float, Verdict | None]]
"""(channel, key, when it is asked) → (seconds until it tells, what; None: it answers)."""


class Storm:
    """What became of each client, and how often upstreams were called."""

    def __init__(self, chosen: Choices, upstream: Upstream, seed: int = 1) -> None:
        self.chosen = chosen
        self.upstream = upstream
        self.random = Random(seed)
        self.router = Router(random=Random(seed + 1))
        self.clients: list[float] = []
        self.calls: list[float] = []
        self.served: list[float] = []  # when they came
        self.failed: list[float] = []
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = count()

    def run(self, per_second: float, seconds: float) -> None:
        now = 0.0
        while (now := now + self.random.expovariate(per_second)) < seconds:
            self._at(now, self._arrive)
        while self._events:
            now, _, event = heapq.heappop(self._events)
            event(now)

    def _at(self, when: float, event: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (when, next(self._order), event))

    def _arrive(self, now: float) -> None:
        self.clients.append(now)
        self._go_on(self.router.attempts(self.chosen), now, now)

    def _go_on(self, attempts: Attempts, came: float, now: float) -> None:
        attempt = attempts.next(now)
        if attempt is None:
            assert attempts.fault(now).status >= 429
            self.failed.append(came)
            return
        self.calls.append(now)
        seconds, verdict = self.upstream(attempt.candidate.channel.id, attempt.key.id, now)
        self._at(now + seconds, lambda then: self._told(attempts, attempt, verdict, came, then))

    def _told(
        self,
        attempts: Attempts,
        attempt: Attempt,
        verdict: Verdict | None,
        came: float,
        now: float,
    ) -> None:
        if verdict is None:
            attempts.succeeded(attempt, now)
            self.served.append(came)
        else:
            attempts.failed(attempt, verdict, now)
            self._go_on(attempts, came, now)


def between(times: list[float], start: float, end: float) -> int:
    return sum(start <= time < end for time in times)

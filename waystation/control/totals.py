"""The house's totals by the hour, remembered: what is past does not change any more.

The ledger is asked hour by hour, so that none of its answers takes long; the last day is asked
anew after a minute, for slow requests count in the hour they arrived in, and this hour after a
moment: who has sent a request wants to see it.
"""

import asyncio
import math
from collections import OrderedDict
from typing import NamedTuple

from waystation.kernel.clock import monotonic, now_ms
from waystation.kernel.ids import request_id
from waystation.ledger.port import Ledger, LedgerAway
from waystation.ledger.questions import AskSums, Sum, Sums

HOUR_MS = 3_600_000
FRESH_SECONDS = 60.0
THIS_HOUR_SECONDS = 2.0
SETTLED_MS = 26 * HOUR_MS
HOURS_MAX = 24 * 93
BY = ("model", "group", "channel")


class _Hour(NamedTuple):
    told_at: float
    sums: tuple[Sum, ...]


class Totals:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._hours: OrderedDict[int, _Hour] = OrderedDict()
        self._asking = asyncio.Lock()

    async def between(self, from_ms: int, to_ms: int) -> list[tuple[int, Sum]]:
        """(hour, its totals by BY) of each hour from from_ms to before to_ms, at most HOURS_MAX of
        them. Raises LedgerAway."""
        first = from_ms // HOUR_MS
        last = min(-(-min(to_ms, now_ms() + 1) // HOUR_MS), first + HOURS_MAX)
        async with self._asking:
            return [
                (hour * HOUR_MS, each)
                for hour in range(first, last)
                for each in await self._hour(hour)
            ]

    async def _hour(self, hour: int) -> tuple[Sum, ...]:
        known = self._hours.get(hour)
        if known is not None and monotonic() - known.told_at < _fresh_seconds(hour):
            return known.sums
        begin = hour * HOUR_MS
        asked = AskSums(request_id(), 0, begin, begin + HOUR_MS, BY)
        told = await self._ledger.ask(asked)
        if not isinstance(told, Sums):
            raise LedgerAway("an answer to another question")
        self._hours[hour] = _Hour(monotonic(), told.sums)
        while len(self._hours) > HOURS_MAX:
            self._hours.popitem(last=False)
        return told.sums


def _fresh_seconds(hour: int) -> float:
    """How long what was told of it may be told again."""
    ended_ms = now_ms() - (hour + 1) * HOUR_MS
    if ended_ms > SETTLED_MS:
        return math.inf
    return FRESH_SECONDS if ended_ms > 0 else THIS_HOUR_SECONDS

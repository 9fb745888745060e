"""How long streams took to their first content, out of what the gateways counted; and out of the
request log, for the time before this process began."""

import asyncio
from collections.abc import Mapping
from itertools import pairwise

import structlog

from waystation.control.aggregate import FIRST_TOKEN_HOURS, HOUR_MS, Aggregate
from waystation.journal.metrics import FAMILIES, FIRST_TOKEN, Histogram
from waystation.kernel.clock import now_ms
from waystation.kernel.ids import request_id
from waystation.ledger.port import Ledger, LedgerAway
from waystation.ledger.questions import AskLog, LogFilter, LogLine, LogState

RECALLED_ROWS_MAX = 5000
"""The newest: enough for a median, and little for the ledger."""
PAGE_ROWS = 250
PAUSE_SECONDS = 0.05
"""Between two pages, for the ledger has more to do."""
RETRY_SECONDS = 5.0

log = structlog.get_logger("waystation.control")
_LABELS = FAMILIES[FIRST_TOKEN].labels


def first_token_medians(
    counted: Mapping[tuple[str, ...], Histogram], *by: str
) -> dict[tuple[str, ...], int]:
    """Milliseconds by these of channel, group and model."""
    places = [_LABELS.index(name) for name in by]
    sums: dict[tuple[str, ...], Histogram] = {}
    for labels, each in counted.items():
        key = tuple(labels[place] for place in places)
        sums.setdefault(key, Histogram(each.bounds)).add(each.counts, each.total)
    return {key: median for key, each in sums.items() if (median := median_millis(each))}


def median_millis(counted: Histogram) -> int | None:
    """Within its bucket by proportion; None: nothing was counted."""
    half = sum(counted.counts) / 2
    if not half:
        return None
    edges = (0.0, *counted.bounds, counted.bounds[-1] * 2)
    below = 0
    for (low, high), count in zip(pairwise(edges), counted.counts, strict=True):
        if count and below + count >= half:
            return round((low + (high - low) * (half - below) / count) * 1000) or 1
        below += count
    raise AssertionError("half of a sum lies within it")


async def recall_first_tokens(aggregate: Aggregate, ledger: Ledger) -> None:
    """Once, until it has succeeded."""
    began_ms = now_ms()
    while True:
        try:
            waits = await _waits(ledger, began_ms)
            break
        except LedgerAway as away:
            log.info("first-token times are not recalled yet", reason=str(away))
            await asyncio.sleep(RETRY_SECONDS)
    for labels, seconds, at_ms in waits:
        aggregate.recall_first_token(labels, seconds, at_ms)


async def _waits(ledger: Ledger, to_ms: int) -> list[tuple[tuple[str, ...], float, int]]:
    """(labels, seconds, arrival) of streams of the last hours. Raises LedgerAway."""
    wanted = LogFilter(from_ms=to_ms - (FIRST_TOKEN_HOURS - 1) * HOUR_MS, to_ms=to_ms)
    waits: list[tuple[tuple[str, ...], float, int]] = []
    place = (0, 0)
    for _ in range(RECALLED_ROWS_MAX // PAGE_ROWS):
        told = await ledger.ask(AskLog(request_id(), wanted, PAGE_ROWS, *place))
        if not isinstance(told, LogState):
            raise LedgerAway("an answer to another question")
        waits += (wait for line in told.lines if (wait := _wait(line)) is not None)
        place = (told.next_ms, told.next_n)
        if not told.next_n:
            break
        await asyncio.sleep(PAUSE_SECONDS)
    return waits


def _wait(line: LogLine) -> tuple[tuple[str, ...], float, int] | None:
    """As the gateways count it."""
    row = line.open()
    facts = row.facts
    if not facts.stream or not row.first_millis or not row.attempts or row.end == "refused":
        return None
    told = {"channel": row.attempts[-1].channel, "model": facts.model}
    told["group"] = row.group or facts.group
    return tuple(told[name] for name in _LABELS), row.first_millis / 1000, facts.created_ms

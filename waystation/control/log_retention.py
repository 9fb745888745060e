"""The job that removes old rows of the request log, a page at a time, by way of the ledger."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from waystation.kernel.clock import now_ms
from waystation.kernel.ids import request_id
from waystation.ledger.log_upkeep import Tidied, TidyLog
from waystation.ledger.port import Answer, LedgerAway, Question

ROUND_SECONDS = 3600.0
PAUSE_SECONDS = 0.2
"""Between two pages: the ledger has more to do."""
PAGE_ROWS = 1_000
DAY_MS = 24 * 3_600_000

Ask = Callable[[Question], Awaitable[Answer]]

log = structlog.get_logger("waystation.control")


async def keep_log_short(ask: Ask, days: int, round_seconds: float = ROUND_SECONDS) -> None:
    """Until cancelled; at once with days = 0, which is for ever."""
    while days:
        try:
            gone = await tidy_log(ask, now_ms() - days * DAY_MS)
            if gone:
                log.info("old rows of the request log were removed", count=gone)
        except LedgerAway as away:
            log.warning("the request log could not be tidied up", reason=str(away))
        await asyncio.sleep(round_seconds)


async def tidy_log(
    ask: Ask, before_ms: int, rows: int = PAGE_ROWS, pause_seconds: float = PAUSE_SECONDS
) -> int:
    """One round; how many rows went. Raises LedgerAway."""
    gone = after_n = 0
    while True:
        told = await ask(TidyLog(request_id(), before_ms, after_n, rows))
        assert isinstance(told, Tidied)
        gone += told.gone
        after_n = told.after_n
        if not after_n:
            return gone
        await asyncio.sleep(pause_seconds)

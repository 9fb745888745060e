"""The job that keeps the request log short, over the ledger's socket."""

import asyncio

from tests.support.gateway import Station, until
from waystation.control.log_retention import DAY_MS, keep_log_short, tidy_log
from waystation.kernel import clock
from waystation.ledger.port import Answer, LedgerAway, Question
from waystation.settings import Settings


async def test_old_rows_go_and_the_books_agree(station: Station) -> None:
    ask = station.gateway.site.ledger.ask
    replies = [await station.chat() for _ in range(3)]
    spent = (await station.account()).spent
    assert await tidy_log(ask, clock.now_ms()) == 0, "this hour is not over"
    assert await tidy_log(ask, clock.now_ms() + DAY_MS, rows=2, pause_seconds=0) == 3
    for reply in replies:
        got = await station.request("GET", f"/v1/generation?id={reply.request_id}")
        assert (got.status, got.error["code"]) == (404, "generation_not_found")
    assert (await station.account()).spent == spent > 0
    assert (await station.check())["posted"] == 3
    later = await station.chat()
    assert (await station.row(later.request_id)).nanos > 0


async def test_a_round_each_hour_whatever_becomes_of_it() -> None:
    rounds = 0

    async def away(question: Question) -> Answer:
        nonlocal rounds
        rounds += 1
        raise LedgerAway("no answer in time")

    job = asyncio.create_task(keep_log_short(away, 1, round_seconds=0.001))
    await until(lambda: rounds > 2)
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)


async def test_no_days_is_for_ever() -> None:
    async def never(question: Question) -> Answer:
        raise AssertionError

    assert Settings(log_days=0).log_days == 0
    await keep_log_short(never, 0)

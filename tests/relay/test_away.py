"""The ledger or the store of callers is away: 503 in the caller's dialect, never 401; nothing goes
upstream without a durable hold; and when it is back, so is the service."""

import asyncio

from sqlalchemy import text

from tests.relay.conftest import Begin
from tests.support.gateway import KEY, Station, channel, document, token, until
from tests.support.rogue import Rogue
from tests.support.script import STALL, chat_frames, stream
from waystation.control.apply import open_store

OTHER = "sk-proofs-another-0123456789abcdef"


async def test_without_a_ledger_nothing_is_sent(station: Station) -> None:
    assert (await station.chat()).status == 200
    await station.settled()
    await station.stop_ledger()
    await until(lambda: not station.gateway.site.ledger.present)
    assert (await station.request("GET", "/readyz", key=None)).status == 503
    for streamed in (False, True):
        got = await station.chat(stream=streamed)
        assert (got.status, got.error["code"]) == (503, "temporarily_unavailable")
        assert got.error["type"] == "server_error"
        assert int(got.headers["retry-after"]) >= 1
    for path in ("/dashboard/billing/usage", "/v1/generation?id=x"):
        assert (await station.request("GET", path)).status == 503
    assert (await station.request("GET", "/v1/models")).status == 200, "needs no ledger"
    assert len(station.rogue.seen) == 1
    await station.start_ledger()
    await station.gateway.site.ledger.wait_present(10)
    assert (await station.chat()).status == 200
    assert (await station.request("GET", "/readyz", key=None)).status == 200


async def test_streams_go_on_over_a_restart_of_the_ledger(station: Station) -> None:
    frames = chat_frames([f" {number}" for number in range(60)])
    station.rogue.answer(stream(frames, gap_seconds=0.01))
    streams = [asyncio.create_task(station.chat(stream=True)) for _ in range(10)]
    await station.rogue.until(lambda: len(station.rogue.seen) == 10)
    await station.stop_ledger()
    await asyncio.sleep(0.05)
    await station.start_ledger()
    for one in streams:
        assert (await one).events[-1] == b"[DONE]"
    report = await station.check()
    assert (report["posted"], report["inexact"]) == (10, 0)


async def test_answers_that_end_while_the_ledger_is_away_are_posted_when_it_is_back(
    station: Station,
) -> None:
    frames = chat_frames([f" {number}" for number in range(10)])
    station.rogue.answer(stream(frames, gap_seconds=0.02))
    running = asyncio.create_task(station.chat(stream=True))
    await station.rogue.until(lambda: station.rogue.seen)
    await station.stop_ledger()
    got = await running
    assert got.events[-1] == b"[DONE]"
    await station.start_ledger()
    row = await station.row(got.request_id)
    assert (row.end, row.exact) == ("complete", True)
    assert row.nanos > 0


async def test_no_second_attempt_without_the_ledger(begin: Begin, rogue: Rogue) -> None:
    what = [channel("a", f"{rogue.url}/a"), channel("b", f"{rogue.url}/b", priority=1)]
    station = await begin(document(what))
    rogue.on("/a/v1/chat/completions", (STALL,))
    running = asyncio.create_task(station.chat())
    await rogue.until(lambda: rogue.seen)
    await station.stop_ledger()
    await until(lambda: not station.gateway.site.ledger.present)
    rogue.close_links(reset=True)
    got = await running
    await station.start_ledger()
    assert (got.status, got.error["code"]) == (502, "upstream_error"), "what the first try told"
    assert [seen.path for seen in rogue.seen] == ["/a/v1/chat/completions"]
    assert (await station.row(got.request_id)).nanos == 0


async def test_a_caller_who_cannot_be_looked_up_is_not_a_stranger(
    begin: Begin, rogue: Rogue
) -> None:
    tokens = [token(), token("other", OTHER)]
    station = await begin(document([channel("up", rogue.url)], tokens=tokens))
    assert (await station.chat()).status == 200
    database, _ = await open_store(station.settings)
    async with database.write() as connection:
        await connection.execute(text("ALTER TABLE tokens RENAME TO elsewhere"))
    try:
        got = await station.chat(key=OTHER)
        assert (got.status, got.error["code"]) == (503, "temporarily_unavailable")
        assert "retry-after" in got.headers
        got = await station.request("GET", "/v1/models", key="sk-of-a-stranger-0123456789abc")
        assert got.status == 503, "who is unknown cannot be told either"
        assert (await station.chat(key=KEY)).status == 200, "who is known goes on"
    finally:
        async with database.write() as connection:
            await connection.execute(text("ALTER TABLE elsewhere RENAME TO tokens"))
        await database.close()
    async with asyncio.timeout(10):
        while (await station.chat(key=OTHER)).status != 200:
            await asyncio.sleep(0.1)


async def test_nothing_is_configured(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([channel("up", rogue.url, models=["m-2"])]))
    got = await station.chat(model="m-2")
    assert (got.status, got.error["code"]) == (503, "price_not_configured")
    got = await station.chat(model="m-3")
    assert (got.status, got.error["code"]) == (404, "model_not_found"), "the demo knows every name"
    assert got.error["close_models"] == ["m-2"]
    assert not rogue.seen

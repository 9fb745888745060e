"""Limits of tokens, accounts and groups, as callers meet them."""

import asyncio
import threading

from tests.relay.conftest import Begin
from tests.relay.usages import usage
from tests.support.gateway import (
    channel,
    document,
    token,
)
from tests.support.rogue import Rogue
from tests.support.script import Gate, chat


async def test_requests_per_minute(begin: Begin, rogue: Rogue) -> None:
    tokens = [token(limits={"rpm": 2, "tpm": 100_000})]
    station = await begin(document([channel("up", rogue.url)], tokens=tokens))
    left = []
    for _ in range(2):
        got = await station.chat()
        assert got.status == 200
        assert got.headers["x-ratelimit-limit-requests"] == "2"
        assert got.headers["x-ratelimit-limit-tokens"] == "100000"
        left.append(got.headers["x-ratelimit-remaining-requests"])
    assert left == ["1", "0"]
    for streamed in (False, True):
        got = await station.chat(stream=streamed)
        assert (got.status, got.error["code"]) == (429, "rate_limit_exceeded")
        assert got.error["type"] == "rate_limit_error"
        assert 1 <= int(got.headers["retry-after"]) <= 60
        assert got.headers["x-ratelimit-remaining-requests"] == "0"
        assert got.headers["x-ratelimit-reset-requests"]
    assert len(rogue.seen) == 2


async def test_tokens_per_minute(begin: Begin, rogue: Rogue) -> None:
    tokens = [token(limits={"tpm": 2_000})]
    station = await begin(document([channel("up", rogue.url)], tokens=tokens))
    assert (await station.chat(max_tokens=1_500)).status == 200
    await station.settled()
    got = await station.chat(max_tokens=1_500)
    assert got.status == 200, "what was not used was given back"
    rogue.answer(chat(usage=usage(9, 1_900)))
    await station.chat(max_tokens=1_500)
    await station.settled()
    got = await station.chat(max_tokens=1_500)
    assert (got.status, got.error["code"]) == (429, "rate_limit_exceeded")
    assert "retry-after" in got.headers


async def test_concurrent_requests(begin: Begin, rogue: Rogue) -> None:
    tokens = [token(limits={"concurrency": 1})]
    station = await begin(document([channel("up", rogue.url)], tokens=tokens))
    gate = threading.Event()
    rogue.queue((Gate(gate), *chat()))
    first = asyncio.create_task(station.chat())
    await rogue.until(lambda: rogue.seen)
    got = await station.chat()
    assert (got.status, got.error["code"]) == (429, "rate_limit_exceeded")
    gate.set()
    assert (await first).status == 200
    await station.settled()
    assert (await station.chat()).status == 200


async def test_a_tokens_budget(begin: Begin, rogue: Rogue) -> None:
    tokens = [token(budget={"day": "0.00025"})]
    station = await begin(document([channel("up", rogue.url)], tokens=tokens))
    statuses = []
    for _ in range(20):
        got = await station.chat(max_tokens=16)
        statuses.append(got.status)
        if got.status != 200:
            break
        await station.settled()
    assert 5 < len(statuses) < 20
    assert (got.status, got.error["code"]) == (402, "token_quota_exhausted")
    assert (await station.account()).spent <= 250_000
    probe = await station.request("GET", "/dashboard/billing/usage")
    assert probe.json()["total_usage"] == (await station.account()).spent / 1e7


async def test_groups_limit_each_account(begin: Begin, rogue: Rogue) -> None:
    groups = [{"name": "default", "limits": {"rpm": 1}}]
    station = await begin(document([channel("up", rogue.url)], groups=groups))
    assert [(await station.chat()).status for _ in range(2)] == [200, 429]

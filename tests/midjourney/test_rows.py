"""What the request log says of submits: how a price came about, and why nothing came of them."""

import asyncio

import msgspec
import pytest

from tests.midjourney.conftest import Begin, channel
from tests.midjourney.pictures import bare
from tests.midjourney.proxy import FakeProxy
from tests.midjourney.studio import Studio
from tests.support.wire import Reply

NOWHERE = "http://127.0.0.1:9"
FORMULA = [["call", 1, "0.1"]]


async def asked(studio: Studio, page: str = "imagine", **fields: object) -> Reply:
    return await studio.post(f"/mj/submit/{page}", fields)


async def test_a_price_is_told_with_its_formula(begin: Begin, proxy: FakeProxy) -> None:
    groups = [{"name": "default", "rate": "1.5"}]
    studio = await begin([channel("mj", proxy.url)], wanted={"groups": groups})
    good, bad = [await asked(studio, prompt=prompt) for prompt in ("cat", "dog")]
    for reply in (good, bad):
        await studio.task(reply.json()["result"], "SUBMITTED")
    for job in proxy.jobs:
        if job.body["prompt"] == "cat":
            job.finish()
        else:
            job.move("FAILURE", failReason="no dogs")
    for reply in (good, bad):
        await studio.settled(reply.json()["result"])
    row = await studio.station.row(good.request_id)
    assert msgspec.json.decode(row.parts) == FORMULA
    assert msgspec.json.decode(row.usage) == {"units": {"calls": 1}, "exact": True}
    assert (row.nanos, row.rate, row.status) == (150_000_000, "1.5", 200)
    shown = (await studio.get(f"/v1/generation?id={good.request_id}")).json()["data"]
    assert (shown["formula"], shown["cost_usd"]) == (FORMULA, 0.15)
    row = await studio.station.row(bad.request_id)
    assert (row.parts, row.nanos, row.status) == (b"", 0, 502)


async def test_an_upload_s_price_too(begin: Begin) -> None:
    studio = await begin([channel("mj", NOWHERE)], runs=False)
    reply = await asked(studio, "upload-discord-images", base64Array=[bare()])
    row = await studio.station.row(reply.request_id)
    assert msgspec.json.decode(row.parts) == [["call", 1, "0.05"]]
    assert row.nanos == 50_000_000


@pytest.mark.parametrize(
    ("options", "limits", "code"),
    [
        pytest.param({"account_total": 1}, {}, 4, id="account"),
        pytest.param({"queue": 0}, {"concurrency": 1}, 23, id="channel"),
    ],
)
async def test_who_is_turned_away_finds_out_why(
    begin: Begin, options: dict[str, int], limits: dict[str, int], code: int
) -> None:
    """Those at one moment by the row, who comes later by the look before it: one row for each."""
    one = channel("mj", NOWHERE, **({"limits": limits} if limits else {}))
    studio = await begin([one], midjourney=options, runs=False)
    replies = await asyncio.gather(*(asked(studio, prompt=f"cat {n}") for n in range(5)))
    replies.append(await asked(studio, prompt="late"))
    codes = [reply.json()["code"] for reply in replies]
    assert sorted(codes) == sorted([1, *[code] * 5])
    report = await studio.station.audit()
    assert report["open_holds"] == 1
    for reply in replies:
        told = reply.json()
        if told["code"] == 1:
            continue
        row = await studio.station.row(reply.request_id)
        assert (row.status, row.code, row.nanos) == (429, "rate_limit_exceeded", 0)
        assert row.reason.startswith(told["description"])
        assert row.facts.model == "mj_imagine"
        shown = (await studio.get(f"/v1/generation?id={reply.request_id}")).json()["data"]
        assert (shown["http_status"], shown["cost_usd"]) == (429, 0)
        assert shown["reason"] == row.reason
    account = await studio.station.account()
    assert (account.held, account.spent) == (100_000_000, 0)

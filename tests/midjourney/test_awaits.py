"""A submit that fails at its Nth wait, for each N until it is accepted: held and drawn once, or
never; and hooks that lead inside, however they are written."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import select

from tests.midjourney.conftest import Begin, channel
from tests.midjourney.pictures import bare
from tests.midjourney.proxy import FakeProxy
from tests.midjourney.studio import SECONDS_MAX, Studio, until
from tests.relay.test_awaits import Boom, FailingAt
from tests.support.gateway import KEY
from tests.support.wire import Wire
from tests.transport.hostile import URLS
from waystation.edge.call import Call
from waystation.edge.midjourney.submit import Submit
from waystation.storage.main import tasks
from waystation.tasks.midjourney.shown import KIND
from waystation.tasks.rows import COLUMNS
from waystation.tasks.settle import Settler
from waystation.tasks.sweep import Sweep

NANOS = 100_000_000
AWAITS_MAX = 60


@pytest.mark.parametrize("error", [asyncio.CancelledError, Boom])
async def test_failing_at_each_wait_in_turn(
    begin: Begin,
    proxy: FakeProxy,
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[], BaseException],
) -> None:
    monkeypatch.setattr("waystation.tasks.midjourney.kind.Midjourney.pace", lambda *_: 0.1)
    limits = {"queue": 50, "account_day": 50}
    one = channel("mj", proxy.url, limits={"concurrency": 50})
    studio = await begin([one], midjourney=limits, runs=False)
    number = await fail_at_each_wait(studio, monkeypatch, error)
    assert number > 5, f"only {number} waits: nothing was driven"
    ledger, store = studio.workshop.ledger, studio.workshop.store
    await Sweep(store, ledger, Settler(store, ledger), 0.0).sweep()
    await studio.start_runner()
    # What has no hold is found before it is sent; all else is drawn and paid once.
    async with asyncio.timeout(SECONDS_MAX):
        while True:
            for job in list(proxy.jobs):
                job.finish()
            rows = await store.find(select(*COLUMNS).where(tasks.c.kind == KIND))
            if all(row.settle in ("posted", "voided") for row in rows):
                break
            await asyncio.sleep(0.05)
    good = [row for row in rows if row.state == "SUCCESS"]
    assert good
    assert {row.fail_code for row in rows if row.state != "SUCCESS"} <= {"hold_lost"}
    assert len(proxy.submits()) == len(good)
    account = await studio.station.account()
    assert (account.spent, account.held) == (len(good) * NANOS, 0)


async def fail_at_each_wait(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, error: Callable[[], BaseException]
) -> int:
    handle = Submit.__call__
    driven: list[FailingAt] = []
    number = 0

    async def driving(submit: Submit, call: Call) -> None:
        driven.append(FailingAt(handle(submit, call), number, error))
        await driven[-1]

    monkeypatch.setattr(Submit, "__call__", driving)
    for number in range(1, AWAITS_MAX):
        await ask(studio, f"cat {number}")
        await until(lambda: driven[-1].waits >= 1)
        if driven[-1].waits < number:
            return number
    raise AssertionError("it never completes")


async def ask(studio: Studio, prompt: str) -> None:
    """Whatever comes of it: an outcome, or a closed connection."""
    wire = await Wire.open(studio.station.port)
    fields = {"prompt": prompt, "base64Array": [bare()]}
    try:
        await wire.send("POST", "/mj/submit/imagine", fields, KEY, {"connection": "close"})
        await wire.read_head()
        await wire.read_body()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        await wire.close()


async def test_no_hook_leads_inside(begin: Begin) -> None:
    """Refused at once, or never dialled: nothing is told before a task begins."""
    studio = await begin([channel("mj", "http://127.0.0.1:9")], runs=False)
    refused = 0
    for url in URLS:
        told = await studio.imagine("cat", notifyHook=url.replace("{port}", "9"))
        if told["code"] == 4:
            assert told["description"] == "notifyHook地址无效"
            refused += 1
        else:
            # A name nobody knows: whoever tells it one day goes through the same guard.
            assert told["code"] == 1
    assert refused > len(URLS) * 0.8

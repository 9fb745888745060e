"""A request that fails at its Nth wait, for each N until it completes: settled once, always.

The handler is driven by hand: at its Nth suspension the exception is thrown into it instead of
what it waited for.
"""

import asyncio
from collections.abc import Callable, Generator
from typing import Any

import pytest

from tests.relay.conftest import Begin
from tests.support.gateway import CHAT, KEY, Station, body, channel, document, until
from tests.support.rogue import Rogue
from tests.support.script import chat, chat_frames, stream
from tests.support.wire import Wire
from waystation.edge.call import Call
from waystation.edge.suno.chat import ChatRelay
from waystation.routing.health import Health

AWAITS_MAX = 60


class Boom(Exception):
    """Of no kind that anybody expects."""


class FailingAt:
    """Awaits a coroutine; at its wait number `number` (from 1) it gets `error` thrown in."""

    def __init__(self, coroutine: Any, number: int, error: Callable[[], BaseException]) -> None:
        self._coroutine = coroutine
        self._number = number
        self._error = error
        self.waits = 0

    def __await__(self) -> Generator[Any, Any, Any]:
        inner = self._coroutine.__await__()
        step: Callable[[], Any] = lambda: inner.send(None)  # noqa: E731
        while True:
            try:
                waited = step()
            except StopIteration as stop:
                return stop.value
            self.waits += 1
            if self.waits == self._number:
                if waited is not None:
                    waited._asyncio_future_blocking = False
                    waited.cancel()
                    waited.add_done_callback(
                        lambda future: future.cancelled() or future.exception()
                    )
                error = self._error()
                step = lambda: inner.throw(error)  # noqa: B023, E731
                continue
            try:
                yield waited
            except BaseException as thrown:
                failed = thrown
                step = lambda: inner.throw(failed)  # noqa: B023, E731
            else:
                step = lambda: inner.send(None)  # noqa: E731


class Driver:
    """Replaces the relay's handler by one that fails at a chosen wait."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Callable[[], BaseException]) -> None:
        self.number = 0
        self.driven: FailingAt | None = None
        handle = ChatRelay.__call__

        async def driving(relay: ChatRelay, call: Call) -> None:
            self.driven = FailingAt(handle(relay, call), self.number, error)
            await self.driven

        monkeypatch.setattr(ChatRelay, "__call__", driving)

    @property
    def reached(self) -> bool:
        assert self.driven is not None
        return self.driven.waits >= self.number


@pytest.mark.parametrize("streamed", [True, False], ids=["stream", "json"])
@pytest.mark.parametrize("error", [asyncio.CancelledError, Boom])
async def test_failing_at_each_wait_in_turn(
    station: Station,
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[], BaseException],
    streamed: bool,
) -> None:
    rogue = station.rogue
    frames = chat_frames([f"word {number}" for number in range(4)])
    rogue.answer(stream(frames, gap_seconds=0.01) if streamed else chat())
    driver = Driver(monkeypatch, error)
    for number in range(1, AWAITS_MAX):
        driver.number = number
        rogue.close_links()
        seen, spent = len(rogue.seen), (await station.account()).spent
        await _ask(station, streamed)
        await station.settled()
        report = await station.check()
        assert report["posted"] + report["voided"] <= number
        paid = (await station.account()).spent > spent
        if paid:  # its bytes may still be on their way
            await until(lambda: len(rogue.seen) > seen)  # noqa: B023
        assert paid == (len(rogue.seen) > seen), f"sent is paid, unsent is not (wait {number})"
        if not driver.reached:
            break
    assert driver.driven is not None
    assert not driver.reached, "it never completes"
    assert number > (5 if streamed else 3), f"only {number} waits: nothing was driven"


@pytest.mark.parametrize("error", [asyncio.CancelledError, Boom])
async def test_failing_at_each_wait_of_a_long_way(
    begin: Begin, rogue: Rogue, monkeypatch: pytest.MonkeyPatch, error: Callable[[], BaseException]
) -> None:
    """Slots, a first channel that fails, parts that are fanned out, extensions of the hold."""
    more = {"vendor": "deepseek", "limits": {"concurrency": 5}}
    first = channel("first", f"{rogue.url}/first", priority=0, **more)
    second = channel("second", rogue.url, priority=1, **more)
    station = await begin(document([first, second]), stream_hold_tokens=16)
    rogue.on("/first/v1/chat/completions", rogue.error(500))
    rogue.answer(stream(chat_frames([f" word {n} of it" for n in range(12)]), gap_seconds=0.005))
    driver = Driver(monkeypatch, error)
    for number in range(1, AWAITS_MAX):
        driver.number = number
        station.gateway.site.router.health = Health()
        station.gateway.site.router.budget.left = 20.0
        rogue.close_links()
        sent, spent = len(rogue.seen), (await station.account()).spent
        await _ask(station, True, n=2)
        await station.check()
        if (await station.account()).spent > spent:  # what was not sent is not paid
            await until(lambda: len(rogue.seen) > sent)  # noqa: B023
        if not driver.reached:
            break
    assert driver.driven is not None
    assert not driver.reached, "it never completes"
    assert number > 12, f"only {number} waits: nothing was driven"
    assert (await station.chat(stream=True)).status == 200, "no slot was lost"


async def _ask(station: Station, streamed: bool, **fields: Any) -> None:
    """Whatever comes of it: an answer, half of one, or a closed connection."""
    wire = await Wire.open(station.port)
    try:
        await wire.send("POST", CHAT, body(stream=streamed, **fields), KEY, {"connection": "close"})
        await wire.read_head()
        await wire.read_body()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        await wire.close()

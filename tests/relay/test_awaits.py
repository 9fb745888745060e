"""A request that fails at its Nth wait, for each N until it completes: settled once, always.

The handler is driven by hand: at its Nth suspension the exception is thrown into it instead of
what it waited for.
"""

import asyncio
from collections.abc import Callable, Generator
from typing import Any

import pytest

from tests.support.gateway import CHAT, KEY, Station, body
from tests.support.script import chat, chat_frames, stream
from tests.support.wire import Wire
from waystation.edge.call import Call
from waystation.edge.relay import Relay

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
        handle = Relay.__call__

        async def driving(relay: Relay, call: Call) -> None:
            self.driven = FailingAt(handle(relay, call), self.number, error)
            await self.driven

        monkeypatch.setattr(Relay, "__call__", driving)

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
        assert paid == (len(rogue.seen) > seen), f"sent is paid, unsent is not (wait {number})"
        if not driver.reached:
            break
    assert driver.driven is not None
    assert not driver.reached, "it never completes"
    assert number > (7 if streamed else 3), f"only {number} waits: nothing was driven"


async def _ask(station: Station, streamed: bool) -> None:
    """Whatever comes of it: an answer, half of one, or a closed connection."""
    wire = await Wire.open(station.port)
    try:
        await wire.send("POST", CHAT, body(stream=streamed), KEY, {"connection": "close"})
        await wire.read_head()
        await wire.read_body()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        await wire.close()

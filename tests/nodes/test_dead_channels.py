"""All channels fail for a minute under load on two hosts, and heal; one of five is dead. Each host
judges channels by itself, so a storm's retries are counted for both."""

import asyncio
from pathlib import Path

import pytest

from tests.endurance.load import Load
from tests.endurance.test_dead_channels import (
    BAD_SECONDS,
    HEAL_SECONDS_MAX,
    RESERVE,
    WAYS,
    dead,
    five,
)
from tests.lanes.upstream import answers
from tests.nodes.hosts import two_hosts
from tests.support.rogue import Rogue
from tests.support.soak import chance, seeds

HOSTS = 2
ALLOWED = frozenset((200, 502, 503))

pytestmark = [pytest.mark.soak, pytest.mark.postgres, pytest.mark.timeout(400)]


@pytest.mark.parametrize("way", WAYS)
async def test_all_fail_for_a_minute_and_heal(
    postgres_dsn: str, tmp_path: Path, rogue: Rogue, way: str
) -> None:
    async with two_hosts(tmp_path, postgres_dsn, five(rogue)) as hosts:
        rogue.answer(answers)
        pauses = chance(seeds(1)[0])
        load = Load(hosts.port, pauses, clients=20, think_seconds=0.05, allowed=ALLOWED)
        load.start()
        try:
            await _in_row(load, 100, 60.0)
            clients, calls = load.calls, len(rogue.seen)
            rogue.answer(WAYS[way])
            await asyncio.sleep(BAD_SECONDS)
            clients, calls = load.calls - clients, len(rogue.seen) - calls
            print(f"{way}: {clients} client calls, {calls} upstream calls")
            assert clients > 500
            assert calls <= 1.2 * clients + HOSTS * RESERVE
            rogue.answer(answers)
            await _in_row(load, 1, HEAL_SECONDS_MAX)
            await asyncio.sleep(HEAL_SECONDS_MAX)
            await _in_row(load, 50, HEAL_SECONDS_MAX)
        finally:
            await load.stop()
        await hosts.resolved()


async def test_one_dead_of_five(postgres_dsn: str, tmp_path: Path, rogue: Rogue) -> None:
    async with two_hosts(tmp_path, postgres_dsn, five(rogue)) as hosts:
        rogue.answer(dead("a", WAYS["error"]))
        pauses = chance(seeds(1)[0])
        load = Load(hosts.port, pauses, clients=20, think_seconds=0.05, allowed=ALLOWED)
        load.start()
        async with asyncio.timeout(120):
            while load.calls < 1500:
                await asyncio.sleep(0.1)
        await load.stop()
        failed = load.calls - load.statuses[200]
        print(f"{failed} of {load.calls} failed")
        assert failed < 0.01 * load.calls
        await hosts.resolved()


async def _in_row(load: Load, count: int, seconds_max: float) -> None:
    async with asyncio.timeout(seconds_max):
        while load.in_row < count:
            await asyncio.sleep(0.01)

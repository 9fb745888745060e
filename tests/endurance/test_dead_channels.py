"""All channels fail for a minute under load, and heal; one of five is dead. The whole product, and
the wall clock. tests/routing/test_storms.py has the same in simulated time, for every failure."""

import asyncio
from pathlib import Path

import pytest

from tests.endurance.load import Load
from tests.lanes.upstream import answers
from tests.support.gateway import channel, document
from tests.support.rogue import Rogue
from tests.support.script import RESET, Answer, Pause, Script, Seen, error
from tests.support.serve import serving
from tests.support.soak import chance, seeds

BAD_SECONDS = 60.0
HEAL_SECONDS_MAX = 5.0
RESERVE = 20
"""Retries that the budget has at its start."""
NAMES = ("a", "b", "c", "d", "e")
WAYS: dict[str, Script] = {
    "error": error(500),
    "reset": (RESET,),
    "slow refusal": (Pause(0.5), *error(503)),
}


def five(rogue: Rogue) -> dict[str, object]:
    channels = [channel(name, f"{rogue.url}/{name}", vendor="deepseek") for name in NAMES]
    return document(channels, credit="1000")


def dead(name: str, script: Script) -> Answer:
    def answer(seen: Seen) -> Script:
        return script if seen.path.startswith(f"/{name}/") else answers(seen)

    return answer


@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", seeds(1))
@pytest.mark.parametrize("way", WAYS)
async def test_all_fail_for_a_minute_and_heal(
    data_template: Path, tmp_path: Path, rogue: Rogue, way: str, seed: int
) -> None:
    with serving(data_template, tmp_path, five(rogue)) as serve:
        rogue.answer(answers)
        allowed = frozenset((200, 502, 503))
        load = Load(serve.port, chance(seed), clients=20, think_seconds=0.05, allowed=allowed)
        load.start()
        try:
            await _until(lambda: load.in_row > 100)
            clients, calls = load.calls, len(rogue.seen)
            rogue.answer(WAYS[way])
            await asyncio.sleep(BAD_SECONDS)
            clients, calls = load.calls - clients, len(rogue.seen) - calls
            print(f"{way}: {clients} client calls, {calls} upstream calls")
            assert clients > 500
            assert calls <= 1.2 * clients + RESERVE
            rogue.answer(answers)
            await _until(lambda: load.in_row > 0, HEAL_SECONDS_MAX)
            await asyncio.sleep(HEAL_SECONDS_MAX)
            assert load.in_row > 50, "five seconds later, all is well"
        finally:
            await load.stop()


@pytest.mark.soak
@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", seeds(1))
@pytest.mark.parametrize("way", WAYS)
async def test_one_dead_of_five(
    data_template: Path, tmp_path: Path, rogue: Rogue, way: str, seed: int
) -> None:
    with serving(data_template, tmp_path, five(rogue)) as serve:
        rogue.answer(dead("a", WAYS[way]))
        allowed = frozenset((200, 502, 503))
        load = Load(serve.port, chance(seed), clients=20, think_seconds=0.05, allowed=allowed)
        load.start()
        await asyncio.sleep(20)
        await load.stop()
        failed = load.calls - load.statuses[200]
        print(f"{way}: {failed} of {load.calls} failed")
        assert load.calls > 500
        assert failed < 0.01 * load.calls


async def _until(holds: object, seconds_max: float = 20.0) -> None:
    async with asyncio.timeout(seconds_max):
        while not holds():  # type: ignore[operator]
            await asyncio.sleep(0.01)

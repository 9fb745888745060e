"""Mixed traffic for hours while one fault follows the other: memory, descriptors and threads stay
flat, the loop answers in time, and the books agree. `WAYSTATION_SOAK_SECONDS=7200 make soak`."""

import asyncio
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.endurance.gauges import Gauges
from tests.endurance.load import Load
from tests.lanes.upstream import answers
from tests.support.gateway import channel, document, to_toml
from tests.support.rogue import Rogue
from tests.support.script import (
    RESET,
    STALL,
    Answer,
    Script,
    Seen,
    chat_frames,
    error,
    reply,
    stream,
)
from tests.support.serve import Serve, serving
from tests.support.soak import chance, curve_file, seeds, soak_seconds

SAMPLES = 240
PHASE_SECONDS_MAX = 20.0
QUIET_SECONDS = 8.0
GROWTH_KIB_MAX = 16 * 1024
LAG_SECONDS_MAX = 1.0
CHANNELS = 3
KEPT_SEEN = 2_000
Toggle = Callable[["Trial"], Awaitable[None]]


class Trial:
    """A serve and its upstream, and what can be done to them."""

    def __init__(self, serve: Serve, upstream: Rogue, chance_: random.Random) -> None:
        self.serve = serve
        self.upstream = upstream
        self.chance = chance_
        self.applied = 0

    def share(self, kind: Script, share: float) -> Answer:
        """That share of the requests gets `kind`."""

        def answer(seen: Seen) -> Script:
            return kind if self.chance.random() < share else answers(seen)

        return answer

    async def kill_the_ledger(self) -> None:
        pid = self.serve.kill("ledger")
        await asyncio.to_thread(self.serve.wait_replaced, "ledger", pid)

    async def apply(self) -> None:
        """A new configuration: another rate, and back."""
        self.applied += 1
        rate = "1.5" if self.applied % 2 else "1"
        file = self.serve.folder / "changed.toml"
        file.write_text(to_toml(setup(self.upstream, rate)))
        command = [sys.executable, "-m", "waystation", "apply", str(file)]
        command += ["--data", str(self.serve.data)]
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, timeout=300, env=self.serve.environment()
        )
        assert done.returncode == 0, done.stderr


def setup(upstream: Rogue, rate: str = "1") -> dict[str, object]:
    channels = [
        channel(
            f"up-{number}", upstream.url, vendor="deepseek", limits={"concurrency": 12},
            deadlines={"idle": 1.0, "first_byte": 1.0},
            on_disconnect="drain" if number == 0 else "abort",
        )
        for number in range(CHANNELS)
    ]  # fmt: skip
    return document(channels, credit="100000", groups=[{"name": "default", "rate": rate}])


async def _healthy(trial: Trial) -> None:
    trial.upstream.answer(answers)


async def _errors(trial: Trial) -> None:
    trial.upstream.answer(trial.share(error(trial.chance.choice((429, 500, 503))), 0.4))


async def _resets(trial: Trial) -> None:
    trial.upstream.answer(trial.share((RESET,), 0.3))


async def _cut_streams(trial: Trial) -> None:
    cut = stream(chat_frames(["a", "b", "c"])[:3], 0.01, done=False, end=(RESET,))
    trial.upstream.answer(trial.share(cut, 0.3))


async def _stalls(trial: Trial) -> None:
    trial.upstream.answer(trial.share((STALL,), 0.2))


async def _nonsense(trial: Trial) -> None:
    trial.upstream.answer(trial.share(reply(200, b"<html>busy</html>"), 0.4))


async def _all_dead(trial: Trial) -> None:
    trial.upstream.answer(error(500))


async def _ledger_dies(trial: Trial) -> None:
    await trial.kill_the_ledger()


async def _links_break(trial: Trial) -> None:
    trial.upstream.close_links(reset=True)


async def _configured(trial: Trial) -> None:
    await trial.apply()


FAULTS: tuple[Toggle, ...] = (
    _errors, _resets, _cut_streams, _stalls, _nonsense, _all_dead, _ledger_dies, _links_break,
    _configured,
)  # fmt: skip


async def _toggle(trial: Trial, seconds: float) -> None:
    """One fault, then health, in turn, for so long."""
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + seconds
    phase_seconds = min(PHASE_SECONDS_MAX, seconds / (2.5 * len(FAULTS)))
    while loop.time() < ends_at:
        for fault in trial.chance.sample(FAULTS, len(FAULTS)):
            for toggle in (fault, _healthy):
                await toggle(trial)
                del trial.upstream.seen[:-KEPT_SEEN]
                await asyncio.sleep(max(0.0, min(phase_seconds, ends_at - loop.time())))
    await _healthy(trial)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("seed", seeds(1))
async def test_nothing_grows(data_template: Path, tmp_path: Path, rogue: Rogue, seed: int) -> None:
    chance_, seconds = chance(seed), soak_seconds()
    with serving(data_template, tmp_path, setup(rogue), drain_upstream_seconds_max=1) as serve:
        gauges = Gauges(serve, curve_file(tmp_path))
        rogue.answer(answers)
        load = Load(
            serve.port, chance_, clients=8, think_seconds=0.15, leaves=True,
            allowed=frozenset((200, 429, 502, 503, 504)),
        )  # fmt: skip
        at_rest = await _at_rest(gauges)
        load.start()
        watching = asyncio.create_task(gauges.watch(max(0.5, seconds / SAMPLES)))
        try:
            await _toggle(Trial(serve, rogue, chance_), seconds)
        finally:
            watching.cancel()
            await load.stop()
        await asyncio.sleep(QUIET_SECONDS)
        after = await _at_rest(gauges)
        print(f"{load.calls} calls: {dict(load.statuses)}, {dict(load.codes)}")
        await _judge(serve, gauges, load, at_rest, after)


async def _at_rest(gauges: Gauges) -> dict[str, tuple[int, int]]:
    """(descriptors, threads) by process."""
    await gauges.look()
    last = {name: gauges.last(name) for name in ("ledger", "control", "gateway-1")}
    return {name: (one.descriptors, one.threads) for name, one in last.items()}


async def _judge(
    serve: Serve,
    gauges: Gauges,
    load: Load,
    at_rest: dict[str, tuple[int, int]],
    after: dict[str, tuple[int, int]],
) -> None:
    assert load.statuses[200] > load.calls / 3
    async with asyncio.timeout(30):
        while (await serve.audit())["open_holds"]:
            await asyncio.sleep(0.1)
    for name, (descriptors, threads) in at_rest.items():
        print(f"{name}: grew {gauges.growth_kib(name):.0f} KiB; {at_rest[name]} -> {after[name]}")
        spare = CHANNELS * 12 + 8  # connections kept for the next request
        assert after[name][0] <= descriptors + spare, name
        assert after[name][1] <= threads + 4, name
        assert gauges.growth_kib(name) < GROWTH_KIB_MAX, name
    lags = gauges.lags_seconds()
    print(f"lag: median {lags[len(lags) // 2]:.4f} s, 99 % {lags[-1 - len(lags) // 100]:.4f} s")
    assert lags[len(lags) // 2] < LAG_SECONDS_MAX

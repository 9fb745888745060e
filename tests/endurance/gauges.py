"""What a process has of memory, descriptors and threads, over time."""

import asyncio
import os
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from tests.support.serve import Serve
from tests.support.wire import request

WARM_SHARE = 0.3
"""Of the run: caches fill."""


class Sample(NamedTuple):
    """at_seconds: since the start. lag_seconds: of the gateway's answer to a question that needs
    nobody else."""

    at_seconds: float
    process: str
    rss_kib: int
    descriptors: int
    threads: int
    lag_seconds: float


class Gauges:
    """Watches a serve's processes; each sample is a line of `file` at once."""

    def __init__(self, serve: Serve, file: Path) -> None:
        self.samples: list[Sample] = []
        self._serve = serve
        self._file = file
        self._began = time.monotonic()
        file.write_text(",".join(Sample._fields) + "\n")
        print(f"the curve is in {file}")

    async def watch(self, every_seconds: float) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(every_seconds)

    async def look(self) -> None:
        began = time.monotonic()
        await request(self._serve.port, "GET", "/livez")
        lag_seconds = time.monotonic() - began
        lines = []
        for name in self._serve.names:
            pid = self._serve.pid(name)
            if pid is not None and (found := _read(pid)) is not None:
                sample = Sample(began - self._began, name, *found, lag_seconds)
                self.samples.append(sample)
                lines.append(
                    f"{sample.at_seconds:.1f},{name},{found[0]},{found[1]},{found[2]},"
                    f"{lag_seconds:.4f}\n"
                )
        with self._file.open("a") as file:
            file.writelines(lines)

    def growth_kib(self, process: str) -> float:
        """From the first third after the warm-up to the last third."""
        figures = [sample.rss_kib for sample in self._warm(process)]
        third = max(1, len(figures) // 3)
        return mean(figures[-third:]) - mean(figures[:third])

    def lags_seconds(self) -> list[float]:
        by_time: dict[float, float] = defaultdict(float)
        for sample in self.samples:
            by_time[sample.at_seconds] = sample.lag_seconds
        return sorted(by_time.values())

    def last(self, process: str) -> Sample:
        return next(one for one in reversed(self.samples) if one.process == process)

    def _warm(self, process: str) -> list[Sample]:
        end = self.samples[-1].at_seconds
        mine = [one for one in self.samples if one.process == process]
        return [one for one in mine if one.at_seconds > end * WARM_SHARE]


def _read(pid: int) -> tuple[int, int, int] | None:
    """(resident KiB, descriptors, threads); None: it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        descriptors = len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return None
    told = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    if "VmRSS" not in told:
        return None
    return int(told["VmRSS"].split()[0]), descriptors, int(told["Threads"])

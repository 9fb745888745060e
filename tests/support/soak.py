"""What long runs are told from outside.

WAYSTATION_SOAK_SEED      the first seed of every randomised soak (default 0); each prints its own
WAYSTATION_SOAK_SECONDS   how long the endurance run lasts (default 120; the proof: 7200)
WAYSTATION_SOAK_CURVE     a file for its curve (default: in the test's folder, whose name it prints)
"""

import asyncio
import os
import random
from pathlib import Path

from tests.support.serve import Serve


def seeds(count: int) -> range:
    """So many, from the one that was named."""
    first = int(os.environ.get("WAYSTATION_SOAK_SEED", "0"))
    return range(first, first + count)


def chance(seed: int) -> random.Random:
    """The source of a run's randomness; its seed is told, so that a failure can be had again."""
    print(f"seed {seed}: run it again with WAYSTATION_SOAK_SEED={seed}")
    return random.Random(seed)


def soak_seconds(default: float = 120.0) -> float:
    return float(os.environ.get("WAYSTATION_SOAK_SECONDS", default))


def curve_file(folder: Path) -> Path:
    return Path(os.environ.get("WAYSTATION_SOAK_CURVE", folder / "curve.csv"))


async def kill_at_random(serve: Serve, kills: int) -> None:
    """So many of a deployment's processes in turn, each seen to be replaced."""
    pauses = chance(seeds(1)[0])
    for number in range(kills):
        await asyncio.sleep(pauses.uniform(0.3, 1.2))
        name = ("control", "ledger", "gateway-1")[number % 3]
        pid = serve.kill(name)
        await asyncio.to_thread(serve.wait_replaced, name, pid)

"""What Midjourney's tasks cost: `python -m bench.tasks`, or `… submits` for the first part alone.

The product as it is served, on SQLite, with one worker; wrk submits over HTTP, a proxy that never
finishes takes the tasks, and each is a process of its own. Then the control process is watched
while it polls ten thousand of them.
"""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.stack import KEY, cpu_seconds, free_port, need, running
from tests.support.gateway import document, token
from tests.support.serve import Serve, serving
from waystation.control.apply import first_start
from waystation.settings import Settings

SECONDS, AT_ONCE = 4, 64
TASKS, WATCHED_SECONDS = 10_000, 20.0
SETTLING_SECONDS = 180.0
_LUA = Path(__file__).with_name("submit.lua")


def submit(port: int, seconds: int) -> dict[str, float]:
    """What wrk saw."""
    command = [need("wrk"), "-t1", f"-c{AT_ONCE}", f"-d{seconds}s", "--timeout", "10s"]
    command += ["-s", str(_LUA), f"http://127.0.0.1:{port}/mj/submit/imagine"]
    environment = {**os.environ, "BENCH_KEY": KEY}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    found: dict[str, float] = json.loads(done.stdout.partition("JSON:")[2])
    return found


def states(serve: Serve) -> dict[str, int]:
    """How many tasks there are, by state."""
    place = f"file:{serve.data / 'main.db'}?mode=ro"
    with sqlite3.connect(place, uri=True) as store:
        return dict(store.execute("SELECT state, count(*) FROM tasks GROUP BY state"))


def at_work(serve: Serve) -> int:
    found = states(serve)
    return found.get("SUBMITTED", 0) + found.get("IN_PROGRESS", 0)


def fill(serve: Serve) -> None:
    """Until so many tasks are there, and all of them are at the upstream."""
    while sum(states(serve).values()) < TASKS:
        submit(serve.port, 1)
    give_up_at = time.monotonic() + SETTLING_SECONDS
    while at_work(serve) < sum(states(serve).values()):
        if time.monotonic() > give_up_at:
            raise SystemExit(f"not all begun: {states(serve)}")
        time.sleep(0.5)


def watch(serve: Serve) -> float:
    """The control process's share of a core."""
    pid = serve.pid("control")
    assert pid is not None
    used, began = cpu_seconds(pid), time.monotonic()
    time.sleep(WATCHED_SECONDS)
    return (cpu_seconds(pid) - used) / (time.monotonic() - began)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        template = folder / "template"
        asyncio.run(first_start(Settings(data=template)))  # type: ignore[arg-type]
        channel = {
            "name": "family",
            "vendor": "midjourney-proxy-plus",
            "base_url": f"http://127.0.0.1:{port}",
            "allow_private": True,
            "keys": ["secret-of-the-bench"],
            "groups": ["default"],
            "models": ["mj_*"],
        }
        what = document([channel], credit="1000000", tokens=[token(key=KEY)])
        with (
            running([sys.executable, "-m", "bench.family", str(port)], port),
            serving(template, folder, what) as serve,
        ):
            seen = submit(serve.port, SECONDS)
            print(
                f"submits: {seen['rate']:,.0f}/s with {AT_ONCE} at once over {SECONDS} s, "
                f"{seen['bad']:.0f} refused, median {seen['p50_ms']:.0f} ms, "
                f"99 % within {seen['p99_ms']:.0f} ms"
            )
            if "submits" in sys.argv:
                return
            fill(serve)
            share, count = watch(serve), at_work(serve)
            print(
                f"polls: {count:,} tasks at the upstream: {share:.1%} of a core, "
                f"{share * TASKS / count:.1%} for each {TASKS:,}"
            )
            print(f"states: {states(serve)}")


if __name__ == "__main__":
    main()

"""The whole product with tasks in it: its control process killed in the middle of a picture."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pictures.studio import b64, images, png
from tests.support.gateway import KEY, channel, data_template, document, rogue  # noqa: F401
from tests.support.rogue import Rogue
from tests.support.script import STALL
from tests.support.serve import Serve, serving
from tests.support.wire import request

PATH = "/v1/images/generations"
ANSWER = images({"b64_json": b64(png())})


@pytest.fixture
def serve(data_template: Path, tmp_path: Path, rogue: Rogue) -> Iterator[Serve]:  # noqa: F811
    what = document(
        [channel("up", rogue.url, models=["m-1", "m-2"])],
        prices=[{"model": "m-2", "per_image": "0.02"}],
    )
    with serving(data_template, tmp_path, what) as one:
        yield one


async def begun(serve: Serve) -> str:
    body = {"model": "m-2", "prompt": "a boat"}
    reply = await request(serve.port, "POST", f"{PATH}?async=true", body, KEY)
    assert reply.status == 202, reply.body
    return str(reply.json()["id"])


async def until(serve: Serve, task_id: str, *states: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            reply = await request(serve.port, "GET", f"/v1/tasks/{task_id}", None, KEY)
            task: dict[str, Any] = reply.json()
            if reply.status == 200 and task["status"] in states:
                return task
            await asyncio.sleep(0.05)


async def test_control_killed_in_the_middle_of_a_picture(serve: Serve, rogue: Rogue) -> None:  # noqa: F811
    rogue.on(PATH, (STALL,))
    lost = await begun(serve)
    await until(serve, lost, "IN_PROGRESS")
    await asyncio.to_thread(serve.wait, lambda: len(rogue.seen) == 1)
    pid = serve.kill("control")
    rogue.on(PATH, ANSWER)
    kept = await begun(serve)  # while nobody runs tasks
    await asyncio.to_thread(serve.wait_replaced, "control", pid)
    done = await until(serve, kept, "SUCCESS")
    failed = await until(serve, lost, "FAILURE")
    assert (done["cost_usd"], failed["cost_usd"]) == (0.02, 0)
    assert failed["error"]["code"] == "interrupted"
    assert len(rogue.seen) == 2  # the lost one was not asked for again
    report = await settled_audit(serve)
    assert (report["posted"], report["voided"]) == (1, 1)


async def settled_audit(serve: Serve) -> dict[str, Any]:
    """`waystation audit`, once nothing is held."""
    async with asyncio.timeout(20):
        while (await serve.audit())["open_holds"]:
            await asyncio.sleep(0.05)
    command = [sys.executable, "-m", "waystation", "audit", "--json", "--data", str(serve.data)]
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["clean"]
    return report

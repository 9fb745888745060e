"""Stopping and restarting under streams: nothing is refused that was taken, streams finish, and the
books are clean behind the last process."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.gateway import CHAT, KEY, body, channel, document
from tests.support.rogue import Rogue
from tests.support.script import STALL, chat, chat_frames, stream
from tests.support.serve import serving
from tests.support.wire import Wire, request


async def test_sigterm_lets_streams_finish_and_leaves_clean_books(
    data_template: Path, tmp_path: Path, rogue: Rogue
) -> None:
    what = document([channel("up", rogue.url)])
    with serving(data_template, tmp_path, what, drain_seconds_max=2) as serve:
        frames = chat_frames([f" {number}" for number in range(12)])
        rogue.answer(stream(frames, gap_seconds=0.05))
        finishing = [await _begin(serve.port) for _ in range(10)]
        rogue.answer(stream(frames[:5], done=False, end=(STALL,)))
        endless = [await _begin(serve.port) for _ in range(5)]
        stopping = asyncio.create_task(asyncio.to_thread(serve.stop))
        for wire in finishing:
            assert (await wire.rest())[-1] == b"[DONE]"
        for wire in endless:
            assert json.loads((await wire.rest())[-1])["error"]["code"] == "draining"
        assert await stopping == 0, serve.said()
        for wire in (*finishing, *endless):
            await wire.close()
        report = _audit(serve.data)
        assert report["clean"], report["failures"]
        assert (report["open_holds"], report["posted"], report["inexact"]) == (0, 15, 5)


def _audit(data: Path) -> dict[str, object]:
    """By the command, with nothing running."""
    command = [sys.executable, "-m", "waystation", "audit", "--data", str(data), "--json"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    report: dict[str, object] = json.loads(done.stdout)
    return report


async def _begin(port: int) -> Wire:
    wire = await Wire.open(port)
    await wire.send("POST", CHAT, body(stream=True), KEY)
    assert await wire.read_head() == 200
    return wire


async def test_a_worker_is_replaced_while_the_other_serves(
    data_template: Path, tmp_path: Path, rogue: Rogue
) -> None:
    what = document([channel("up", rogue.url)])
    with serving(data_template, tmp_path, what, workers=2) as serve:
        frames = chat_frames([f" {number}" for number in range(20)])
        rogue.answer(stream(frames, gap_seconds=0.05))
        streams = [await _begin(serve.port) for _ in range(20)]
        rogue.answer(chat())
        pid = serve.kill("gateway-1", signal.SIGTERM)
        statuses = []
        while serve.pid("gateway-1") in (None, pid):
            statuses.append((await request(serve.port, "POST", CHAT, body(), KEY)).status)
        assert set(statuses) == {200}
        for wire in streams:
            assert (await wire.rest())[-1] == b"[DONE]"
            await wire.close()
        async with asyncio.timeout(20):
            while (report := await serve.audit())["open_holds"]:
                await asyncio.sleep(0.05)
        assert report["posted"] == 20 + len(statuses)
        assert report["inexact"] == 0

"""An upgrade under load from the program before the last step of a schema: that program, taken from
the project's own history, goes on serving while `migrate` of this one runs, and is then replaced.
No request is lost, no stream is cut, and the books are clean."""

import asyncio
import contextlib
import io
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.nodes.fleet import nginx
from tests.support.gateway import CHAT, KEY, Document, body, channel, document
from tests.support.rogue import Rogue
from tests.support.script import chat, chat_frames, stream
from tests.support.serve import Serve
from tests.support.wire import Wire, request

ROOT = Path(__file__).parents[2]
STREAMS = 20
FRAMES = 60
GAP_SECONDS = 0.1
STEPS = {
    "main": ("--diff-filter=A", "waystation/storage/migrations/versions"),
    "ledger": ("-S_divide_log", "waystation/ledger/migrate.py"),
}
"""How the commit is found that made a schema's last step."""

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1500)]


def _git(*words: str) -> bytes:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, timeout=60)
    if done.returncode:
        pytest.skip("the project's history is not here")
    return done.stdout


@pytest.fixture(params=STEPS)
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with the program as it was before that step."""
    how, where = STEPS[request.param]
    commits = _git("log", how, "--format=%H", "--", where).decode().split()
    if not commits:
        pytest.skip("the project's history is not here")
    commit = commits[0] if request.param == "main" else commits[-1]
    folder = tmp_path / "before"
    with tarfile.open(fileobj=io.BytesIO(_git("archive", f"{commit}^", "waystation"))) as tar:
        tar.extractall(folder, filter="data")
    return folder


class Aged(Serve):
    """before: the folder of the program that it runs; None: this one."""

    before: Path | None = None

    def environment(self) -> dict[str, str]:
        told = super().environment()
        if self.before is not None:
            told |= {"PYTHONPATH": str(self.before), "PYTHONSAFEPATH": "1"}
        return told

    async def migrate(self) -> str:
        """By this program, whatever runs. What it said."""
        command = [sys.executable, "-m", "waystation", "migrate", "--data", str(self.data)]
        done = await asyncio.to_thread(
            subprocess.run, command, env=super().environment(), capture_output=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return str(done.stdout.decode())

    async def replace(self) -> None:
        """As a service manager does it: SIGTERM, then the new program."""
        assert await asyncio.to_thread(self.stop) == 0, self.said()
        self.before = None
        await asyncio.to_thread(self.start)


class Load:
    """Clients that ask without a pause. refused: connections that nobody took, which are asked
    again, as a proxy or an SDK does."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.statuses: Counter[int] = Counter()
        self.refused = 0
        self.streams = 0
        self._going = True
        self._clients = [asyncio.create_task(self._client()) for _ in range(3)]

    async def _client(self) -> None:
        while self._going:
            try:
                got = await request(self.port, "POST", CHAT, body(), KEY)
            except ConnectionRefusedError:
                self.refused += 1
                await asyncio.sleep(0.05)
                continue
            self.statuses[got.status] += 1

    async def until_more(self, count: int = 10) -> None:
        seen = self.statuses.total()
        async with asyncio.timeout(120):
            while self.statuses.total() < seen + count:
                await asyncio.sleep(0.02)

    @contextlib.asynccontextmanager
    async def streaming(self) -> AsyncIterator[None]:
        """Streams that began before and go to their end, whatever happens meanwhile."""
        wires = await asyncio.gather(*(self._begin() for _ in range(STREAMS)))
        ends = asyncio.gather(*(self._whole(wire) for wire in wires))
        yield
        await ends
        self.streams += STREAMS

    async def _begin(self) -> Wire:
        wire = await Wire.open(self.port)
        await wire.send("POST", CHAT, body(stream=True), KEY)
        assert await wire.read_head() == 200
        await wire.event()
        return wire

    async def _whole(self, wire: Wire) -> None:
        events = await wire.rest()
        assert events[-1] == b"[DONE]"
        assert len(events) >= FRAMES
        await wire.close()

    async def stop(self) -> int:
        """How many were served."""
        self._going = False
        await asyncio.gather(*self._clients)
        assert set(self.statuses) == {200}, self.statuses
        return self.statuses.total() + self.streams


def _what(rogue: Rogue) -> Document:
    frames = chat_frames([f" {number}" for number in range(FRAMES)])
    rogue.answer(lambda seen: stream(frames, GAP_SECONDS) if seen.json().get("stream") else chat())
    return document([channel("up", rogue.url)], credit="1000")


async def _settled(serve: Serve, served: int) -> None:
    async with asyncio.timeout(60):
        while (report := await serve.audit())["open_holds"]:
            await asyncio.sleep(0.2)
    assert (report["posted"], report["inexact"], report["loss_nanos"]) == (served, 0, 0)


async def test_of_one_host_on_sqlite(before: Path, tmp_path: Path, rogue: Rogue) -> None:
    """While it is replaced nobody listens; whatever was taken is answered."""
    serve = Aged(tmp_path, 1, {"drain_seconds_max": 35})
    serve.before = before
    try:
        await asyncio.to_thread(serve.start, _what(rogue))
        load = Load(serve.port)
        await load.until_more()
        async with load.streaming():
            print((await serve.migrate()).strip())
            await load.until_more()
            await serve.replace()
        await load.until_more()
        served = await load.stop()
        print(f"{served} served, {load.refused} refused connections asked again")
        await _settled(serve, served)
    finally:
        await asyncio.to_thread(serve.close)


@pytest.mark.postgres
async def test_of_two_hosts_on_postgres(
    before: Path, postgres_dsn: str, tmp_path: Path, rogue: Rogue
) -> None:
    """Of a rolling one callers see nothing at all."""
    options = {"database": postgres_dsn, "drain_seconds_max": 35}
    nodes = [Aged(tmp_path / name, 1, options) for name in ("n1", "n2")]
    what = _what(rogue)
    for node in nodes:
        node.folder.mkdir()
        node.before = before
    try:
        await asyncio.to_thread(nodes[0].start, what)
        nodes[1].data.mkdir()
        shutil.copy(nodes[0].data / "master.key", nodes[1].data)
        await asyncio.to_thread(nodes[1].start)
        with nginx(tmp_path / "nginx", [node.port for node in nodes]) as port:
            load = Load(port)
            await load.until_more()
            async with load.streaming():
                print((await nodes[0].migrate()).strip())
                await load.until_more()
                await nodes[0].replace()
                await load.until_more(30)  # of the old one and the new one by turns
            async with load.streaming():
                await nodes[1].replace()
                await load.until_more(30)
            served = await load.stop()
        assert load.refused == 0
        print(f"{served} served")
        await _settled(nodes[0], served)
    finally:
        for node in nodes:
            await asyncio.to_thread(node.close)

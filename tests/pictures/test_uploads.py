"""Large uploads: on disk, not in memory; gone when the request is; streamed to the upstream."""

import asyncio
import hashlib
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from tests.pictures.conftest import Begin
from tests.pictures.studio import Form, b64, images, png, read_reply
from waystation.kernel.spool import Spool

MEGABYTES = 2**20
ANSWER = images({"b64_json": b64(png())})
UPLOADS, UPLOAD_BYTES = 20, 20 * 10**6
RSS_BYTES_MAX = 200 * MEGABYTES
SECONDS_MAX = 120


def test_a_spool_reads_what_was_written() -> None:
    spool = Spool(memory_bytes=100)
    written = bytearray()
    for count in (1, 99, 100, 250, 0, 7):
        data = os.urandom(count)
        spool.write(data)
        written += data
        if spool.is_due:
            spool.flush()
        assert len(spool) == len(written)
        assert spool.read() == bytes(written)
    assert spool.is_on_disk
    for piece_bytes in (1, 13, 1000):
        assert b"".join(spool.pieces(piece_bytes)) == bytes(written)
    assert spool.read(150) == bytes(written[:150])
    first, second = spool.pieces(10), spool.pieces(10)
    assert [next(first), next(second), next(first)] == [
        bytes(written[:10]), bytes(written[:10]), bytes(written[10:20])
    ]  # fmt: skip
    spool.close()
    assert len(spool) == 0


async def test_a_large_upload_arrives_whole_and_leaves_nothing(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spools = tmp_path / "spools"
    spools.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spools))
    studio = await begin()
    studio.near.answer(ANSWER)
    large = png(weight_bytes=3 * MEGABYTES)
    reply = await studio.upload(
        "/v1/images/edits",
        ("image", "a.png", large),
        ("image", "b.png", png()),
        ("prompt", None, b"x"),
        ("model", None, b"m"),
    )
    assert reply.status == 200, reply.body
    seen = studio.near.seen[0]
    assert seen.body.count(large) == 1
    assert int(seen.headers["content-length"]) == len(seen.body)
    assert list(spools.iterdir()) == []
    assert not open_spools(spools)


async def test_a_client_that_leaves_in_the_middle_leaves_nothing(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spools = tmp_path / "spools"
    spools.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spools))
    studio = await begin()
    form = Form([("image", "a.png", png(weight_bytes=4 * MEGABYTES)), ("prompt", None, b"x")])
    body = form.body()
    _, writer = await studio.open(
        "/v1/images/edits",
        body[: 3 * MEGABYTES],
        form.content_type,
        {"content-length": str(len(body))},
    )
    async with asyncio.timeout(10):
        while not open_spools(spools):
            await asyncio.sleep(0.005)
        assert list(spools.iterdir()) == [], "the file has no name from the start"
        writer.transport.abort()
        while open_spools(spools):
            await asyncio.sleep(0.005)
    assert not studio.near.seen


async def test_another_channel_gets_the_whole_upload_too(begin: Begin) -> None:
    studio = await begin()
    studio.near.answer(studio.near.error(500))
    studio.far.answer(ANSWER)
    large = png(weight_bytes=2 * MEGABYTES)
    reply = await studio.upload(
        "/v1/images/edits",
        ("image", "a.png", large),
        ("prompt", None, b"x"),
        ("model", None, b"m"),
    )
    assert reply.status == 200, reply.body
    assert studio.near.seen[0].body.count(large) == studio.far.seen[0].body.count(large) == 1


async def test_an_upstream_that_answers_before_it_has_read(begin: Begin) -> None:
    studio = await begin()
    studio.near.early = True
    studio.near.answer(studio.near.reply(413, b'{"error":{"message":"too large for us"}}'))
    large = png(weight_bytes=8 * MEGABYTES)
    reply = await studio.upload(
        "/v1/images/edits",
        ("image", "a.png", large),
        ("prompt", None, b"x"),
        ("model", None, b"m"),
    )
    assert reply.status == 413
    assert reply.json()["error"]["message"].startswith("too large for us")


def test_twenty_at_once_stay_within_bounds(data_template: Path, tmp_path: Path) -> None:
    """In a process of its own: its peak of memory, from an idle gateway to the last reply."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.pictures.flood", str(data_template), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answered, peak_bytes, digest = done.stdout.split()
    assert int(answered) == UPLOADS
    assert digest == hashlib.sha256(png(weight_bytes=UPLOAD_BYTES)).hexdigest()
    assert int(peak_bytes) < RSS_BYTES_MAX


def open_spools(folder: Path) -> list[str]:
    """Unlinked files of this process in the folder, and others."""
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            continue
        if target.startswith(str(folder)):
            found.append(target)
    return found


class SlowDisk:
    """What spools get for a file: writing waits until it may."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.may_write = threading.Event()
        self.is_full = False
        self.writing = threading.Event()
        self.threads: set[int] = set()

    def write(self, data: memoryview) -> int:
        self.threads.add(threading.get_ident())
        self.writing.set()
        assert self.may_write.wait(20)
        if self.is_full:
            raise OSError("no space left")
        return self.file.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> SlowDisk:
    one = SlowDisk(cast(BinaryIO, tempfile.TemporaryFile(buffering=0)))  # noqa: SIM115
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: one)
    return one


LARGE = png(weight_bytes=18 * MEGABYTES)
FORM = Form([("image", "a.png", LARGE), ("prompt", None, b"x"), ("model", None, b"m")])


@pytest.mark.parametrize("face", ["http1", "asgi"])
async def test_a_slow_disk_holds_up_its_own_client_alone(
    begin: Begin, disk: SlowDisk, face: str
) -> None:
    """The loop goes on, and the client waits with what there is no room for."""
    studio = await begin(face=face)
    studio.near.answer(ANSWER)
    body = FORM.body()
    reader, writer = await studio.open(
        "/v1/images/edits", b"", FORM.content_type, {"content-length": str(len(body))}
    )
    sent = 0

    async def send() -> None:
        nonlocal sent
        for at in range(0, len(body), 65536):
            writer.write(body[at : at + 65536])
            await writer.drain()
            sent = at

    sending = asyncio.create_task(send())
    try:
        await asyncio.to_thread(disk.writing.wait, 10)
        assert (await studio.draw()).status == 200, "others are served meanwhile"
        before = -1
        while sent > before:  # until the client cannot send any more
            before = sent
            await asyncio.sleep(0.1)
        assert sent < len(body) - 4 * MEGABYTES, "it was not taken into memory"
    finally:
        disk.may_write.set()
    await sending
    async with asyncio.timeout(20):
        answered = read_reply(await reader.read())
    writer.close()
    assert answered.status == 200, answered.body
    assert disk.threads.isdisjoint({threading.get_ident()})
    assert studio.near.seen[-1].body.count(LARGE) == 1


async def test_a_full_disk_is_told(begin: Begin, disk: SlowDisk) -> None:
    studio = await begin()
    disk.is_full = True
    disk.may_write.set()
    reply = await studio.raw("/v1/images/edits", FORM.body(), FORM.content_type)
    assert (reply.status, reply.code) == (503, "overloaded"), reply.body
    assert not studio.near.seen


async def test_a_file_is_closed_when_its_write_has_ended(disk: SlowDisk) -> None:
    spool = Spool(memory_bytes=4)
    spool.write(b"12345678")
    write = asyncio.get_running_loop().run_in_executor(None, spool.begin_flush())
    spool.write(b"9")
    assert (len(spool), spool.read(), spool.read(5)) == (9, b"123456789", b"12345")
    spool.close()
    assert not disk.file.closed
    disk.may_write.set()
    await write
    spool.end_flush()
    assert disk.file.closed

"""What the doctor says of the machine: clocks, the disk, the port."""

import resource
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.support.main_store import postgres_dsn, postgres_server  # noqa: F401
from waystation.control.doctor.clock import SAMPLE_SECONDS, check_clock, check_database_clock
from waystation.control.doctor.disk import check_disk, check_sync
from waystation.control.doctor.ports import check_port
from waystation.kernel.clock import now_ms
from waystation.settings import Settings
from waystation.storage.database import Database

# ---- clocks --------------------------------------------------------------------------------


class Clocks:
    """A wall clock that jumps while the monotonic one does not."""

    def __init__(self, jump_seconds: float, now: float = 1_790_000_000.0) -> None:
        self.wall_seconds, self.steady_seconds, self.jump_seconds = now, 5.0, jump_seconds

    def wall(self) -> float:
        return self.wall_seconds

    def steady(self) -> float:
        return self.steady_seconds

    def pause(self, seconds: float) -> None:
        self.steady_seconds += seconds
        self.wall_seconds += seconds + self.jump_seconds


@pytest.mark.parametrize(("jump_seconds", "ok"), [(0.0, True), (0.3, False), (-0.3, False)])
def test_a_clock_that_jumps(jump_seconds: float, ok: bool) -> None:
    clocks = Clocks(jump_seconds)
    assert check_clock(clocks.wall, clocks.steady, clocks.pause).ok is ok
    assert clocks.steady_seconds == 5.0 + SAMPLE_SECONDS


def test_a_clock_that_was_never_set() -> None:
    clocks = Clocks(0.0, now=86_400.0)
    check = check_clock(clocks.wall, clocks.steady, clocks.pause)
    assert not check.ok
    assert "behind" in check.detail


@pytest.mark.postgres
async def test_a_database_with_another_clock(postgres_dsn: str) -> None:  # noqa: F811
    database = Database.postgres(postgres_dsn)
    right = await check_database_clock(database)
    ahead = await check_database_clock(database, lambda: now_ms() + 60_000)
    behind = await check_database_clock(database, lambda: now_ms() - 60_000)
    await database.close()
    assert right.ok
    assert not ahead.ok
    assert not behind.ok
    assert "-60" in ahead.detail or "-59" in ahead.detail


# ---- disk ----------------------------------------------------------------------------------


def test_a_full_disk(tmp_path: Path) -> None:
    check = check_disk(tmp_path, free_bytes_min=1 << 60)
    assert not check.ok
    assert "GiB free" in check.detail


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert not check_disk(tmp_path / "nowhere").ok
    assert not check_sync(tmp_path / "nowhere").ok


def test_a_disk_that_takes_no_byte(tmp_path: Path) -> None:
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        check = check_sync(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert not check.ok
    assert "cannot be written durably" in check.detail


def test_a_slow_disk(tmp_path: Path) -> None:
    check = check_sync(tmp_path, millis_max=0.0)
    assert not check.ok
    assert "faster disk" in check.advice


# ---- port ----------------------------------------------------------------------------------


def test_a_port_that_somebody_has() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        other.settimeout(5)
        closing = threading.Thread(target=lambda: other.accept()[0].close())
        closing.start()
        check = check_port(Settings(host="127.0.0.1", port=other.getsockname()[1]))
        closing.join()
    assert not check.ok
    assert "in use" in check.detail


class Ours(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("x-oneapi-request-id", "1")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def ours() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Ours)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_port_that_we_have(ours: int) -> None:
    assert check_port(Settings(host="127.0.0.1", port=ours)).ok


def test_an_address_that_is_not_ours() -> None:
    assert not check_port(Settings(host="192.0.2.1", port=0)).ok

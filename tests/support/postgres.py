"""A real PostgreSQL for tests, started once a session, never as root, with fsync on.

Use: `pytest_plugins = ["tests.support.postgres"]` in a root conftest, or import the fixtures.
`postgres_server` is the running server, `postgres_dsn` a fresh empty database for one test.
"""

import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.room import roomy_folder

START_SECONDS_MAX = 60.0
USER = "waystation"
_PR_SET_PDEATHSIG = 1
# Loaded here: between fork and exec is no place to load a library.
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


@dataclass
class PostgresServer:
    """port: on 127.0.0.1. folder: also holds the Unix socket and the log."""

    bin: Path
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def dsn(self, database: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Returns when it accepts connections."""
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            [self.bin / "postgres", "-D", self.folder / "data", "-k", self.folder],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=_leave_root_and_die_with_us,
            start_new_session=True,
        )
        log.close()
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                text = (self.folder / "log").read_text(errors="replace")
                self.kill()
                raise RuntimeError(f"PostgreSQL did not start:\n{text[-4000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """As if the machine had lost power, but for what the kernel has taken already."""
        self._end(signal.SIGQUIT)

    def create_database(self) -> str:
        name = f"t{secrets.token_hex(6)}"
        self.sql(f'CREATE DATABASE "{name}"')
        return name

    def sql(self, statement: str, database: str = "postgres") -> None:
        subprocess.run(
            [self.bin / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement,
             self.dsn(database)],
            check=True, capture_output=True, timeout=START_SECONDS_MAX,
        )  # fmt: skip

    def _ready(self) -> bool:
        done = subprocess.run(
            [self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-t", "1"],
            capture_output=True,
        )
        return done.returncode == 0

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None


def _leave_root() -> None:
    """initdb and postgres refuse to run as root."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    os.umask(0o077)


def _leave_root_and_die_with_us() -> None:
    """A pytest that is killed must not leave its server behind."""
    _leave_root()
    if _PRCTL is not None:  # after the change of user, which takes it back
        _PRCTL(_PR_SET_PDEATHSIG, signal.SIGQUIT, 0, 0, 0)


def find_binaries() -> Path | None:
    named = os.environ.get("PG_BIN")
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name), reverse=True
    )
    on_path = shutil.which("initdb")
    places = [Path(named)] if named else []
    places += [Path(on_path).resolve().parent] if on_path else []
    for place in [*places, *versions]:
        if all((place / name).exists() for name in ("initdb", "postgres", "pg_isready", "psql")):
            return place
    return None


def _install() -> None:
    if os.getuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update", "-qq"], ["install", "-y", "-qq", "postgresql"]):
            subprocess.run(
                ["apt-get", *words], check=False, capture_output=True, env=environment, timeout=600
            )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def create_server(binaries: Path, folder: Path) -> PostgresServer:
    folder.chmod(0o700)
    if os.getuid() == 0:
        os.chown(folder, 65534, 65534)
    server = PostgresServer(binaries, folder, _free_port())
    subprocess.run(
        [binaries / "initdb", "-D", folder / "data", "-U", USER, "-A", "trust", "-E", "UTF8",
         "--locale=C", "--no-sync"],
        check=True, capture_output=True, preexec_fn=_leave_root, timeout=120,
    )  # fmt: skip
    settings = (
        f"listen_addresses = '127.0.0.1'\nport = {server.port}\nmax_connections = 60\n"
        "shared_buffers = 64MB\nfsync = on\nsynchronous_commit = on\nfull_page_writes = on\n"
        "autovacuum = off\ntimezone = 'UTC'\n"
        # In its own folder: a killed server leaves nothing behind in /dev/shm.
        "dynamic_shared_memory_type = mmap\n"
    )
    with (folder / "data" / "postgresql.conf").open("a") as file:
        file.write(settings)
    return server


@contextmanager
def new_server(binaries: Path) -> Iterator[PostgresServer]:
    """A server of its own, started; gone afterwards with all its data."""
    folder = Path(tempfile.mkdtemp(prefix="waystation-pg-", dir=roomy_folder()))
    try:
        server = create_server(binaries, folder)
        try:
            server.start()
            yield server
        finally:
            # Nobody needs the data: no checkpoint.
            server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    binaries = find_binaries()
    if binaries is None:
        _install()
        binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: put it on PATH or name its folder in PG_BIN")
    with new_server(binaries) as server:
        yield server


@pytest.fixture
def postgres_dsn(postgres_server: PostgresServer) -> str:
    """postgresql://… of an empty database. It goes with the server: dropping it here would wait
    for a checkpoint."""
    return postgres_server.dsn(postgres_server.create_database())

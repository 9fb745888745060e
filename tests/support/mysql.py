"""A real MariaDB for tests, started once a session, never as root.

`mysql_server` is the running server, `mysql_dsn` a fresh empty database for one test.
"""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql
import pytest

START_SECONDS_MAX = 60.0
USER, PASSWORD = "waystation", "let-me-in"
NOBODY = 65534


class MysqlServer:
    """folder: its data, socket and log; it listens on that socket and on 127.0.0.1:port."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self._binary = binary
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    def start(self) -> None:
        """Returns when it takes connections and the user is there."""
        data = self._folder / "data"
        installer = shutil.which("mariadb-install-db") or shutil.which("mysql_install_db")
        assert installer is not None
        made = [installer, "--no-defaults", f"--datadir={data}", "--skip-test-db"]
        made += ["--auth-root-authentication-method=normal", "--skip-name-resolve"]
        subprocess.run(
            made, check=True, capture_output=True, preexec_fn=_leave_root, timeout=120,
            cwd=self._folder,
        )  # fmt: skip
        log = (self._folder / "log").open("ab")
        self._process = subprocess.Popen(
            [self._binary, "--no-defaults", f"--datadir={data}", f"--port={self.port}",
             f"--socket={self._folder}/s", f"--pid-file={self._folder}/pid",
             "--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-buffer-pool-size=32M",
             "--innodb-flush-log-at-trx-commit=0", "--character-set-server=utf8mb4"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=_leave_root,
            start_new_session=True,
        )  # fmt: skip
        log.close()
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                self._knock()
                self._ask(f"CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}'")
                self._ask(f"GRANT ALL ON *.* TO '{USER}'@'%'")
                return
            except (pymysql.MySQLError, OSError):
                assert self._process is not None
                if self._process.poll() is not None or time.monotonic() > deadline:
                    said = (self._folder / "log").read_text(errors="replace")
                    self.kill()
                    raise RuntimeError(f"MariaDB did not start:\n{said[-4000:]}") from None
                time.sleep(0.05)

    def _knock(self) -> None:
        """pymysql leaves its socket open when nobody listens yet."""
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(f"{self._folder}/s")

    def _ask(self, statement: str) -> None:
        connection = pymysql.connect(unix_socket=f"{self._folder}/s", user="root")
        try:
            connection.cursor().execute(statement)
        finally:
            connection.close()

    def create_database(self) -> str:
        """Its address."""
        name = f"t{secrets.token_hex(6)}"
        self._ask(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        return f"mysql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{name}"

    def kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()


def _leave_root() -> None:
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    os.umask(0o077)


def find_binary() -> Path | None:
    for name in ("mariadbd", "mysqld"):
        for place in (shutil.which(name), f"/usr/sbin/{name}", f"/usr/libexec/{name}"):
            if place and Path(place).exists():
                return Path(place)
    return None


def _install() -> None:
    if os.getuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        wanted = ["install", "-y", "-qq", "--no-install-recommends", "mariadb-server"]
        for words in (["update", "-qq"], wanted):
            subprocess.run(
                ["apt-get", *words], check=False, capture_output=True, env=environment, timeout=600
            )


@contextmanager
def new_server(binary: Path) -> Iterator[MysqlServer]:
    folder = Path(tempfile.mkdtemp(prefix="waystation-my-"))
    try:
        if os.getuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        server = MysqlServer(binary, folder)
        try:
            server.start()
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def mysql_server() -> Iterator[MysqlServer]:
    binary = find_binary()
    if binary is None:
        _install()
        binary = find_binary()
    if binary is None:
        pytest.skip("MariaDB is not installed: put mariadbd on PATH")
    with new_server(binary) as server:
        yield server


@pytest.fixture
def mysql_dsn(mysql_server: MysqlServer) -> str:
    """mysql://… of an empty database."""
    return mysql_server.create_database()

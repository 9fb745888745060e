"""The whole product as an operator runs it: `python -m waystation serve` and its children.

with serving(template, folder, document) as serve:
    serve.port, serve.child("gateway-1"), serve.kill("ledger")
    async with serve.ledger() as ledger: ...
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.support.gateway import Document, to_toml
from waystation.ledger.client import LedgerClient
from waystation.ledger.questions import AskAudit, AskRow, AuditState, RowState
from waystation.settings import Settings

READY_SECONDS_MAX = 180.0
STOP_SECONDS_MAX = 40.0


def free_port() -> int:
    """SO_REUSEPORT lets the workers bind it; nobody else here takes it meanwhile."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Serve:
    """A running `serve`. data: its folder; what it says is in `output`."""

    def __init__(self, folder: Path, workers: int, options: Mapping[str, object]) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.output = folder / "output"
        self.workers = workers
        self.port = free_port()
        self.python = sys.executable
        self._options = options
        self.process: subprocess.Popen[bytes] | None = None

    # ---- life --------------------------------------------------------------------------------

    def start(self, document: Document | None = None) -> None:
        """Returns when it is ready."""
        command = [self.python, "-m", "waystation", "serve", "--data", str(self.data)]
        command += ["--port", str(self.port), "--workers", str(self.workers)]
        if document is not None:
            config = self.folder / "relay.toml"
            config.write_text(to_toml(document))
            command += ["--config", str(config)]
        with self.output.open("ab") as out:
            self.process = subprocess.Popen(
                command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=self.environment()
            )
        self.wait(lambda: all(self.pid(name) for name in self.names))
        self.wait(self._is_ready)

    def environment(self) -> dict[str, str]:
        kept = {name: one for name, one in os.environ.items() if not name.startswith("WAYSTATION_")}
        usual = {"language": "en", "time_zone": "UTC", "drain_notice_seconds": 0.2,
                 "drain_seconds_max": 10, "log_lines": "off"}  # fmt: skip
        told = {**usual, **self._options}
        said = {name: str(value).replace("<port>", str(self.port)) for name, value in told.items()}
        return kept | {f"WAYSTATION_{name.upper()}": value for name, value in said.items()}

    def _is_ready(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as one:
                one.settimeout(1)
                one.sendall(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                return one.recv(100).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def wait(self, holds: Callable[[], Any], seconds_max: float = READY_SECONDS_MAX) -> None:
        """Wait for a condition; fails the test when it does not come."""
        give_up_at = time.monotonic() + seconds_max
        while not holds():
            assert self.process is not None
            gone = self.process.poll()
            assert gone is None, f"serve ended with {gone}:\n{self.said()}"
            assert time.monotonic() < give_up_at, f"not within {seconds_max} s:\n{self.said()}"
            time.sleep(0.02)

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(STOP_SECONDS_MAX)

    def close(self) -> None:
        process = self.process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()  # its children die with it
            process.wait()

    def said(self) -> str:
        return self.output.read_text(errors="replace")[-6000:]

    # ---- its children ------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        return ("ledger", "control", *(f"gateway-{number + 1}" for number in range(self.workers)))

    def pid(self, name: str) -> int | None:
        """Of the child that lives now."""
        assert self.process is not None
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        with contextlib.suppress(OSError):
            for pid in map(int, path.read_text().split()):
                if _is_child(pid, name):
                    return pid
        return None

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        """Send a signal; the pid that had it."""
        pid = self.pid(name)
        assert pid is not None, f"no {name}"
        os.kill(pid, number)
        return pid

    def wait_replaced(self, name: str, pid: int) -> None:
        """Until another process has taken its place."""
        self.wait(lambda: self.pid(name) not in (None, pid))

    # ---- its books ---------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def ledger(self) -> AsyncIterator[LedgerClient]:
        settings = Settings(data=self.data)
        client = LedgerClient(settings.ledger_socket, "", "")
        client.start()
        try:
            await client.wait_present(20)
            yield client
        finally:
            client.close()

    async def audit(self) -> dict[str, Any]:
        async with self.ledger() as ledger:
            state = await ledger.ask(AskAudit("audit"))
        assert isinstance(state, AuditState)
        report: dict[str, Any] = json.loads(state.report)
        assert report["clean"], report["failures"]
        return report

    async def story(self, request_id: str) -> RowState:
        async with self.ledger() as ledger:
            state = await ledger.ask(AskRow(request_id, 0, request_id))
        assert isinstance(state, RowState)
        return state


def _is_child(pid: int, name: str) -> bool:
    """gateway-N knows its number by its environment."""
    kind, _, number = name.partition("-")
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if kind.encode() not in words:
            return False
        told = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return not number or f"WAYSTATION_WORKER={number}".encode() in told


@contextlib.contextmanager
def serving(
    template: Path,
    folder: Path,
    document: Document,
    *,
    workers: int = 1,
    **options: object,
) -> Iterator[Serve]:
    """options: settings; `<port>` in one is its own. The data folder is a copy of `template`, which
    was set up before."""
    serve = Serve(folder, workers, options)
    shutil.copytree(template, serve.data)
    try:
        serve.start(document)
        yield serve
    finally:
        serve.close()

"""A waystation serve as a user starts it, and what it printed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
START_SECONDS_MAX = 60.0
TRUSTED = {"WAYSTATION_TRUSTED_PROXIES": "127.0.0.1/32"}


def environment(**more: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("WAYSTATION_")}
    return (
        clean
        | {"WAYSTATION_DRAIN_NOTICE_SECONDS": "0.1", **TRUSTED, "PYTHONPATH": str(ROOT)}
        | more
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Serving:
    """A `serve` under way. out: what it printed to stdout so far."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.out, self.err = folder / "out", folder / "err"
        command = [sys.executable, "-m", "waystation", "serve", "--data", str(folder / "data")]
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port), *arguments],
                cwd=folder,
                env=environment(),
                stdout=out,
                stderr=err,
            )

    def wait_ready(self) -> None:
        self.wait_for(lambda: "Waystation is ready" in self.err.read_text())

    def wait_for(self, holds: Any) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not holds():
            assert self.process.poll() is None, self.err.read_text()
            assert time.monotonic() < deadline, self.err.read_text()
            time.sleep(0.02)

    def call(
        self, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, str]:
        """(status, decoded body, content type)"""
        request = urllib.request.Request(
            self.base + path,
            None if body is None else json.dumps(body).encode(),
            {"content-type": "application/json"} | (headers or {}),
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return reply.status, read(reply), reply.headers.get_content_type()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, read(refused), refused.headers.get_content_type()

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=30)


def read(reply: Any) -> Any:
    raw = reply.read()
    is_json = reply.headers.get_content_type() == "application/json"
    return json.loads(raw) if is_json else raw.decode()


def told(serving: Serving, word: str) -> str:
    line = next(line for line in serving.out.read_text().splitlines() if word in line)
    return line.split(word)[1].strip()

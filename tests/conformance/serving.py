"""`waystation serve` as a process of its own, for clients that were not written here."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
WAIT_SECONDS_MAX = 40.0
KEEP_ALIVE_SECONDS = "0.5"

KEY = "sk-conformance-key-of-ada-0001"
POOR_KEY = "sk-conformance-key-of-poor-0001"
NARROW_KEY = "sk-conformance-key-narrow-0001"
OFF_KEY = "sk-conformance-key-is-off-0001"

RELAY = """
auto_groups = ["default"]

[[groups]]
name = "default"
rate = "2"

[[groups]]
name = "elsewhere"
selectable = true

[[channels]]
name = "demo"
vendor = "demo"
groups = ["default"]
models = [
  "demo-chat", "demo-completion", "demo-embedding", "demo-moderation", "org/demo-chat:free",
  "demo-speech", "demo-transcription",
]
header_overrides = {{ x-demo-pace-ms = "1" }}

[[channels]]
name = "slow"
vendor = "demo"
groups = ["default"]
models = ["slow-chat"]
header_overrides = {{ x-demo-pace-ms = "100" }}

[[channels]]
name = "single"
vendor = "demo"
groups = ["default"]
models = ["single-chat"]
header_overrides = {{ x-demo-pace-ms = "40" }}
limits = {{ concurrency = 1 }}

[[channels]]
name = "elsewhere"
vendor = "demo"
groups = ["elsewhere"]
models = ["elsewhere-chat"]

[[channels]]
name = "mock"
vendor = "openai"
base_url = "{upstream}"
allow_private = true
keys = ["sk-upstream-canary-0123456789"]
groups = ["default"]
models = ["mock-*", "text-embedding-3-small"]

[[channels]]
name = "spare"
vendor = "demo"
groups = ["default"]
models = ["spared-*"]
priority = 10
header_overrides = {{ x-demo-pace-ms = "1" }}
{faulty}
[[prices]]
model = "*"
input = "1"
output = "3"

[[prices]]
model = "demo-moderation"
per_call = "0.001"

[[prices]]
model = "demo-speech"
per_character = "0.00001"

[[prices]]
model = "demo-transcription"
per_second = "0.0001"

[[accounts]]
email = "ada@example.com"
credit = "100"

[[accounts]]
email = "poor@example.com"

[[tokens]]
account = "ada@example.com"
name = "laptop"
key = "{key}"

[[tokens]]
account = "poor@example.com"
name = "empty"
key = "{poor}"

[[tokens]]
account = "ada@example.com"
name = "narrow"
key = "{narrow}"
models = ["demo-embedding"]

[[tokens]]
account = "ada@example.com"
name = "off"
key = "{off}"
enabled = false
"""

FAULTS = ("429", "500", "503", "401", "400", "drop", "nonsense", "break")
FAULTY = """
[[channels]]
name = "{name}"
vendor = "openai"
base_url = "{upstream}/v1"
allow_private = true
keys = ["sk-upstream-canary-0123456789"]
groups = ["default"]
models = ["{name}"]
"""
"""Each failure has channels of its own: health remembers it against the whole channel."""


def faulty(upstream: str) -> str:
    names = (
        f"{start}-{fault}-{form}"
        for start in ("lone", "spared")
        for fault in FAULTS
        for form in ("json", "stream", "node")
    )
    return "".join(FAULTY.format(name=name, upstream=upstream) for name in names)


class Answer(NamedTuple):
    """headers: names in lower case. body: decoded when it is JSON."""

    status: int
    headers: dict[str, str]
    body: Any


def environment(**more: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("WAYSTATION_")}
    ours = {
        "WAYSTATION_DRAIN_NOTICE_SECONDS": "0.1",
        "WAYSTATION_KEEP_ALIVE_SECONDS": KEEP_ALIVE_SECONDS,
        "WAYSTATION_LANGUAGE": "en",
        "PYTHONPATH": str(ROOT),
    }
    return clean | ours | more


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A `serve` under way. upstream: the address of the foreign upstream, "" where there is none.

    seen: request id -> (status, key) of all that the clients of the tests asked for.
    """

    def __init__(self, folder: Path, store: str, database: str | None, upstream: str) -> None:
        self.store = store
        self.upstream = upstream
        self.folder = folder
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.seen: dict[str, tuple[int, str]] = {}
        self._database = ["--database", database] if database else []
        relay = folder / "relay.toml"
        upstream = upstream or "http://127.0.0.1:9"
        relay.write_text(
            RELAY.format(
                upstream=upstream,
                faulty=faulty(upstream),
                key=KEY,
                poor=POOR_KEY,
                narrow=NARROW_KEY,
                off=OFF_KEY,
            )
        )
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            self.process = subprocess.Popen(
                [*self._command("serve"), "--config", str(relay), "--port", str(self.port)],
                cwd=folder,
                env=environment(),
                stdout=out,
                stderr=err,
            )

    def _command(self, name: str) -> list[str]:
        data = str(self.folder / "data")
        return [sys.executable, "-m", "waystation", name, "--data", data, *self._database]

    @property
    def errors(self) -> str:
        return (self.folder / "err").read_text()

    def wait_ready(self) -> None:
        self.wait_for(lambda: "Waystation is ready" in self.errors)

    def wait_for(self, holds: Callable[[], Any]) -> Any:
        """What `holds` gave, once it is true."""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while not (found := holds()):
            assert self.process.poll() is None, self.errors
            assert time.monotonic() < deadline, self.errors[-4000:]
            time.sleep(0.02)
        return found

    def saw(self, reply: Any) -> None:
        """Remember a reply of the SDK's HTTP client, to be looked up in the books."""
        key = reply.request.headers["authorization"].removeprefix("Bearer ")
        self.seen[reply.headers["x-request-id"]] = (reply.status_code, key)

    def receipt(self, identity: str, key: str = KEY) -> dict[str, Any]:
        """The settled receipt of a request."""

        def settled() -> dict[str, Any] | None:
            found = self._receipt(identity, key)
            return found if found is not None and found["status"] == "settled" else None

        return dict(self.wait_for(settled))

    def _receipt(self, identity: str, key: str) -> dict[str, Any] | None:
        request = urllib.request.Request(
            f"{self.base}/v1/generation?id={identity}", headers={"authorization": f"Bearer {key}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return dict(json.loads(reply.read())["data"])
        except urllib.error.HTTPError as refused:
            refused.close()
            if refused.code != 404:
                raise
            return None

    def audit(self) -> dict[str, Any]:
        done = subprocess.run(
            [*self._command("audit"), "--json"],
            env=environment(),
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode in (0, 1), done.stderr
        return dict(json.loads(done.stdout))

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

"""What a benchmark runs against: nginx as the upstream and as the yardstick, our stub, the product.

Everything listens on loopback, lives in one temporary folder and ends with the run.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.stub import JSON_BODY

ROOT = Path(__file__).resolve().parent.parent
KEY = "sk-wsA1b2C3d40123456789abcdefghijABCDEFGHIJKL0MS48r"
"""Of our own shape, like the keys that the product mints."""


_NGINX = """
worker_processes 1;
daemon off;
pid {folder}/{name}.pid;
error_log {folder}/{name}.log warn;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  client_body_temp_path {folder}/{name}-body;
  proxy_temp_path {folder}/{name}-proxy;
  fastcgi_temp_path {folder}/{name}-f;
  uwsgi_temp_path {folder}/{name}-u;
  scgi_temp_path {folder}/{name}-s;
  keepalive_requests 100000000;
  {body}
}}
"""
_UPSTREAM = """
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    default_type application/json;
    location / {{ return 200 '{reply}'; }}
  }}
"""
_PROXY = """
  upstream json {{ server 127.0.0.1:{json}; keepalive 256; keepalive_requests 100000000; }}
  upstream stub {{ server 127.0.0.1:{stub}; keepalive 2048; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    location / {{ proxy_pass http://json; }}
    location /stub/ {{ proxy_pass http://stub/; proxy_buffering off; }}
  }}
"""


def stub_key(name: str) -> str:
    """Of the token that leads to that path of the stub."""
    return f"sk-bench-of-the-stub-{name}"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def need(program: str) -> str:
    """Its path; on a Debian machine it is installed when it is missing."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True, stdout=subprocess.DEVNULL)
        command = ["apt-get", "install", "-y", "-qq", program]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found = shutil.which(program) or shutil.which(program, path="/usr/sbin")
    if found is None:
        raise SystemExit(f"bench needs {program}: install the Debian package of that name")
    return found


def wait_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"{process.args!r} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing listens on {port}")


@contextmanager
def running(
    command: list[str], port: int | None = None, **options: object
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, cwd=ROOT, **options)  # type: ignore[call-overload]
    try:
        if port is not None:
            wait_port(port, process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def nginx(folder: Path, name: str, body: str, port: int) -> Iterator[None]:
    path = folder / f"{name}.conf"
    path.write_text(_NGINX.format(folder=folder, name=name, body=body))
    with running([need("nginx"), "-c", str(path), "-p", str(folder)], port):
        yield


def nginx_worker(folder: Path, name: str) -> int:
    """The process of that nginx which does the work."""
    master = (folder / f"{name}.pid").read_text().strip()
    return int(Path(f"/proc/{master}/task/{master}/children").read_text().split()[0])


@contextmanager
def upstreams(folder: Path) -> Iterator[dict[str, int]]:
    """Ports: json (nginx), stub (ours), proxy (nginx proxy_pass to both)."""
    ports = {name: free_port() for name in ("json", "stub", "proxy")}
    reply = JSON_BODY.decode().replace("'", "\\'")
    with (
        nginx(folder, "json", _UPSTREAM.format(port=ports["json"], reply=reply), ports["json"]),
        running([sys.executable, "-m", "bench.stub", str(ports["stub"])], ports["stub"]),
        nginx(
            folder,
            "proxy",
            _PROXY.format(port=ports["proxy"], json=ports["json"], stub=ports["stub"]),
            ports["proxy"],
        ),
    ):
        yield ports


_CONFIG = """
[[groups]]
name = "default"

[[channels]]
name = "json"
vendor = "openai"
base_url = "http://127.0.0.1:{json}"
allow_private = true
keys = ["sk-upstream-of-the-bench"]
models = ["gpt-4o-mini"]
groups = ["default"]
"""
_STUB_CHANNEL = """
[[groups]]
name = "{name}"

[[channels]]
name = "{name}"
vendor = "openai"
base_url = "http://127.0.0.1:{stub}/{name}"
allow_private = true
keys = ["sk-upstream-of-the-bench"]
models = ["gpt-4o-mini"]
groups = ["{name}"]

[[tokens]]
account = "bench@example.com"
name = "{name}"
groups = ["{name}"]
key = "{stub_key}"
"""
_REST = """
[[prices]]
model = "gpt-4o-mini"
input = "0.15"
output = "0.60"

[[accounts]]
email = "bench@example.com"
credit = "1000000"

[[tokens]]
account = "bench@example.com"
name = "bench"
groups = ["default"]
key = "{key}"
"""


class Product:
    """A running Waystation."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, data: Path) -> None:
        self.process = process
        self.port = port
        self.data = data

    def gateways(self) -> list[int]:
        return [pid for pid in self._children() if "gateway" in _command(pid)]

    def ledger(self) -> int:
        return next(pid for pid in self._children() if "ledger" in _command(pid))

    def _children(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]


def _command(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def resident_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def product(
    folder: Path,
    ports: dict[str, int],
    workers: int = 1,
    database: str | None = None,
    join: Product | None = None,
) -> Iterator[Product]:
    """A fresh data folder, configured and ready; its logs go to the folder. join: another node on
    the same database, whose master key this one takes."""
    data = folder / f"data-{time.monotonic_ns()}"
    config = folder / "relay.toml"
    stubs = "".join(
        _STUB_CHANNEL.format(name=name, stub=ports["stub"], stub_key=stub_key(name))
        for name in ("stream", "idle", "slow", "flood")
    )
    config.write_text(_CONFIG.format(json=ports["json"]) + stubs + _REST.format(key=KEY))
    options = ["--workers", str(workers)]
    if database is not None:
        options += ["--database", database]
    if join is None:
        options += ["--config", str(config)]
    else:
        data.mkdir(mode=0o700)
        shutil.copy2(join.data / "master.key", data / "master.key")
    with again(folder, data, options) as running_product:
        yield running_product


@contextmanager
def again(folder: Path, data: Path, options: Sequence[str] = ()) -> Iterator[Product]:
    """Waystation over a data folder."""
    port = free_port()
    command = [sys.executable, "-m", "waystation", "serve", "--data", str(data)]
    command += ["--port", str(port), *options]
    with (
        open(folder / "waystation.out", "ab") as out,
        open(folder / "waystation.err", "ab") as err,
        running(command, stdout=out, stderr=err) as process,
    ):
        wait_ready(port, process)
        yield Product(process, port, data)


def wait_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit("waystation serve ended; see waystation.err")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("waystation serve does not become ready")


def wrk_start(
    port: int, path: str, connections: int, seconds: int, key: str = KEY
) -> subprocess.Popen[str]:
    script = ROOT / "bench" / "post.lua"
    environment = {**os.environ, "BENCH_KEY": key}
    command = [need("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script)]
    command.append(f"http://127.0.0.1:{port}{path}")
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def wrk_result(process: subprocess.Popen[str]) -> dict[str, float]:
    output, _ = process.communicate(timeout=600)
    if process.returncode:
        raise SystemExit(f"wrk failed: {output}")
    return dict(json.loads(output.rsplit("JSON:", 1)[1]))


def wrk(port: int, path: str, connections: int, seconds: int, key: str = KEY) -> dict[str, float]:
    """requests/s, and how many replies were not 200."""
    return wrk_result(wrk_start(port, path, connections, seconds, key))


def load(mode: str, port: int, path: str, count: int, key: str = KEY) -> dict[str, float]:
    command = [
        sys.executable,
        "-m",
        "bench.load",
        mode,
        "127.0.0.1",
        str(port),
        path,
        key,
        str(count),
    ]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return dict(json.loads(output))


@contextmanager
def held(mode: str, port: int, path: str, count: int, key: str, seconds: int) -> Iterator[None]:
    """Clients that stay: `hold` (first frame read) or `silent` (nothing read)."""
    command = [sys.executable, "-m", "bench.load", mode, "127.0.0.1", str(port), path, key]
    command += [str(count), str(seconds)]
    with running(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield

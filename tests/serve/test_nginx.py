"""nginx in front, as many operators have it: streams reach the client frame by frame, with
`proxy_buffering off` and, by our header, without it."""

import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.gateway import CHAT, KEY, body, channel, document, open_station
from tests.support.rogue import Rogue
from tests.support.script import Gate, chat_frames, stream
from tests.support.serve import free_port
from tests.support.wire import Wire

CONFIG = """
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log warn;
events {{ worker_connections 128; }}
http {{
  access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port};
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    {buffering}
    location / {{ proxy_pass http://127.0.0.1:{target}; }}
  }}
}}
"""


@contextmanager
def nginx(folder: Path, target: int, buffering: str) -> Iterator[int]:
    """Its port."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("nginx is not installed (Debian package: nginx)")
    folder.mkdir()
    port = free_port()
    config = folder / "nginx.conf"
    user = "user root;" if os.getuid() == 0 else ""
    text = CONFIG.format(folder=folder, port=port, target=target, buffering=buffering)
    config.write_text(user + text)
    command = [program, "-c", str(config), "-p", str(folder), "-e", str(folder / "error.log")]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            _wait(folder / "pid", process)
            yield port
        finally:
            process.terminate()
            process.wait(10)


def _wait(path: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while not path.exists() or not path.read_text().strip():
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("buffering", ["proxy_buffering off;", "proxy_buffering on;"])
async def test_frames_come_one_by_one(
    data_template: Path, tmp_path: Path, rogue: Rogue, buffering: str
) -> None:
    what = document([channel("up", rogue.url)])
    async with open_station(data_template, tmp_path, what, rogue) as station:
        with nginx(tmp_path / "nginx", station.port, buffering) as port:
            frames = chat_frames([f" {number}" for number in range(6)])
            gates = [threading.Event() for _ in frames[2:]]
            steps = list(stream(frames[:2], done=False, end=()))
            for gate, frame in zip(gates, frames[2:], strict=True):
                steps += [Gate(gate), *stream([frame], done=False, end=())[1:]]
            rogue.answer((*steps, *stream([])[1:]))
            wire = await Wire.open(port)
            await wire.send("POST", CHAT, body(stream=True), KEY)
            assert await wire.read_head() == 200
            await wire.event()
            for number, gate in enumerate(gates[:-1]):
                delta = json.loads(await wire.event() or b"")["choices"][0]["delta"]
                assert delta["content"] == f" {number}"
                gate.set()
            gates[-1].set()
            assert (await wire.rest())[-1] == b"[DONE]"
            await wire.close()


async def test_a_client_that_leaves_is_noticed_through_nginx(
    data_template: Path, tmp_path: Path, rogue: Rogue
) -> None:
    what = document([channel("up", rogue.url)])
    async with open_station(data_template, tmp_path, what, rogue) as station:
        with nginx(tmp_path / "nginx", station.port, "proxy_buffering off;") as port:
            gate = threading.Event()
            rogue.answer((*stream(chat_frames()[:2], done=False, end=()), Gate(gate)))
            wire = await Wire.open(port)
            await wire.send("POST", CHAT, body(stream=True), KEY)
            assert await wire.read_head() == 200
            await wire.event()
            await wire.close()
            await rogue.until(lambda: rogue.links[0].closed_by == "peer", 2.0)
            row = await station.row(wire.headers["x-request-id"])
            assert row.end == "client_gone"
            gate.set()

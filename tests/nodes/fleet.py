"""Nodes that share one PostgreSQL, and nginx in front of them.

A `Node` is a gateway and a ledger in this process, on a port that it keeps when it comes back.
"""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.gateway import BOOT, Document, to_toml
from tests.support.serve import free_port
from waystation.app import gateway
from waystation.control.apply import first_start
from waystation.control.apply.file import apply_file
from waystation.edge.listening import bind
from waystation.ledger.postgres_books import PostgresBooks
from waystation.ledger.questions import AskAudit, AuditState
from waystation.ledger.server import LedgerServer
from waystation.ledger.session import open_ledger
from waystation.settings import Settings

NGINX = """
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log warn;
events {{ worker_connections 2048; }}
http {{
  access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream nodes {{ {servers} }}
  server {{
    listen 127.0.0.1:{port};
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    proxy_buffering off;
    location / {{ proxy_pass http://nodes; }}
  }}
}}
"""


async def prepare(folder: Path, dsn: str, document: Document) -> Path:
    """A database with this configuration; the data folder that nodes begin as."""
    template = folder / "template"
    settings = Settings(data=template, database=dsn)
    await first_start(settings)
    config = folder / "relay.toml"
    config.write_text(to_toml(document))
    applied = await apply_file(settings, config)
    assert not applied.report.problems
    shutil.rmtree(template / "node", ignore_errors=True)
    return template


async def audit(template: Path, dsn: str) -> dict[str, Any]:
    async with open_ledger(Settings(data=template, database=dsn, time_zone="UTC")) as ledger:
        told = await ledger.ask(AskAudit("fleet"))
    assert isinstance(told, AuditState)
    report: dict[str, Any] = msgspec.json.decode(told.report)
    return report


class Node:
    def __init__(self, template: Path, folder: Path, name: str, dsn: str) -> None:
        shutil.copytree(template, folder / name)
        self.name = name
        self.port = free_port()
        self._settings = Settings(
            data=folder / name, database=dsn, language="en", time_zone="UTC", log_lines="off",
            drain_notice_seconds=0.1, drain_seconds_max=60.0,
        )  # fmt: skip
        self._stack = contextlib.AsyncExitStack()
        self._running: Any = None

    async def start(self) -> None:
        stack = self._stack = contextlib.AsyncExitStack()
        assert self._settings.database is not None
        books = PostgresBooks(self._settings.database, node=self.name, time_zone="UTC")
        server = LedgerServer(books, self._settings.ledger_socket, BOOT)
        await server.start()
        stack.push_async_callback(server.stop)
        parts = gateway(self._settings, BOOT, f"gateway-{self.name}")
        self._running = await stack.enter_async_context(parts)
        await self._running.site.ledger.wait_present(30)
        await self._running.start(bind("127.0.0.1", self.port))

    async def stop(self) -> None:
        """As SIGTERM does it: drain, then the ledger."""
        await self._running.drain()
        await self._stack.aclose()


@contextlib.contextmanager
def nginx(folder: Path, ports: Sequence[int]) -> Iterator[int]:
    """Its port. A node that refuses a connection is passed over at once, and tried again next."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("nginx is not installed (Debian package: nginx)")
    folder.mkdir()
    port = free_port()
    config = folder / "nginx.conf"
    servers = " ".join(f"server 127.0.0.1:{one} max_fails=0;" for one in ports)
    user = "user root;" if os.getuid() == 0 else ""
    config.write_text(user + NGINX.format(folder=folder, port=port, servers=servers))
    command = [program, "-c", str(config), "-p", str(folder), "-e", str(folder / "error.log")]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            deadline = time.monotonic() + 30
            while not (folder / "pid").exists() or not (folder / "pid").read_text().strip():
                assert process.poll() is None, process.stderr and process.stderr.read()
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield port
        finally:
            process.terminate()
            process.wait(10)

"""A gateway and its ledger in this process, with two upstreams that do as they are told.

`near` serves group "default" at rate 1 and is tried first; `far` serves group "half" at rate 0.5.
near_vendor="openai-compatible": it gives one answer a call, so n are fanned out.
A token of model "m" costs 1,000 nanos in and 2,000 out.
"""

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.rogue import Rogue
from waystation.app import gateway as gateway_parts
from waystation.control.apply import execute, open_store, plan
from waystation.control.apply.load import parse
from waystation.edge.gateway import Gateway
from waystation.edge.listening import bind
from waystation.journal.row import Row
from waystation.ledger.questions import AskAudit, AskRow, AuditState, RowState
from waystation.ledger.server import LedgerServer
from waystation.ledger.sqlite_books import SqliteBooks
from waystation.settings import Settings

KEY = "sk-settling-tests-0123456789"
UPSTREAM_KEY = "93c1d07be2.canary.93c1d07be2"
BOOT = "boot-of-a-test"
INPUT, OUTPUT = 1_000, 2_000
SECONDS_MAX = 10.0

SETUP = f"""\
[[groups]]
name = "default"

[[groups]]
name = "half"
rate = "0.5"
selectable = true

[[channels]]
name = "near"
vendor = "{{near_vendor}}"
base_url = "{{near}}"
allow_private = true
keys = ["{UPSTREAM_KEY}"]
groups = ["default"]
models = ["*"]
{{more_of_near}}

[[channels]]
name = "far"
vendor = "openai"
base_url = "{{far}}"
allow_private = true
keys = ["{UPSTREAM_KEY}"]
groups = ["half"]
models = ["*"]

[[prices]]
model = "m"
input = "1"
output = "2"

[[prices]]
model = "by-call"
per_call = "0.01"

[[prices]]
model = "by-length"
input = "1"
output = "2"
tiers = [{{{{ above_tokens = 1000, input = "10", output = "20" }}}}]

[[accounts]]
email = "ada@example.com"
credit = "{{credit}}"

[[tokens]]
account = "ada@example.com"
name = "t"
key = "{KEY}"
groups = ["default", "half"]
"""


@dataclass(frozen=True)
class Reply:
    """headers: lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> str:
        return self.headers["x-request-id"]

    def json(self) -> Any:
        return json.loads(self.body)


class Till:
    """What a test holds in its hands."""

    def __init__(self, near: Rogue, far: Rogue, books: SqliteBooks) -> None:
        self.near = near
        self.far = far
        self.books = books
        self.gateway: Gateway
        self.port = 0

    async def open(
        self, headers: Mapping[str, str] | None = None, **fields: Any
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A chat request that has been sent."""
        body = {"model": "m", "messages": [{"role": "user", "content": "hello"}], **fields}
        raw = json.dumps(body).encode()
        told = {
            "host": "till.test",
            "authorization": f"Bearer {KEY}",
            "content-type": "application/json",
            "content-length": str(len(raw)),
            "connection": "close",
            **(headers or {}),
        }
        lines = ["POST /v1/chat/completions HTTP/1.1", *(f"{n}: {v}" for n, v in told.items())]
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write("\r\n".join([*lines, "", ""]).encode() + raw)
        return reader, writer

    async def chat(self, headers: Mapping[str, str] | None = None, **fields: Any) -> Reply:
        """One chat request, read to the end of its connection."""
        reader, writer = await self.open(headers, **fields)
        async with asyncio.timeout(SECONDS_MAX):
            raw = await reader.read()
        writer.close()
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in lines)
        return Reply(int(first.split()[1]), {n.lower(): v for n, _, v in pairs}, body)

    async def row(self, request_id: str) -> Row:
        """The log row, once there is no hold any more."""
        await self.settled()
        state = await self.gateway.site.ledger.ask(AskRow("q", 0, request_id))
        assert isinstance(state, RowState)
        assert state.row is not None
        return state.row

    async def last_row(self) -> Row:
        """Of the only request so far, whose reply nobody may have read."""
        await self.settled()
        assert self.books._state is not None
        (hold_id,) = self.books._state.resolved
        return await self.row(hold_id)

    async def settled(self) -> None:
        await until(lambda: not self.gateway.site.ledger.holds_open)

    async def check(self) -> None:
        """The books are clean, and nothing is open."""
        await self.settled()
        state = await self.gateway.site.ledger.ask(AskAudit("audit"))
        assert isinstance(state, AuditState)
        report = json.loads(state.report)
        assert report["clean"], report["failures"]
        assert report["open_holds"] == 0


async def until(holds: Callable[[], Any]) -> None:
    """Wait for a condition; fails the test when it does not come."""
    async with asyncio.timeout(SECONDS_MAX):
        while not holds():
            await asyncio.sleep(0.002)


@contextlib.asynccontextmanager
async def open_till(
    template: Path, folder: Path, near: Rogue, far: Rogue, *, credit: str = "10",
    more_of_near: str = "", near_vendor: str = "openai", **options: Any,
) -> AsyncIterator[Till]:  # fmt: skip
    """options: settings. Leaving the block asks the audit."""
    data = folder / "data"
    shutil.copytree(template, data)
    usual: dict[str, Any] = {
        "data": data, "port": 0, "language": "en", "time_zone": "UTC", "log_lines": "off",
        "drain_notice_seconds": 0.0, "drain_seconds_max": 0.0,
    }  # fmt: skip
    settings = Settings(**{**usual, **options})
    books = SqliteBooks(data / "ledger.db", time_zone="UTC")
    server = LedgerServer(books, settings.ledger_socket, BOOT)
    await server.start()
    till = Till(near, far, books)
    text = SETUP.format(
        near=near.url, far=far.url, credit=credit,
        near_vendor=near_vendor, more_of_near=more_of_near,
    )  # fmt: skip
    try:
        async with gateway_parts(settings, BOOT, "gateway-1") as till.gateway:
            await till.gateway.site.ledger.wait_present(SECONDS_MAX)
            await _apply(settings, text, till)
            listen = bind("127.0.0.1", 0)
            till.port = listen.getsockname()[1]
            await till.gateway.start(listen)
            try:
                yield till
                await till.check()
            finally:
                await till.gateway.drain()
    finally:
        await server.stop()


async def _apply(settings: Settings, text: str, till: Till) -> None:
    document = parse(text.encode(), Path("relay.toml"), {})
    database, sealing = await open_store(settings)
    try:
        wanted = await plan(database, document, sealing)
        report = await execute(database, wanted, sealing, till.gateway.site.ledger.ask)
        assert not report.waiting, report.problems
    finally:
        await database.close()
    await till.gateway.feed.look()

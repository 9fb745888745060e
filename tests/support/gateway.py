"""A gateway and its ledger in this process, on real sockets and real files, with a Rogue.

    async with open_station(template, folder, document) as station:
        reply = await station.chat(stream=False)
        station.rogue.seen
        await station.row(reply.request_id)          # the log row, once the ledger has it

Leaving the block asks the audit, which must be clean with nothing open. `template` is a data
folder that was set up once (`data_template`): copying it is cheaper than a first start.
"""

import asyncio
import contextlib
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import select

from tests.support.rogue import Rogue
from tests.support.wire import Reply, Wire, request
from waystation.app import gateway as gateway_parts
from waystation.control.apply import execute, first_start, open_store, plan
from waystation.control.apply.load import parse
from waystation.edge.gateway import Gateway
from waystation.edge.listening import bind
from waystation.journal.row import Row
from waystation.ledger.messages import Done
from waystation.ledger.policies import PutAccount
from waystation.ledger.postgres_books import PostgresBooks
from waystation.ledger.questions import (
    AccountState,
    AskAccount,
    AskAudit,
    AskRow,
    AuditState,
    RowState,
)
from waystation.ledger.server import LedgerServer
from waystation.ledger.sqlite_books import SqliteBooks
from waystation.settings import Settings
from waystation.storage.main import accounts

KEY = "sk-relay-proofs-0123456789abcdef"
UPSTREAM_KEY = "sk-upstream-canary-4f1d9c0e7a"
EMAIL = "ada@example.com"
MODEL = "m-1"
CHAT = "/v1/chat/completions"
INPUT_NANOS, OUTPUT_NANOS = 1_000, 2_000
"""Of a token of MODEL."""
BOOT = "boot-of-the-proofs"

Document = Mapping[str, Any]


def channel(name: str, url: str, **more: Any) -> dict[str, Any]:
    """A channel of a relay.toml; what is not said leads to `url` with UPSTREAM_KEY."""
    return {
        "name": name,
        "vendor": "openai",
        "base_url": url,
        "allow_private": True,
        "keys": [UPSTREAM_KEY],
        "groups": ["default"],
        "models": [MODEL],
        **more,
    }


def token(name: str = "laptop", key: str = KEY, email: str = EMAIL, **more: Any) -> dict[str, Any]:
    return {"account": email, "name": name, "key": key, **more}


def document(
    channels: Sequence[Mapping[str, Any]],
    *,
    credit: str = "10",
    account: Mapping[str, Any] | None = None,
    tokens: Sequence[Mapping[str, Any]] | None = None,
    groups: Sequence[Mapping[str, Any]] = ({"name": "default"},),
    accounts: Sequence[Mapping[str, Any]] = (),
    prices: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """A relay.toml with one account of `credit` USD. accounts, prices: more of them."""
    return {
        "groups": list(groups),
        "channels": list(channels),
        "prices": [{"model": MODEL, "input": "1", "output": "2"}, *prices],
        "accounts": [{"email": EMAIL, "credit": credit, **(account or {})}, *accounts],
        "tokens": list(tokens) if tokens is not None else [token()],
    }


def to_toml(document: Document) -> str:
    lines = []
    for name, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            for table in value:
                lines.append(f"[[{name}]]")
                lines += [f"{key} = {_toml(one)}" for key, one in table.items()]
        else:
            lines.insert(0, f"{name} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f'"{key}" = {_toml(one)}' for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)


def body(**fields: Any) -> dict[str, Any]:
    """Of a chat request."""
    return {"model": MODEL, "messages": [{"role": "user", "content": "hello"}], **fields}


class Station:
    """A running gateway. Its ledger can be stopped and started again."""

    def __init__(self, settings: Settings, rogue: Rogue) -> None:
        self.settings = settings
        self.rogue = rogue
        self.gateway: Gateway
        self.port = 0
        self.account_ids: dict[str, int] = {}
        self.books: Any
        self._server: LedgerServer | None = None

    # ---- calling it ------------------------------------------------------------------------

    async def request(
        self,
        method: str,
        path: str,
        document: Any = None,
        key: str | None = KEY,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        return await request(self.port, method, path, document, key, headers)

    async def chat(
        self, key: str | None = KEY, headers: Mapping[str, str] | None = None, **fields: Any
    ) -> Reply:
        """One chat request, streamed or not, read to its end."""
        return await self.request("POST", CHAT, body(**fields), key, headers)

    async def open_stream(self, key: str = KEY, **fields: Any) -> Wire:
        """A streamed chat whose head has come; its events are still to be read."""
        wire = await Wire.open(self.port)
        await wire.send("POST", CHAT, body(stream=True, **fields), key)
        await wire.read_head()
        return wire

    # ---- asking what became of it ------------------------------------------------------------

    async def row(self, request_id: str) -> Row:
        """The log row of a request, once it is settled."""
        await self.settled()
        state = await self.gateway.site.ledger.ask(AskRow(request_id, 0, request_id))
        assert isinstance(state, RowState)
        assert state.row is not None, f"no row of {request_id}"
        return state.row

    async def account(self, email: str = EMAIL) -> AccountState:
        await self.settled()
        state = await self.gateway.site.ledger.ask(AskAccount("a", self.account_ids[email]))
        assert isinstance(state, AccountState)
        return state

    async def present(self) -> None:
        """Until the ledger is there."""
        await until(lambda: self.gateway.site.ledger.present, 10)

    async def settled(self, seconds_max: float = 20.0) -> None:
        """Until the ledger is there and no hold of this gateway is open."""
        ledger = self.gateway.site.ledger
        await until(lambda: ledger.present and not ledger.holds_open, seconds_max)

    async def audit(self) -> dict[str, Any]:
        state = await self.gateway.site.ledger.ask(AskAudit("audit"))
        assert isinstance(state, AuditState)
        report: dict[str, Any] = json.loads(state.report)
        return report

    async def check(self) -> dict[str, Any]:
        """The audit, which must be clean with nothing open."""
        await self.settled()
        report = await self.audit()
        assert report["clean"], report["failures"]
        assert report["open_holds"] == 0
        return report

    # ---- changing it -----------------------------------------------------------------------

    async def apply(self, document: Document | str) -> None:
        """As `waystation apply`, the text of a file or what it would say; the gateway has it when
        this returns."""
        text = document if isinstance(document, str) else to_toml(document)
        wanted = parse(text.encode(), Path("relay.toml"), {})
        database, sealing = await open_store(self.settings)
        try:
            what = await plan(database, wanted, sealing)
            report = await execute(database, what, sealing, self.gateway.site.ledger.ask)
            assert not report.waiting, report.problems
            async with database.read() as connection:
                rows = await connection.execute(select(accounts.c.email, accounts.c.id))
                self.account_ids = dict(tuple(row) for row in rows)
        finally:
            await database.close()
        await self.gateway.feed.look()

    async def apply_to_ledger(self, email: str, *, enabled: bool) -> None:
        """Tell the ledger alone, as the control process does before it answers an operator."""
        account_id = self.account_ids[email]
        known = await self.account(email)
        put = PutAccount(account_id, known.version + 1, enabled)
        assert isinstance(await self.gateway.site.ledger.ask(put), Done)

    async def start_ledger(self) -> None:
        settings = self.settings
        if settings.database is None:
            self.books = SqliteBooks(settings.data / "ledger.db", time_zone=settings.time_zone)
        else:
            self.books = PostgresBooks(settings.database, node="n1", time_zone=settings.time_zone)
        self._server = LedgerServer(self.books, settings.ledger_socket, BOOT)
        await self._server.start()

    async def stop_ledger(self) -> None:
        if self._server is not None:
            server, self._server = self._server, None
            await server.stop()


async def until(holds: Any, seconds_max: float = 20.0) -> None:
    """Wait for a condition; fails the test when it does not come."""
    try:
        async with asyncio.timeout(seconds_max):
            while not holds():
                await asyncio.sleep(0.002)
    except TimeoutError:
        raise AssertionError(f"not within {seconds_max} s") from None


S = TypeVar("S", bound=Station)


@contextlib.asynccontextmanager
async def open_station(
    template: Path, folder: Path, document: Document | str, rogue: Rogue, **options: Any
) -> AsyncIterator[Station]:
    """options: settings that are not the tests' usual ones."""

    def make(settings: Settings) -> Station:
        return Station(settings, rogue)

    async with opened(make, template, folder, document, **options) as station:
        yield station


@contextlib.asynccontextmanager
async def opened(
    make: Callable[[Settings], S],
    template: Path,
    folder: Path,
    document: Document | str,
    **options: Any,
) -> AsyncIterator[S]:
    """A station of whatever sort, serving. options: settings. Leaving the block asks the audit."""
    data = folder / "data"
    shutil.copytree(template, data)
    usual: dict[str, Any] = {
        "data": data, "port": 0, "language": "en", "time_zone": "UTC", "log_lines": "off",
        "drain_notice_seconds": 0.0, "drain_seconds_max": 0.0,
    }  # fmt: skip
    station = make(Settings(**{**usual, **options}))
    await station.start_ledger()
    try:
        async with gateway_parts(station.settings, BOOT, "gateway-1") as running:
            station.gateway = running
            await running.site.ledger.wait_present(10)
            await station.apply(document)
            listen = bind("127.0.0.1", 0)
            station.port = listen.getsockname()[1]
            await running.start(listen)
            try:
                yield station
                await station.check()
            finally:
                await running.drain()
    finally:
        await station.stop_ledger()


_UNUSED_PRICES = """DELETE FROM prices WHERE
    model NOT LIKE 'mj%' AND model NOT LIKE 'suno%' AND model NOT LIKE '%upscale%'
    AND model <> 'swap_face'"""


def make_template(folder: Path) -> None:
    """A data folder after its first start. Of the catalogue it keeps what tasks and upscales cost:
    each gateway reads all prices when it starts, and tests name the few others that they need."""
    asyncio.run(first_start(Settings(data=folder)))  # type: ignore[arg-type]
    with contextlib.closing(sqlite3.connect(folder / "main.db")) as store:
        store.execute(_UNUSED_PRICES)
        store.commit()
        store.execute("VACUUM")


@pytest.fixture(scope="session")
def data_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To be copied."""
    folder = tmp_path_factory.mktemp("template") / "data"
    make_template(folder)
    return folder


@pytest.fixture
def rogue() -> Iterator[Rogue]:
    with Rogue() as one:
        yield one

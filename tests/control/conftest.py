"""A control process's app on a real socket, with a real store and a real ledger, on one loop."""

import asyncio
import base64
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.identity.rows import add_account, add_token
from tests.support.main_store import migrated_file
from waystation.artefacts.store import ArtefactStore
from waystation.control.app import build_app
from waystation.control.server import Server, listen, make_server
from waystation.control.services import Services
from waystation.control.sessions import Sessions
from waystation.control.sign_in import SignIn
from waystation.identity import passwords
from waystation.identity.keys import mint
from waystation.kernel.clock import now_ms
from waystation.ledger.client import LedgerClient
from waystation.ledger.messages import Transfer
from waystation.ledger.policies import PutAccount, PutToken
from waystation.ledger.server import LedgerServer
from waystation.ledger.sqlite_books import SqliteBooks
from waystation.settings import Settings
from waystation.storage.database import Database
from waystation.storage.master_key import MasterKey
from waystation.storage.sealing import Sealing
from waystation.storage.signing import add_signing_key

__all__ = ["migrated_file"]

BOOT = "boot-of-this-start"
PASSWORD = "correct horse battery"
PEER = {"x-waystation-peer": "192.0.2.7", "x-waystation-request-id": "req-42"}
"""What the gateway says with each request that it forwards."""


class Console:
    """The running app. `call` speaks as the gateway does; `direct` as a process of this start."""

    def __init__(self, services: Services, socket: Path) -> None:
        self.services = services
        self.store = services.database
        self.ledger = services.ledger
        self._http = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(str(socket)), cookie_jar=aiohttp.DummyCookieJar()
        )

    async def call(
        self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any
    ) -> aiohttp.ClientResponse:
        return await self.direct(method, path, PEER | (headers or {}), **more)

    async def direct(
        self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any
    ) -> aiohttp.ClientResponse:
        reply = await self._http.request(method, f"http://control{path}", headers=headers, **more)
        await reply.read()
        return reply

    async def account(self, email: str, role: str = "user", nanos: int = 0, **more: Any) -> int:
        """With PASSWORD, known to the ledger, credited with nanos."""
        more = {"password_hash": HASH, "role": role} | more
        account_id = await add_account(self.store, email, **more)
        await self.ledger.ask(PutAccount(account_id, 1, True))
        if nanos:
            await self.ledger.ask(Transfer(account_id, "grant:1", "grant", nanos))
        return account_id

    async def token(self, account_id: int, name: str = "laptop", **more: Any) -> tuple[int, str]:
        key = mint()
        token_id = await add_token(self.store, account_id, name, key, **more)
        await self.ledger.ask(PutToken(token_id, account_id, 1, True))
        return token_id, key

    async def sign_in(self, email: str) -> dict[str, str]:
        """The headers of a fresh session."""
        reply = await self.call(
            "POST", "/api/v1/session", json={"email": email, "password": PASSWORD}
        )
        assert reply.status == 201, await reply.text()
        return {"authorization": f"Bearer {(await reply.json())['token']}"}

    async def close(self) -> None:
        await self._http.close()


HASH = passwords.hash_password(PASSWORD)


def basic(email: str, password: str = PASSWORD) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{email}:{password}".encode()).decode()}


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WAYSTATION_DATA", "WAYSTATION_DATABASE", "WAYSTATION_METRICS_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, language="en", metrics_token="scrape-me")


@pytest.fixture
async def ledger_server(settings: Settings) -> AsyncIterator[LedgerServer]:
    books = SqliteBooks(settings.data / "ledger.db", time_zone="UTC")
    server = LedgerServer(books, settings.ledger_socket, BOOT)
    await server.start()
    running = asyncio.create_task(server.run())
    yield server
    await server.stop()
    await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def console(
    settings: Settings, ledger_server: LedgerServer, migrated_file: Path
) -> AsyncIterator[Console]:
    shutil.copy(migrated_file, settings.data / "main.db")
    async with open_console(settings) as made:
        yield made


@asynccontextmanager
async def open_console(settings: Settings) -> AsyncIterator[Console]:
    """The store must be migrated, and a ledger of this boot listen already."""
    store = Database.of(settings)
    sealing = Sealing(MasterKey.new())
    await add_signing_key(store, sealing, now_ms())
    ledger = LedgerClient(settings.ledger_socket, "", BOOT)
    ledger.start()
    await ledger.wait_present(5)
    services = Services(
        settings=settings,
        boot=BOOT,
        database=store,
        ledger=ledger,
        sessions=Sessions(store),
        sign_in=SignIn(store),
        artefacts=ArtefactStore(settings, store, lambda: sealing),
        unseal=lambda: sealing,
    )
    server, serving = await _serve(services, settings)
    made = Console(services, settings.control_socket)
    yield made
    await made.close()
    server.should_exit = True
    await serving
    ledger.close()
    await store.close()


async def _serve(services: Services, settings: Settings) -> tuple[Server, asyncio.Task[None]]:
    server = make_server(build_app(services))
    listener = listen(settings.control_socket)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    async with asyncio.timeout(20):
        while not server.started:
            await asyncio.sleep(0.002)
    return server, serving

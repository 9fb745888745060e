"""`console` is on SQLite; `both` runs a test on SQLite and on PostgreSQL in turn."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from tests.control.conftest import (
    PASSWORD,
    Console,
    console,
    ledger_server,
    open_console,
    quiet_environment,
    settings,
)
from tests.support.main_store import (
    migrated_database,
    migrated_file,
    migrated_place,
    postgres_server,
)
from waystation.ledger.server import LedgerServer
from waystation.settings import Settings

CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
"""Real argon2id, of parameters that tests can afford."""

__all__ = [
    "console",
    "ledger_server",
    "migrated_database",
    "migrated_file",
    "migrated_place",
    "postgres_server",
    "quiet_environment",
    "settings",
]


class Caller:
    """Speaks as one person: JSON in, (status, JSON) out."""

    def __init__(self, console: Console, headers: dict[str, str] | None = None) -> None:
        self.console = console
        self.headers = headers or {}

    async def say(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any]:
        more = {} if body is None else {"json": body}
        reply = await self.console.call(method, path, {**self.headers, **headers}, **more)
        text = await reply.text()
        is_json = reply.content_type == "application/json" and text
        return reply.status, (await reply.json()) if is_json else text

    async def get(self, path: str, **headers: str) -> Any:
        status, told = await self.say("GET", path, None, **headers)
        assert status == 200, told
        return told

    async def ok(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        status, told = await self.say(method, path, body, **headers)
        assert status < 300, (status, told)
        return told

    async def refused(self, method: str, path: str, body: Any = None, **headers: str) -> str:
        """The error's code."""
        status, told = await self.say(method, path, body, **headers)
        assert status >= 400, told
        assert set(told["error"]) >= {"code", "message", "hint", "field", "request_id"}
        return str(told["error"]["code"])


async def signed_in(console: Console, email: str, **more: Any) -> Caller:
    """A fresh account's."""
    await console.account(email, **{"password_hash": CHEAP} | more)
    return Caller(console, await console.sign_in(email))


@pytest.fixture
async def boss(console: Console) -> Caller:
    return await signed_in(console, "boss@example.com", role="operator")


@pytest.fixture
async def ada(console: Console) -> Caller:
    return await signed_in(console, "ada@example.com", nanos=5 * 10**9)


@pytest.fixture
async def both(
    migrated_place: Path | str, settings: Settings, ledger_server: LedgerServer
) -> AsyncIterator[Console]:
    database = migrated_place if isinstance(migrated_place, str) else None
    async with open_console(settings.model_copy(update={"database": database})) as made:
        yield made


__all__ += ["PASSWORD"]

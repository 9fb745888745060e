"""Stored, and not paid for yet: what becomes of pictures whose gateway is killed."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.pictures.studio import CENT, KEY, Studio, b64, images, open_studio, png
from tests.support.gateway import BOOT
from tests.support.postgres import postgres_dsn, postgres_server
from tests.support.rogue import Rogue
from tests.support.wire import request
from waystation.artefacts.sweep import end_expired
from waystation.control.apply import first_start
from waystation.control.pending_files import decide_pending
from waystation.ledger.port import LedgerAway
from waystation.ledger.questions import AccountState, AskAccount
from waystation.settings import Settings
from waystation.storage.database import Database
from waystation.storage.main import accounts

pytestmark = pytest.mark.untraced

__all__ = ["postgres_dsn", "postgres_server"]

ROOT = Path(__file__).parents[2]
PNG = png()
ANSWER = images({"b64_json": b64(PNG)})


class DyingGateway:
    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port

    async def heard(self, word: str) -> None:
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            assert (await self.process.stdout.readline()).split() == [word.encode()]

    async def kill(self) -> None:
        self.process.kill()
        await self.process.communicate()


@asynccontextmanager
async def dying(studio: Studio, where: str) -> AsyncIterator[DyingGateway]:
    settings = studio.gateway.site.settings
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.pictures.dying_gateway", str(settings.data),
        settings.database or "", BOOT, where,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            word, port = (await process.stdout.readline()).split()
        assert word == b"port"
        yield DyingGateway(process, int(port))
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def listed(studio: Studio) -> list[dict[str, Any]]:
    reply = await request(studio.port, "GET", "/v1/artefacts", None, KEY)
    assert reply.status == 200, reply.body
    return list(reply.json()["data"])


async def decided(studio: Studio, grace_seconds: float = 0.0) -> tuple[int, int]:
    site = studio.gateway.site
    database = Database.of(site.settings)
    try:
        return await decide_pending(site.artefacts, database, site.ledger.ask, grace_seconds)
    finally:
        await database.close()


async def spent(studio: Studio) -> int:
    """nanos, of the one account that asks."""
    site = studio.gateway.site
    database = Database.of(site.settings)
    async with database.read() as connection:
        query = select(accounts.c.id).where(accounts.c.email == "ada@example.com")
        account_id = (await connection.execute(query)).scalar_one()
    await database.close()
    state = await site.ledger.ask(AskAccount("spent", account_id))
    assert isinstance(state, AccountState)
    assert state.held == 0
    return state.spent


def files(studio: Studio) -> list[Path]:
    top = studio.gateway.site.settings.data / "artefacts"
    return [path for path in top.rglob("*") if path.is_file()]


async def drawn_and_killed(studio: Studio, where: str) -> None:
    async with dying(studio, where) as other:
        body = {"model": "m", "prompt": "a boat"}
        asked = asyncio.create_task(
            request(other.port, "POST", "/v1/images/generations", body, KEY)
        )
        await other.heard("here")
        assert len(files(studio)) == 1, "stored"
        assert await listed(studio) == [], "and not listed before it is paid for"
        await other.kill()
        await asyncio.wait([asked])
        asked.exception()


async def test_killed_before_it_was_paid_for(studio: Studio) -> None:
    studio.near.answer(ANSWER)
    await drawn_and_killed(studio, "settle")
    await until_decided(studio, (0, 1))
    assert await listed(studio) == []
    await end_expired(studio.gateway.site.artefacts)
    assert files(studio) == []
    assert await spent(studio) == 0


async def test_killed_after_it_was_paid_for(studio: Studio) -> None:
    studio.near.answer(ANSWER)
    await drawn_and_killed(studio, "publish")
    await until_decided(studio, (1, 0))
    (one,) = await listed(studio)
    reply = await request(studio.port, "GET", "/" + one["url"].split("/", 3)[3])
    assert reply.body == PNG
    assert await spent(studio) == 2 * CENT


async def until_decided(studio: Studio, wanted: tuple[int, int]) -> None:
    """The ledger notices the death at once, but not before we ask."""
    async with asyncio.timeout(20):
        while (found := await decided(studio)) == (0, 0):
            await asyncio.sleep(0.02)
    assert found == wanted
    assert await decided(studio) == (0, 0), "once for all"


async def test_a_picture_is_listed_as_soon_as_it_is_answered(studio: Studio) -> None:
    studio.near.answer(ANSWER)
    assert (await studio.draw()).status == 200
    streamed = await studio.draw(stream=True)
    assert streamed.events()[-1]["type"] == "image_generation.completed"
    assert len(await listed(studio)) == 2
    assert await decided(studio) == (0, 0)


async def test_what_is_open_waits(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what is too young to be looked at, and all of it while the ledger is away."""
    site = studio.gateway.site
    studio.near.answer(ANSWER)

    async def away(_: object) -> None: ...

    monkeypatch.setattr(site.artefacts, "publish", away)
    assert (await studio.draw()).status == 200
    monkeypatch.undo()
    assert await decided(studio, grace_seconds=60) == (0, 0)

    async def nobody(_: object) -> object:
        raise LedgerAway("gone")

    database = Database.of(site.settings)
    with pytest.raises(LedgerAway):
        await decide_pending(site.artefacts, database, nobody, 0)
    await database.close()
    assert await listed(studio) == []
    assert await decided(studio) == (1, 0)
    assert len(await listed(studio)) == 1


async def test_on_postgres(postgres_dsn: str, tmp_path: Path, near: Rogue, far: Rogue) -> None:
    template = tmp_path / "template"
    await first_start(Settings(data=template, database=postgres_dsn))
    near.answer(ANSWER)
    async with open_studio(template, tmp_path, near, far, database=postgres_dsn) as studio:
        await drawn_and_killed(studio, "settle")
        await until_decided(studio, (0, 1))
        assert await listed(studio) == []

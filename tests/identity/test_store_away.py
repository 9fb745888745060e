"""Callers while the store is away or a row is broken, and whoever leaves meanwhile."""

import asyncio
from pathlib import Path

import pytest

from tests.identity.finding import Clock, refuse, show
from tests.identity.rows import add_account, add_token
from tests.support.main_store import open_store
from tests.support.postgres import PostgresServer
from waystation.errors import Fault
from waystation.identity import authenticator as module
from waystation.identity.authenticator import Authenticator
from waystation.identity.keys import mint
from waystation.storage.database import Database, StorageAway
from waystation.storage.migrate import migrate


async def test_a_row_that_cannot_be_read_harms_no_other(
    store: Database, authenticator: Authenticator, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = mint(), mint()
    account = await add_account(store, "a@example.com")
    await add_token(store, account, "good", good)
    await add_token(store, account, "bad", bad, groups="{not json")
    asked = [authenticator.find(show(each)) for each in (good, bad)]
    found, refused = await asyncio.gather(*asked, return_exceptions=True)
    assert getattr(found, "token_name", None) == "good"
    assert isinstance(refused, Fault)
    assert "unusable" in caplog.text


async def test_while_the_store_is_away_the_known_go_on(tmp_path: Path, clock: Clock) -> None:
    store = Database.sqlite(tmp_path / "main.db")
    await migrate(store)
    key = mint()
    await add_token(store, await add_account(store, "a@example.com"), "t", key)
    authenticator = Authenticator(store, clock)
    await authenticator.find(show(key))
    await store.close()
    (tmp_path / "main.db").rename(tmp_path / "hidden")
    (tmp_path / "main.db").write_bytes(b"rubbish" * 1000)
    (tmp_path / "main.db-wal").unlink(missing_ok=True)
    assert authenticator.cached(show(key)) is not None
    fault = await refuse(authenticator, mint())
    assert (fault.code, fault.status, fault.retry_after) == ("temporarily_unavailable", 503, 2)
    with pytest.raises(StorageAway):
        await authenticator.refresh(0)
    assert authenticator.cached(show(key)) is not None
    await store.close()
    (tmp_path / "hidden").rename(tmp_path / "main.db")
    assert (await refuse(authenticator, mint())).code == "temporarily_unavailable"  # the pause
    clock.now += module.AWAY_PAUSE_SECONDS
    assert (await refuse(authenticator, mint())).code == "invalid_api_key"
    await authenticator.close()
    await store.close()


@pytest.mark.postgres
async def test_postgres_dies_and_comes_back(
    postgres_server: PostgresServer, postgres_dsn: str, clock: Clock
) -> None:
    store = open_store(postgres_dsn)
    await migrate(store)
    known, late = mint(), mint()
    account = await add_account(store, "a@example.com")
    await add_token(store, account, "t", known)
    await add_token(store, account, "late", late)
    authenticator = Authenticator(store, clock)
    await authenticator.find(show(known))
    postgres_server.kill()
    try:
        assert authenticator.cached(show(known)) is not None
        outcomes = await asyncio.gather(
            *(authenticator.find(show(mint())) for _ in range(20)), return_exceptions=True
        )
        assert {getattr(each, "status", None) for each in outcomes} == {503}
    finally:
        postgres_server.start()
    clock.now += module.AWAY_PAUSE_SECONDS
    assert (await authenticator.find(show(late))).token_name == "late"
    await authenticator.close()
    await store.close()


async def test_leaving_while_waiting_disturbs_nobody(
    store: Database, authenticator: Authenticator
) -> None:
    key = mint()
    await add_token(store, await add_account(store, "a@example.com"), "t", key)
    impatient = asyncio.create_task(authenticator.find(show(key)))
    patient = asyncio.create_task(authenticator.find(show(key)))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient).token_name == "t"
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_closing_tells_those_who_wait(store: Database) -> None:
    authenticator = Authenticator(store)
    waiting = asyncio.create_task(authenticator.find(show(mint())))
    await asyncio.sleep(0)
    await authenticator.close()
    with pytest.raises(Fault, match="temporarily_unavailable"):
        await waiting

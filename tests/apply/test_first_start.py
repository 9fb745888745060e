"""An empty folder becomes a relay; a set-up one is left as it is."""

import asyncio
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from tests.apply.relay import ENVIRONMENT, RELAY, dump
from waystation.configuration.reading import Configuration
from waystation.control.apply import ConfigError, Started, apply_file, first_start, open_store
from waystation.control.apply.file import plan_file
from waystation.control.apply.reconcile import reconcile
from waystation.identity.authenticator import Authenticator
from waystation.identity.credentials import credential
from waystation.identity.passwords import verify_password
from waystation.ledger.questions import AskToken, AskVersions, TokenState, Versions
from waystation.ledger.session import open_ledger
from waystation.settings import Settings
from waystation.storage.main import accounts
from waystation.storage.master_key import MasterKey, MasterKeyError
from waystation.storage.migrate import head, migrate, version


def settings_of(tmp_path: Path, **more: object) -> Settings:
    return Settings(**{"data": tmp_path / "data", "database": None, "master_key": None, **more})  # type: ignore[arg-type]


def modes(folder: Path) -> dict[str, str]:
    paths = [folder, *folder.iterdir()]
    return {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in paths}


async def test_everything_is_there_and_is_told_once(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    started = await first_start(settings)
    assert isinstance(started, Started)
    assert started.password not in repr(started)
    assert started.token not in repr(started)
    seen = modes(settings.data)
    assert (seen["data"], seen["master.key"]) == ("0o700", "0o600")
    database, sealing = await open_store(settings)
    assert await version(database) == head()
    async with database.read() as connection:
        operator = (await connection.execute(select(accounts))).one()
    assert (operator.email, operator.role) == (started.email, "operator")
    assert verify_password(operator.password_hash, started.password)
    snapshot = await Configuration(database, sealing).read()
    (member,) = snapshot.groups["demo"].members
    assert snapshot.channels[member.channel_id].vendor == "demo"
    assert "*" in snapshot.channels[member.channel_id].models
    assert snapshot.groups["default"].members == ()
    authenticator = Authenticator(database)
    shown = credential({"authorization": f"Bearer {started.token}"}.get)
    caller = await authenticator.find(shown)
    assert (caller.groups, caller.granted_groups) == (("default", "demo"), ("demo",))
    await authenticator.close()
    before = await dump(database)
    assert await first_start(settings) is None
    assert await dump(database) == before
    async with open_ledger(settings) as ledger:
        told = await reconcile(database, ledger.ask)
        assert (told.told, told.waiting) == (4, 0)
        state = await ledger.ask(AskToken(id="1", account_id=1, token_id=caller.token_id))
        assert isinstance(state, TokenState)
        assert state.known
    await database.close()


async def test_starts_at_once_make_one_operator(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    outcomes = await asyncio.gather(*(first_start(settings) for _ in range(3)))
    assert sorted(outcome is None for outcome in outcomes) == [False, True, True]


async def test_a_key_of_the_environment_makes_no_file(tmp_path: Path) -> None:
    key = MasterKey.new()
    settings = settings_of(tmp_path, master_key=SecretStr(key.encode()))
    assert await first_start(settings) is not None
    assert not (settings.data / "master.key").exists()
    with pytest.raises(MasterKeyError, match="no master key"):
        await first_start(settings_of(tmp_path))
    other = settings_of(tmp_path, master_key=SecretStr(MasterKey.new().encode()))
    with pytest.raises(MasterKeyError, match="wrong master key"):
        await first_start(other)
    with pytest.raises(MasterKeyError, match="wrong master key"):
        await open_store(other)


async def test_a_lost_key_is_never_replaced_in_silence(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    await first_start(settings)
    (settings.data / "master.key").unlink()
    with pytest.raises(MasterKeyError, match="no master key"):
        await first_start(settings)
    assert not (settings.data / "master.key").exists()


@pytest.mark.postgres
async def test_two_nodes_share_a_database_and_a_key(tmp_path: Path, postgres_dsn: str) -> None:
    key = SecretStr(MasterKey.new().encode())
    one = settings_of(tmp_path / "one", database=postgres_dsn, master_key=key)
    two = settings_of(tmp_path / "two", database=postgres_dsn, master_key=key)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    outcomes = await asyncio.gather(first_start(one), first_start(two))
    assert sorted(outcome is None for outcome in outcomes) == [False, True]
    (tmp_path / "three").mkdir()
    stranger = settings_of(tmp_path / "three", database=postgres_dsn)
    with pytest.raises(MasterKeyError, match="no master key"):
        await first_start(stranger)


@pytest.fixture
def relay_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "relay.toml"
    path.write_text(RELAY)
    return path


async def test_a_file_on_an_empty_folder(tmp_path: Path, relay_file: Path) -> None:
    settings = settings_of(tmp_path)
    planned = await plan_file(settings, relay_file)
    assert "+ channel stub" in planned.lines()
    assert not settings.data.exists()
    applied = await apply_file(settings, relay_file)
    assert applied.started is not None
    assert (applied.report.waiting, applied.report.problems) == (0, ())
    assert len(applied.report.minted) == 1
    assert applied.report.summary().startswith(f"{len(planned.lines()) - 1} created, 1 updated")
    again = await apply_file(settings, relay_file)
    assert again.started is None
    assert not again.report.is_changed
    assert (await plan_file(settings, relay_file)).lines() == []
    async with open_ledger(settings) as ledger:
        versions = await ledger.ask(AskVersions(id="1"))
        assert isinstance(versions, Versions)
        assert len(versions.accounts) == len(versions.tokens) == 3


async def test_a_refused_file_leaves_an_empty_folder_empty(
    tmp_path: Path, relay_file: Path
) -> None:
    settings = settings_of(tmp_path)
    for text in ("x = 1", '[[channels]]\nname = "c"\nvendor = "demo"\ngroups = ["none"]\n'):
        relay_file.write_text(text)  # noqa: ASYNC240
        with pytest.raises(ConfigError):
            await apply_file(settings, relay_file)
        with pytest.raises(ConfigError):
            await plan_file(settings, relay_file)
        assert not settings.data.exists()


async def test_an_older_schema_is_brought_up_first(tmp_path: Path, relay_file: Path) -> None:
    settings = settings_of(tmp_path)
    await first_start(settings)
    database, _ = await open_store(settings)
    await migrate(database, "base")
    await database.close()
    applied = await apply_file(settings, relay_file)
    assert applied.started is not None

"""Moving in: what comes along, what stays and why, and that both sides agree."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from sqlalchemy import select

from tests.cli.conftest import Cli
from tests.importing.foreign import DELETED, Foreign, channel, code, log, token, user
from waystation.control.mail.box import put
from waystation.control.mail.letters import Letter
from waystation.control.sign_in import SignIn
from waystation.errors import Fault
from waystation.identity.keys import digest
from waystation.ledger.questions import AccountState, AskAccount, AskToken, TokenState
from waystation.ledger.session import open_ledger
from waystation.settings import Settings
from waystation.storage import main
from waystation.storage.database import Database
from waystation.storage.master_key import read_master_key
from waystation.storage.vault import open_vault

KEY = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0U1v2W3x4"
OTHER = KEY[::-1]
NOW = int(time.time())


def fill(foreign: Foreign) -> None:
    """A little of everything."""
    gone = 1 if foreign.system == "new-api" else 3
    password = bcrypt.hashpw(b"correct horse", bcrypt.gensalt(4)).decode()
    foreign.add("users", [
        user(1, "root", role=100, quota=0, email="Root@Example.com"),
        user(2, "ada", password=password, email="ada@example.com", quota=1_234_567, group="vip"),
        user(3, "bob", quota=-700, status=2),
        user(4, "eve", email="ada@example.com", quota=3),
        user(5, "gone", quota=99, deleted_at=DELETED, status=gone),
    ])  # fmt: skip
    foreign.add("tokens", [
        token(1, 2, KEY, remain_quota=250_000, unlimited_quota=False),
        token(2, 2, OTHER, group="vip", expired_time=NOW + 3600),
        token(3, 5, "x" * 48),
        token(4, 2, "short"),
        token(5, 3, "y" * 48, status=2, remain_quota=10, unlimited_quota=False),
    ])  # fmt: skip
    foreign.add("channels", [
        channel(1, 1, "sk-one\nsk-two", priority=5, weight=3, group="default,vip",
                model_mapping='{"gpt-4o": "gpt-4o-2024-08-06"}', name="main, first"),
        channel(2, 14, "sk-ant", models="claude-sonnet-4-5", priority=-2, status=2),
        channel(3, 15, "baidu", name="wenxin"),
    ])  # fmt: skip
    options = {
        "QuotaPerUnit": "500000",
        "ModelRatio": '{"gpt-4o": 1.25, "gpt-4o-mini": 0.075}',
        "CompletionRatio": '{"gpt-4o": 4}',
        "CacheRatio": '{"gpt-4o": 0.5}',
        "ModelPrice": '{"dall-e-3": 0.04}',
        "GroupRatio": '{"default": 1, "vip": 0.8}',
        "GroupGroupRatio": '{"vip": {"default": 0.9}}',
        "UserUsableGroups": '{"default": "For all", "vip": "Faster"}',
    }
    foreign.add("options", [{"key": name, "value": value} for name, value in options.items()])
    foreign.add("redemptions", [
        code(1, "0123456789abcdef0123456789abcdef"),
        code(2, "f" * 32, status=3, used_user_id=2, redeemed_time=NOW - 60),
    ])  # fmt: skip
    foreign.add("logs", [
        log(1, 2, 5_000, NOW - 90 * 86_400),
        log(2, 2, 5_000, NOW - 7_200),
        log(3, 2, 15, NOW - 60, token_id=2, token_name="second"),
        log(4, 5, 8, NOW - 60),
        log(5, 3, 40, NOW - 60, token_id=0),
        log(6, 2, 0, NOW, type=1),
    ])  # fmt: skip


def test_everything_comes_over_from_each_database(
    foreign_place: str, cli: Cli, data: Path, request: pytest.FixtureRequest
) -> None:
    foreign = Foreign(foreign_place)
    if foreign.kind != "sqlite":
        request.getfixturevalue("first")
    foreign.make()
    fill(foreign)
    dry = cli("import", "new-api", foreign.dsn, "--dry-run", "--json")
    assert dry.status == 0, dry.err + dry.out
    assert data.exists() == (foreign.kind != "sqlite")
    done = cli("import", "new-api", foreign.dsn, "--json")
    assert done.status == 0, done.err + done.out
    told = done.json["report"]
    assert _figures(dry.json["report"]) == _figures(told)
    totals = {total["what"]: total for total in told["totals"]}
    assert _row(totals["users"]) == (5, 4, 1, 1_233_969, 1_233_870, 99)
    assert _row(totals["tokens"]) == (5, 3, 2, 250_010, 250_010, 0)
    assert _row(totals["channels"])[:3] == (3, 2, 1)
    assert _row(totals["prices"])[:3] == (3, 3, 0)
    assert _row(totals["codes"]) == (2, 2, 0, 2_000_000, 2_000_000, 0)
    assert _row(totals["log rows"]) == (4, 3, 1, 5_063, 5_055, 8)
    assert {"tokens: its user is not here", "channels: no vendor here for Baidu"} <= set(
        told["reasons"]
    )
    asyncio.run(_look(data))
    audit = cli("audit", "--json")
    assert audit.status == 0, audit.out
    assert audit.json["posted"] == 3
    again = cli("import", "new-api", foreign.dsn, "--json")
    assert again.status == 0, again.out
    assert _figures(again.json["report"]) == _figures(told)
    assert [total["new"] for total in again.json["report"]["totals"]] == [0] * 9
    asyncio.run(_look(data))


def _row(total: dict[str, Any]) -> tuple[int, ...]:
    names = ("there", "here", "left_out", "units_there", "units_here", "units_left_out")
    return tuple(total[name] for name in names)


def _figures(report: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    return {total["what"]: _row(total) for total in report["totals"]}


async def _look(data: Path, dsn: str | None = None) -> None:
    settings = Settings(data=data, database=dsn)
    database = Database.of(settings)
    async with database.read() as connection:
        people = {row.email: row for row in await connection.execute(select(main.accounts))}
        keys = {row.digest: row for row in await connection.execute(select(main.tokens))}
        lanes = {row.name: row for row in await connection.execute(select(main.channels))}
        groups = {row.name: row for row in await connection.execute(select(main.groups))}
        rates = (await connection.execute(select(main.group_rates))).all()
        overrides = select(main.prices).where(main.prices.c.source == "override")
        prices = {row.model: row for row in await connection.execute(overrides)}
    assert people["root@example.com"].role == "operator"
    ada = people["ada@example.com"]
    assert (ada.role, ada.account_group, ada.enabled) == ("user", "vip", True)
    assert not people["bob@imported.invalid"].enabled
    assert "eve@imported.invalid" in people
    laptop, second = keys[digest(KEY)], keys[digest(f"sk-{OTHER}")]
    assert (laptop.name, second.name) == ("main", "main 2")
    assert json.loads(second.groups) == ["vip"]
    assert second.expires_ms == (NOW + 3600) * 1000
    assert not keys[digest("y" * 48)].enabled
    first = lanes["main  first"]
    assert (first.vendor, first.priority, first.weight) == ("openai", 7, 3)
    assert json.loads(first.groups) == ["default", "vip"]
    assert json.loads(first.model_map) == {"gpt-4o": "gpt-4o-2024-08-06"}
    assert (lanes["channel 2"].vendor, lanes["channel 2"].enabled) == ("anthropic", False)
    assert (groups["vip"].rate, groups["vip"].selectable) == ("0.8", True)
    assert [(row.account_group, row.group_name, row.rate) for row in rates] == [
        ("vip", "default", "0.9")
    ]
    assert (prices["gpt-4o"].input, prices["gpt-4o"].output) == ("2.5", "10")
    assert prices["gpt-4o"].cached_input == "1.25"
    assert prices["gpt-4o-mini"].output == "0.6"
    assert prices["dall-e-3"].per_call == "0.04"
    async with open_ledger(settings) as ledger:
        state = await ledger.ask(AskAccount("a", ada.id))
        assert isinstance(state, AccountState)
        assert (state.balance, state.spent) == (1_234_567 * 2000, 5_015 * 2000)
        owing = await ledger.ask(AskAccount("b", people["bob@imported.invalid"].id))
        assert isinstance(owing, AccountState)
        assert owing.balance == 0
        budget = await ledger.ask(AskToken("t", ada.id, laptop.id))
        assert isinstance(budget, TokenState)
        assert (budget.spent, budget.budget.total) == (5_000 * 2000, 255_000 * 2000)
    await database.close()


@pytest.mark.postgres
def test_everything_comes_over_into_postgres(
    foreign: Foreign, cli: Cli, data: Path, postgres_dsn: str
) -> None:
    fill(foreign)
    done = cli("import", "new-api", foreign.dsn, "--database", postgres_dsn, "--json")
    assert done.status == 0, done.err + done.out
    asyncio.run(_look(data, postgres_dsn))
    assert cli("audit", "--database", postgres_dsn).status == 0
    again = cli("import", "new-api", foreign.dsn, "--database", postgres_dsn, "--json")
    assert [total["new"] for total in again.json["report"]["totals"]] == [0] * 9


async def test_who_came_over_signs_in_by_name_or_address_and_gets_a_new_hash(
    foreign: Foreign, data: Path, cli: Cli, first: Any
) -> None:
    await asyncio.to_thread(fill, foreign)
    done = await asyncio.to_thread(cli, "import", "new-api", foreign.dsn, "--json")
    assert done.status == 0, done.out
    database = Database.of(Settings(data=data))
    sign_in = SignIn(database)
    with pytest.raises(Fault):
        await sign_in.check("ada", "wrong horse", "192.0.2.1")
    person = await sign_in.check("ada", "correct horse", "192.0.2.1")
    assert person.email == "ada@example.com"
    async with database.read() as connection:
        stored = select(main.accounts.c.password_hash).where(
            main.accounts.c.id == person.account_id
        )
        assert (await connection.execute(stored)).scalar_one().startswith("$argon2id$")
    assert (await sign_in.check("ADA@example.com", "correct horse", "192.0.2.1")) == person
    sealing = await open_vault(database, read_master_key(Settings(data=data)))
    async with database.write() as connection:
        for address in ("eve@imported.invalid", "ada@example.com"):
            await put(connection, sealing, address, Letter("subject", "text"))
        written = await connection.execute(select(main.letters.c.recipient))
        assert list(written.scalars()) == ["ada@example.com"]
    with pytest.raises(Fault):
        await sign_in.check("bob", "correct horse", "192.0.2.1")
    await database.close()


def test_a_run_that_died_goes_on_where_it_was(
    foreign: Foreign, cli: Cli, data: Path, first: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each commit of `main` in turn."""
    fill(foreign)
    real = Database.write
    allowed = 0
    while True:
        left = allowed

        def counted(self: Database) -> Any:
            nonlocal left
            if left == 0:
                raise OSError("the power went")
            left -= 1
            return real(self)

        with monkeypatch.context() as patch:
            patch.setattr(Database, "write", counted)
            done = cli("import", "new-api", foreign.dsn, "--json")
        if done.status == 0:
            break
        assert "the power went" in done.err
        allowed += 3
    assert allowed > 6
    asyncio.run(_look(data))
    assert cli("audit").status == 0


def test_a_one_api_has_other_columns(cli: Cli, data: Path, tmp_path: Path, first: Any) -> None:
    foreign = Foreign(str(tmp_path / "one.db"), "one-api")
    foreign.make()
    fill(foreign)
    foreign.add("tokens", [
        token(9, 2, "z" * 48, name="bound", models="gpt-4o,gpt-4o-mini", subnet="192.0.2.0/24"),
    ])  # fmt: skip
    done = cli("import", "one-api", foreign.dsn, "--json", "--log-days", "0")
    assert done.status == 0, done.out + done.err
    totals = {total["what"]: total for total in done.json["report"]["totals"]}
    assert _row(totals["users"]) == (5, 4, 1, 1_233_969, 1_233_870, 99)
    assert _row(totals["log rows"])[:3] == (0, 0, 0)

    async def bound() -> Any:
        database = Database.of(Settings(data=data))
        async with database.read() as connection:
            query = select(main.tokens).where(main.tokens.c.digest == digest("z" * 48))
            row = (await connection.execute(query)).one()
        await database.close()
        return row

    row = asyncio.run(bound())
    assert json.loads(row.models) == ["gpt-4o", "gpt-4o-mini"]
    assert json.loads(row.allow_ips) == ["192.0.2.0/24"]


def test_what_cannot_be_read_is_refused_in_one_line(cli: Cli, tmp_path: Path, data: Path) -> None:
    assert "no such file" in cli("import", "new-api", str(tmp_path / "none.db")).err
    (tmp_path / "text.db").write_text("this is no database at all, by any reading")
    assert "not a database" in cli("import", "new-api", str(tmp_path / "text.db")).err
    assert "oracle" in cli("import", "one-api", "oracle://x/y").err
    assert "MySQL" in cli("import", "one-api", "root:x@tcp(127.0.0.1:9)/one").err
    assert not data.exists()


def test_a_log_in_a_database_of_its_own_and_ways_in_that_stay(
    cli: Cli, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "logs").mkdir()
    foreign, logs = Foreign(str(tmp_path / "main.db")), Foreign(str(tmp_path / "logs" / "log.db"))
    for each in (foreign, logs):
        each.make()
    for column in ("github_id", "telegram_id"):
        foreign.run(f"ALTER TABLE users ADD COLUMN {column} text")
    foreign.run("CREATE TABLE two_fas (id integer)")
    foreign.add("users", [user(1, "root", role=100, quota=0), user(2, "ada", quota=700)])
    foreign.run("UPDATE users SET github_id = 'ada' WHERE id = 2")
    foreign.run("INSERT INTO two_fas VALUES (1)")
    foreign.add("tokens", [token(1, 2, KEY)])
    logs.add("logs", [log(1, 2, 50, NOW - 60), log(2, 2, 7, NOW - 50)])
    without = cli("import", "new-api", foreign.dsn, "--dry-run", "--json").json["report"]
    assert any("--log-dsn" in note for note in without["notes"])
    assert "log rows" not in {each["what"] for each in without["totals"] if each["there"]}
    done = cli("import", "new-api", foreign.dsn, "--log-dsn", logs.dsn, "--json")
    assert done.status == 0, done.err + done.out
    told = done.json["report"]
    assert _figures(told)["log rows"] == (2, 2, 0, 57, 57, 0)
    assert _figures(told)["sign-ins"][:3] == (1, 0, 1)
    assert "1 second factors stay behind: people add them again" in told["notes"]
    assert not any("Telegram" in note or "--log-dsn" in note for note in told["notes"])
    again = cli("import", "new-api", foreign.dsn, "--log-dsn", logs.dsn, "--json")
    assert again.status == 0, again.out
    assert not any(each["new"] for each in again.json["report"]["totals"])
    assert cli("audit").status == 0

"""A relay.toml on both databases: what it makes, changes, refuses and takes away."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import insert, select

from tests.apply.applying import actions, one, run, show, snapshot
from tests.apply.relay import RELAY, WITH_PASSWORD, document, dump
from waystation.control.apply import ConfigError, first_start, plan
from waystation.control.apply.reconcile import Ask, count_waiting
from waystation.identity.authenticator import Authenticator
from waystation.identity.keys import shape
from waystation.identity.passwords import verify_password
from waystation.ledger.questions import (
    AccountState,
    AskAccount,
)
from waystation.routing.snapshot import Member
from waystation.settings import Settings
from waystation.storage import main
from waystation.storage.database import Database
from waystation.storage.sealing import Sealing


async def test_the_whole_file_becomes_what_gateways_see(
    store: Database, sealing: Sealing, ask: Ask
) -> None:
    report = await run(store, sealing, ask, WITH_PASSWORD)
    assert actions(report) == {"created"}
    assert (report.waiting, report.problems) == (0, ())
    seen = await snapshot(store, sealing)
    stub = next(each for each in seen.channels.values() if each.name == "stub")
    toy = next(each for each in seen.channels.values() if each.name == "toy")
    assert [each.secret for each in stub.keys] == ["sk-upstream", "sk-second"]
    assert stub.header_overrides == {"x-org": "acme"}
    assert stub.proxy == "socks5://user:secret@127.0.0.1:1080"
    assert seen.groups["default"].members == (Member(stub.id, 0, 1),)
    assert seen.groups["cheap"].members == (Member(toy.id, 0, 1),)
    assert seen.groups["cheap"].allowed_account_groups == ("vip",)
    assert seen.auto_groups == ("default", "cheap")
    assert seen.rates == {("vip", "default"): "0.8"}
    now, later = seen.prices.find("gpt-4o-mini", 0), seen.prices.find("gpt-4o-mini", 2**42)
    assert now is not None
    assert later is not None
    assert (now.per_call, later.per_call and later.per_call.text) == (None, "0.04")
    authenticator = Authenticator(store)
    caller = await authenticator.find(show("an-imported-key-of-hers-1"))
    assert (caller.account_email, caller.token_name) == ("ada@example.com", "laptop")
    assert caller.groups == ("default", "cheap", "auto")
    assert caller.granted_groups == ("cheap",)
    assert caller.expires_ms == 1_798_761_600_000
    (minted,) = report.minted
    assert (minted.account, minted.name) == ("ada@example.com", "minted")
    assert shape(minted.key) == "ours_valid"
    assert (await authenticator.find(show(minted.key))).token_name == "minted"
    await authenticator.close()
    ada = await one(store, main.accounts, email="ada@example.com")
    assert verify_password(ada.password_hash, "correct horse battery")
    bob = await one(store, main.accounts, email="bob@example.com")
    assert (bob.enabled, bob.account_group, bob.password_hash) == (False, "vip", None)


async def test_a_plan_changes_nothing(store: Database, sealing: Sealing) -> None:
    before = await dump(store)
    planned = await plan(store, document(), sealing)
    assert actions(planned) == {"created"}
    assert await dump(store) == before
    await run(store, sealing)
    before = await dump(store)
    planned = await plan(store, document(RELAY.replace('rate = "0.5"', 'rate = "0.6"')), sealing)
    assert planned.lines() == ["~ group cheap (rate)"]
    assert await dump(store) == before


async def test_twice_is_once(store: Database, sealing: Sealing, ask: Ask) -> None:
    await run(store, sealing, ask)
    before = await dump(store)
    again = await run(store, sealing, ask)
    assert actions(again) == {"unchanged"}
    assert again.minted == ()
    assert not again.is_changed
    assert await dump(store) == before
    pruned = await run(store, sealing, ask, prune=True)
    assert actions(pruned) == {"unchanged"}
    assert await dump(store) == before


CHANGES = [
    ('label = "Cheap"', 'label = "Dear"', "~ group cheap (label)", True),
    ("limits = { rpm = 10 }", "limits = { rpm = 11 }", "~ group cheap (limits)", True),
    ("priority = 0, weight = 1", "priority = 1", "~ group default (channels)", True),
    ('channels = [{ name = "stub", priority = 0, weight = 1 }]', "",
     "~ group default (channels)", True),
    ('"gpt-4-gizmo-*"', '"o3"', "~ channel stub (models)", True),
    ('"sk-upstream", "env:SECOND_KEY"', '"env:SECOND_KEY"', "~ channel stub (keys)", True),
    ('"sk-upstream", "env:SECOND_KEY"', '"env:SECOND_KEY", "sk-upstream"',
     "~ channel stub (keys)", True),
    ('"acme"', '"other"', "~ channel stub (header_overrides)", True),
    ("user:secret@", "user:other@", "~ channel stub (proxy)", True),
    ('input = "0.15"', 'input = "0.16"', "~ price gpt-4o-mini (input, version)", True),
    ('rate = "0.8"', 'rate = "0.7"', "~ group rate vip in default (rate)", True),
    ('["default", "cheap"]\n\n', '["cheap"]\n\n', "~ setting auto_groups (value)", True),
    ("enabled = false", "enabled = true", "~ account bob@example.com (enabled)", False),
    ("rpm = 60", "rpm = 61", "~ token ada@example.com/laptop (limits)", False),
    ('key = "an-imported-key-of-hers-1"', 'key = "an-imported-key-of-hers-2"',
     "~ token ada@example.com/laptop (key)", False),
]  # fmt: skip


@pytest.mark.parametrize("migrated_place", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("old", "new", "line", "routing"), CHANGES)
async def test_one_change_is_one_line(
    store: Database, sealing: Sealing, ask: Ask, old: str, new: str, line: str, routing: bool
) -> None:
    """And gateways read all of it again only where routing is concerned."""
    await run(store, sealing, ask)
    before = await one(store, main.config_epoch)
    assert RELAY.count(old) == 1
    changed = RELAY.replace(old, new)
    report = await run(store, sealing, ask, changed)
    assert report.lines() == [line]
    after = await one(store, main.config_epoch)
    assert after.epoch == before.epoch + 1
    assert after.routing == (after.epoch if routing else before.routing)
    assert actions(await run(store, sealing, ask, changed)) == {"unchanged"}


async def test_a_password_is_changed_only_when_it_differs(
    store: Database, sealing: Sealing
) -> None:
    await run(store, sealing, text=WITH_PASSWORD)
    before = await one(store, main.accounts, email="ada@example.com")
    changed = WITH_PASSWORD.replace('"env:ADA_PASSWORD"', '"another password"')
    report = await run(store, sealing, text=changed)
    assert report.lines() == ["~ account ada@example.com (password)"]
    after = await one(store, main.accounts, email="ada@example.com")
    assert verify_password(after.password_hash, "another password")
    assert after.version == before.version + 1
    kept = await run(store, sealing, text=RELAY)
    assert not kept.is_changed


async def test_a_credit_is_granted_once(store: Database, sealing: Sealing, ask: Ask) -> None:
    await run(store, sealing, ask)
    await run(store, sealing, ask, RELAY.replace('credit = "10"', 'credit = "500"'))
    await run(store, sealing, ask, RELAY.replace('credit = "10"', ""))
    await run(store, sealing, ask)
    ada = await one(store, main.accounts, email="ada@example.com")
    account = await ask(AskAccount(id="1", account_id=ada.id))
    assert isinstance(account, AccountState)
    assert account.balance == 10_000_000_000


async def test_what_is_no_longer_named_stays_without_prune_and_goes_with_it(
    store: Database, sealing: Sealing, ask: Ask
) -> None:
    await run(store, sealing, ask)
    async with store.write() as connection:
        await connection.execute(insert(main.groups).values(name="by-hand"))
    little = '[[groups]]\nname = "default"\n[[accounts]]\nemail = "ada@example.com"\n'
    kept = await run(store, sealing, ask, little)
    assert "removed" not in actions(kept)
    pruned = await run(store, sealing, ask, little, prune=True)
    removed = {
        (change.kind, change.name) for change in pruned.changes if change.action == "removed"
    }
    assert removed == {
        ("group", "cheap"),
        ("channel", "stub"),
        ("channel", "toy"),
        ("price", "gpt-4o-mini"),
        ("price", "gpt-4o-mini from 2027-01-01T00:00:00Z"),
        ("group rate", "vip in default"),
        ("setting", "auto_groups"),
        ("grant", "ada@example.com to cheap"),
        ("account", "bob@example.com"),
        ("token", "ada@example.com/laptop"),
        ("token", "ada@example.com/minted"),
    }
    seen = await snapshot(store, sealing)
    assert set(seen.groups) == {"default", "by-hand"}
    assert (seen.channels, seen.rates, seen.auto_groups) == ({}, {}, ())
    laptop = await one(store, main.tokens, name="laptop")
    assert (laptop.digest, laptop.enabled, laptop.deleted) == (None, False, True)
    bob = await one(store, main.accounts, email="bob@example.com")
    assert (bob.enabled, bob.managed) == (False, False)
    assert actions(await run(store, sealing, ask, little, prune=True)) == {"unchanged"}
    back = await run(store, sealing, ask)
    assert {change.name for change in back.changes if change.kind == "token"} == {
        "ada@example.com/laptop",
        "ada@example.com/minted",
    }
    assert len(back.minted) == 1
    assert await count_waiting(store) == 0


async def test_rows_made_by_hand_are_taken_over(store: Database, sealing: Sealing) -> None:
    async with store.write() as connection:
        await connection.execute(insert(main.groups).values(name="default", rate="9"))
    report = await run(store, sealing)
    assert "~ group default (rate, channels, managed)" in report.lines()
    assert (await one(store, main.groups, name="default")).managed is True


async def test_applies_at_once_follow_one_another(store: Database, sealing: Sealing) -> None:
    reports = await asyncio.gather(*(run(store, sealing, text=WITH_PASSWORD) for _ in range(4)))
    assert sorted(report.is_changed for report in reports) == [False, False, False, True]
    assert sum(len(report.minted) for report in reports) == 1
    async with store.read() as connection:
        names = (await connection.execute(select(main.tokens.c.name))).scalars().all()
    assert sorted(names) == ["laptop", "minted"]


UNKNOWN = [
    ('groups = ["default"]\nmodels', 'groups = ["defualt"]\nmodels', 17,
     "the channel 'stub' names the group 'defualt', which does not exist; did you mean 'default'?"),
    ('name = "stub", priority', 'name = "stab", priority', 6, "names the channel 'stab'"),
    ('group = "default"\nrate', 'group = "nowhere"\nrate', 45, "names the group 'nowhere'"),
    ('account = "ada@example.com"\nname = "minted"', 'account = "eve@example.com"\nname = "minted"',
     70, "the token 'minted' names the account 'eve@example.com'"),
    ('["default", "cheap", "auto"]', '["default", "chaep", "auto"]', 59, "did you mean 'cheap'?"),
    ('auto_groups = ["default", "cheap"]', 'auto_groups = ["default", "x"]', 1, "group 'x'"),
]  # fmt: skip


@pytest.mark.parametrize("migrated_place", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("old", "new", "line", "words"), UNKNOWN)
async def test_names_that_exist_nowhere(
    store: Database, sealing: Sealing, old: str, new: str, line: int, words: str
) -> None:
    assert RELAY.count(old) == 1
    text = RELAY.replace(old, new)
    before = await dump(store)
    with pytest.raises(ConfigError) as refused:
        await run(store, sealing, text=text)
    assert words in refused.value.reason
    table = text.splitlines()[refused.value.line - 1]
    assert table.startswith("[[") or new.partition("\n")[0] in table
    assert refused.value.file == "relay.toml"
    assert await dump(store) == before
    with pytest.raises(ConfigError):
        await plan(store, document(text), sealing)


async def test_a_name_about_to_be_pruned_does_not_count(store: Database, sealing: Sealing) -> None:
    await run(store, sealing)
    text = '[[accounts]]\nemail = "ada@example.com"\n[[tokens]]\naccount = "ada@example.com"\n'
    text += 'name = "laptop"\ngroups = ["cheap"]\n'
    await plan(store, document(text), sealing)
    with pytest.raises(ConfigError, match="'cheap', which does not exist"):
        await plan(store, document(text), sealing, prune=True)


async def test_a_key_of_another_token_is_refused(store: Database, sealing: Sealing) -> None:
    await run(store, sealing)
    text = RELAY + 'key = "an-imported-key-of-hers-1"\n'
    text = text.replace(
        'key = "an-imported-key-of-hers-1"\nmodels', 'key = "sk-some-other-key-of-hers"\nmodels'
    )
    with pytest.raises(ConfigError, match="another token's already") as refused:
        await run(store, sealing, text=text)
    assert text.splitlines()[refused.value.line - 1] == "[[tokens]]"


async def test_nothing_secret_is_stored_or_shown(store: Database, sealing: Sealing) -> None:
    report = await run(store, sealing, text=WITH_PASSWORD)
    planned = await plan(store, document(WITH_PASSWORD), sealing)
    shown = repr(report) + repr(planned) + "\n".join(report.lines()) + repr(document())
    shown += msgspec.json.encode(planned.changes).decode()
    stored = repr(await dump(store))
    minted = report.minted[0].key
    for secret in ("sk-upstream", "sk-second", "correct horse", "acme", "user:secret",
                   "an-imported-key", minted, minted[20:40]):  # fmt: skip
        assert secret not in stored
        assert secret not in shown


async def test_a_first_start_and_an_apply_live_together(tmp_path: Path, ask: Ask) -> None:
    from waystation.control.apply import open_store

    settings = Settings(data=tmp_path / "data", database=None)
    started = await first_start(settings)
    assert started is not None
    store, sealing = await open_store(settings)
    report = await run(store, sealing, ask)
    assert "~ group default (label, channels, managed)" in report.lines()
    seen = await snapshot(store, sealing)
    names = {seen.channels[member.channel_id].name for member in seen.groups["default"].members}
    assert names == {"stub"}
    await store.close()


def test_documents_hide_their_secrets() -> None:
    made = document(WITH_PASSWORD)
    assert "sk-upstream" not in repr(made)
    assert "correct horse" not in repr(made)

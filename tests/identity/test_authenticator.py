"""Callers from both databases: who is known, who is not, and what is remembered."""

import asyncio
from ipaddress import ip_network

import pytest
from sqlalchemy import event, select

from tests.identity.finding import Clock, refuse, show
from tests.identity.rows import add_account, add_token, change
from waystation.errors import Fault
from waystation.identity import authenticator as module
from waystation.identity.authenticator import Authenticator, judge
from waystation.identity.caller import Caller
from waystation.identity.credentials import credential
from waystation.identity.keys import mint
from waystation.storage.database import Database
from waystation.storage.main import accounts, tokens


class Counter:
    """Statements that ask for callers."""

    def __init__(self, store: Database) -> None:
        self.count = 0
        event.listen(store.engine.sync_engine, "before_cursor_execute", self._see)

    def _see(self, connection: object, cursor: object, statement: str, *rest: object) -> None:
        self.count += "allow_ips" in statement


async def test_a_caller_has_all_of_its_row(store: Database, authenticator: Authenticator) -> None:
    key = mint()
    account = await add_account(
        store, "ada@example.com", ("vip", "gold"), role="operator", account_group="staff"
    )
    token = await add_token(
        store,
        account,
        "laptop",
        key,
        groups='["default","auto"]',
        models='["gpt-4o*"]',
        allow_ips='["10.0.0.0/8","2001:db8::/32"]',
        expires_ms=99,
    )
    assert authenticator.cached(show(key)) is None
    caller = await authenticator.find(show(key))
    assert authenticator.cached(show(key)) is caller
    assert authenticator.cached(show(key[3:])) is caller
    assert (caller.account_id, caller.token_id, caller.token_name) == (account, token, "laptop")
    assert (caller.account_email, caller.role) == ("ada@example.com", "operator")
    assert (caller.account_group, caller.expires_ms) == ("staff", 99)
    assert caller.groups == ("default", "auto")
    assert caller.models == ("gpt-4o*",)
    assert [str(each) for each in caller.allow_ips] == ["10.0.0.0/8", "2001:db8::/32"]
    assert caller.granted_groups == ("gold", "vip")
    assert caller.token_enabled is True
    assert caller.account_enabled is True
    assert caller.pinned_channel is None


async def test_imported_keys_of_any_shape(store: Database, authenticator: Authenticator) -> None:
    account = await add_account(store, "a@example.com")
    odd = {
        "x" * 20: "a",
        "sk-proj-Ab_c/d+e=f~1234567890": "b",
        "key-with-dashes-and-number-12": "c",
    }
    for key, name in odd.items():
        await add_token(store, account, name, key)
    for key, name in odd.items():
        assert (await authenticator.find(show(key))).token_name == name


async def test_a_broken_checksum_never_reaches_the_store(
    store: Database, authenticator: Authenticator
) -> None:
    counter = Counter(store)
    key = mint()
    broken = key[:-1] + ("A" if key[-1] != "A" else "B")
    for _ in range(50):
        assert (await refuse(authenticator, broken)).code == "invalid_api_key"
    assert counter.count == 0
    assert (await refuse(authenticator, key)).code == "invalid_api_key"
    assert counter.count == 1


async def test_a_burst_of_one_unknown_key_is_one_statement(
    store: Database, authenticator: Authenticator, clock: Clock
) -> None:
    counter = Counter(store)
    shown = show("an-unknown-key-of-others")
    outcomes = await asyncio.gather(
        *(authenticator.find(shown) for _ in range(200)), return_exceptions=True
    )
    assert {getattr(each, "code", None) for each in outcomes} == {"invalid_api_key"}
    assert counter.count == 1
    clock.now += module.UNKNOWN_SECONDS * 0.4
    await refuse(authenticator, "an-unknown-key-of-others")
    assert counter.count == 1
    clock.now += module.UNKNOWN_SECONDS
    await refuse(authenticator, "an-unknown-key-of-others")
    assert counter.count == 2


async def test_many_keys_at_once_share_statements(
    store: Database, authenticator: Authenticator
) -> None:
    account = await add_account(store, "a@example.com")
    keys = [mint() for _ in range(40)]
    for count, key in enumerate(keys):
        await add_token(store, account, f"t{count}", key)
    counter = Counter(store)
    shown = [show(key) for key in keys]
    callers = await asyncio.gather(*(authenticator.find(each) for each in shown))
    assert [caller.token_name for caller in callers] == [f"t{count}" for count in range(40)]
    assert counter.count <= 2


async def test_memory_of_unknown_keys_is_bounded(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "UNKNOWN_MAX", 64)
    authenticator = Authenticator(store)
    for count in range(300):
        await refuse(authenticator, f"guessed-key-number-{count:08d}")
    assert len(authenticator._unknown) <= 64
    await authenticator.close()


async def test_guessing_is_slowed_down_and_never_a_401(
    authenticator: Authenticator, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FOREIGN_MISSES_PER_SECOND_MAX", 20)
    codes = [(await refuse(authenticator, f"guess-{n:020d}")).code for n in range(30)]
    assert codes == ["invalid_api_key"] * 20 + ["temporarily_unavailable"] * 10
    assert (await refuse(authenticator, mint())).code == "invalid_api_key"
    clock.now += 1
    assert (await refuse(authenticator, f"guess-{99:020d}")).code == "invalid_api_key"


async def test_changes_are_forgotten_one_by_one(
    store: Database, authenticator: Authenticator
) -> None:
    first, second = mint(), mint()
    one = await add_account(store, "one@example.com")
    two = await add_account(store, "two@example.com")
    token = await add_token(store, one, "t", first)
    await add_token(store, two, "t", second)
    await authenticator.find(show(first))
    kept = await authenticator.find(show(second))
    await change(store, tokens, token, enabled=False)
    await authenticator.refresh(4)
    assert authenticator.cached(show(first)) is None
    assert authenticator.cached(show(second)) is kept
    assert (await authenticator.find(show(first))).token_enabled is False
    await change(store, accounts, two, enabled=False)
    await authenticator.refresh(5)
    assert authenticator.cached(show(first)) is not None
    assert (await authenticator.find(show(second))).account_enabled is False


async def test_a_new_key_works_though_it_was_unknown_just_now(
    store: Database, authenticator: Authenticator
) -> None:
    key = mint()
    account = await add_account(store, "a@example.com")
    assert (await refuse(authenticator, key)).code == "invalid_api_key"
    await add_token(store, account, "late", key)
    await authenticator.refresh(1)
    assert (await authenticator.find(show(key))).token_name == "late"


async def test_a_deleted_token_is_forgotten(store: Database, authenticator: Authenticator) -> None:
    key = mint()
    account = await add_account(store, "a@example.com")
    token = await add_token(store, account, "t", key)
    await authenticator.find(show(key))
    await change(store, tokens, token, digest=None, deleted=True)
    await authenticator.refresh(2)
    assert (await refuse(authenticator, key)).code == "invalid_api_key"


async def test_a_look_up_across_a_change_is_not_remembered(
    store: Database, authenticator: Authenticator
) -> None:
    key = mint()
    account = await add_account(store, "a@example.com")
    await add_token(store, account, "t", key)
    finding = asyncio.create_task(authenticator.find(show(key)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    authenticator.forget(module.Changes(too_many=True))
    assert (await finding).token_name == "t"
    assert authenticator.cached(show(key)) is None


async def test_an_operator_pins_a_channel_others_do_not(
    store: Database, authenticator: Authenticator
) -> None:
    operator = await add_account(store, "op@example.com", role="operator")
    user = await add_account(store, "user@example.com")
    chief, plain, odd = mint(), mint(), "imported-key-as-a-whole-12"
    await add_token(store, operator, "t", chief)
    await add_token(store, user, "t", plain)
    await add_token(store, user, "odd", odd)
    caller = await authenticator.find(show(f"{chief}-7"))
    assert caller.pinned_channel == 7
    judge(caller, "127.0.0.1", 0)
    assert authenticator.cached(show(f"{chief}-7")) is caller
    assert (await authenticator.find(show(chief))).pinned_channel is None
    caller = await authenticator.find(show(f"{plain}-7"))
    with pytest.raises(Fault, match="channel_not_allowed"):
        judge(caller, "127.0.0.1", 0)
    whole = await authenticator.find(show(odd))
    assert (whole.token_name, whole.pinned_channel) == ("odd", None)
    assert (await refuse(authenticator, "unknown-key-and-number-3")).code == "invalid_api_key"


INJECTIONS = [
    "' OR '1'='1' -- padding",
    '" OR ""="" padding padding',
    "'; DROP TABLE accounts; --",
    "1 UNION SELECT * FROM main.tokens",
    "\\'; SELECT pg_sleep(10); --",
    "%27%20OR%201%3D1--%20padding",
    "x' AND (SELECT 1 FROM pg_tables)--",
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    "${jndi:ldap://127.0.0.1/a}....",
    "{{7*7}}{{7*7}}{{7*7}}{{7*7}}",
    "\ud800\udfff lone surrogates in it",
    "*/*/*/*/*/*/*/*/*/*/*/*/*/*/*",
]


async def test_injection_strings_are_unknown_keys(
    store: Database, authenticator: Authenticator
) -> None:
    account = await add_account(store, "a@example.com")
    await add_token(store, account, "t", mint())
    for text in INJECTIONS:
        for headers, query in (
            ({"authorization": f"Bearer {text}"}, ""),
            ({"x-api-key": text}, ""),
            ({}, f"key={text}"),
        ):
            with pytest.raises(Fault) as refused:
                await authenticator.find(credential(headers.get, query))
            assert refused.value.status == 401, text
    async with store.read() as connection:
        assert len((await connection.execute(select(tokens))).all()) == 1


def test_judging() -> None:
    def caller(**more: object) -> Caller:
        facts: dict[str, object] = {
            "account_id": 1, "account_email": "a", "account_enabled": True, "account_group": "g",
            "role": "user", "token_id": 1, "token_name": "t", "token_enabled": True,
            "expires_ms": None, "groups": (), "models": (), "allow_ips": (),
        }  # fmt: skip
        return Caller(**{**facts, **more})  # type: ignore[arg-type]

    judge(caller(), "whatever", 0)
    judge(caller(expires_ms=10), "::1", 9)
    inside = (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))
    for peer in ("192.0.2.7", "2001:db8::5", "::ffff:192.0.2.9", "2001:db8::5%eth0"):
        judge(caller(allow_ips=inside), peer, 0)
    for peer in ("192.0.3.7", "::1", "", "unix:", "192.0.2.7.1"):
        with pytest.raises(Fault, match="ip_not_allowed"):
            judge(caller(allow_ips=inside), peer, 0)
    for facts, code in (
        ({"token_enabled": False}, "token_disabled"),
        ({"expires_ms": 10}, "token_expired"),
        ({"account_enabled": False}, "user_banned"),
        ({"pinned_channel": 1}, "channel_not_allowed"),
    ):
        with pytest.raises(Fault, match=code):
            judge(caller(**facts), "::1", 10)

"""Signing in and out."""

import hashlib
import time

import pytest
from sqlalchemy import select, update

from tests.control.conftest import PASSWORD, Console
from tests.identity.rows import change
from waystation.control import sign_in
from waystation.storage.main import accounts, sessions


async def begin(console: Console, email: str, password: str, **more: object) -> object:
    return await console.call(
        "POST", "/api/v1/session", json={"email": email, "password": password}, **more
    )


async def test_sign_in_look_and_sign_out(console: Console) -> None:
    account_id = await console.account("ada@example.com")
    reply = await begin(console, " Ada@Example.com ", PASSWORD)
    assert reply.status == 201
    made = await reply.json()
    assert made["account"] == {"id": account_id, "email": "ada@example.com", "role": "user"}
    headers = {"authorization": f"Bearer {made['token']}"}

    seen = await (await console.call("GET", "/api/v1/session", headers)).json()
    assert seen["expires_at"] == made["expires_at"]
    assert seen["account"] == made["account"]
    assert seen["proven_until"]
    assert "token" not in seen
    assert (await console.call("DELETE", "/api/v1/session", headers)).status == 204
    assert (await console.call("GET", "/api/v1/session", headers)).status == 401


async def test_only_the_digest_is_stored(console: Console) -> None:
    await console.account("ada@example.com")
    token = (await console.sign_in("ada@example.com"))["authorization"].split()[1]
    async with console.store.read() as connection:
        rows = (await connection.execute(select(sessions))).all()
    assert rows[0].digest == hashlib.sha256(token.encode()).digest()
    assert token not in repr(rows)


async def test_each_sign_in_makes_its_own_session(console: Console) -> None:
    await console.account("ada@example.com")
    first, second = (
        await console.sign_in("ada@example.com"),
        await console.sign_in("ada@example.com"),
    )
    assert first != second
    await console.call("DELETE", "/api/v1/session", first)
    assert (await console.call("GET", "/api/v1/session", second)).status == 200


async def test_sessions_end(console: Console) -> None:
    await console.account("ada@example.com")
    headers = await console.sign_in("ada@example.com")
    async with console.store.write() as connection:
        await connection.execute(update(sessions).values(expires_ms=1))
    assert (await console.call("GET", "/api/v1/session", headers)).status == 401


async def test_a_disabled_account_is_out_at_once(console: Console) -> None:
    account_id = await console.account("ada@example.com")
    headers = await console.sign_in("ada@example.com")
    await change(console.store, accounts, account_id, enabled=False)
    assert (await console.call("GET", "/api/v1/session", headers)).status == 401
    assert (await begin(console, "ada@example.com", PASSWORD)).status == 401


async def test_wrong_and_unknown_are_told_alike_and_take_as_long(console: Console) -> None:
    await console.account("ada@example.com")
    replies, seconds = [], []
    for email in ("ada@example.com", "nobody@example.com"):
        best = float("inf")
        for _ in range(3):
            began = time.perf_counter()
            reply = await begin(console, email, "wrong password")
            best = min(best, time.perf_counter() - began)
        seconds.append(best)
        replies.append((reply.status, (await reply.json())["error"]["code"]))
    assert replies == [(401, "invalid_credentials")] * 2
    assert seconds[1] > seconds[0] / 3  # a skipped hash would be a hundred times faster


async def test_guessing_is_stopped(console: Console) -> None:
    await console.account("ada@example.com")
    failures = console.services.sign_in._failures
    for _ in range(sign_in.PAIR_FAILURES_MAX - 1):
        failures.add("ada@example.com 192.0.2.7")
    assert (await begin(console, "ada@example.com", "wrong password")).status == 401
    blocked = await begin(console, "ada@example.com", PASSWORD)
    assert blocked.status == 429
    assert int(blocked.headers["retry-after"]) > 0
    elsewhere = {"x-waystation-peer": "192.0.2.8"}
    assert (await begin(console, "ada@example.com", PASSWORD, headers=elsewhere)).status == 201


async def test_one_peer_cannot_try_many_addresses(console: Console) -> None:
    for _ in range(sign_in.PEER_FAILURES_MAX):
        console.services.sign_in._failures.add("peer 192.0.2.7")
    assert (await begin(console, "somebody@example.com", "whatever")).status == 429


async def test_success_is_no_failure(console: Console) -> None:
    await console.account("ada@example.com")
    failures = console.services.sign_in._failures
    for _ in range(sign_in.PAIR_FAILURES_MAX - 1):
        failures.add("ada@example.com 192.0.2.7")
    for _ in range(2):
        assert (await begin(console, "ada@example.com", PASSWORD)).status == 201


def test_failures_are_forgotten_after_their_window(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(sign_in, "monotonic", lambda: now)
    failures = sign_in.Failures()
    for _ in range(3):
        failures.add("key")
    assert failures.blocked_seconds("key", 3) == sign_in.WINDOW_SECONDS
    now += sign_in.WINDOW_SECONDS + 1
    assert failures.blocked_seconds("key", 3) == 0
    failures.add("key")
    assert failures.blocked_seconds("key", 3) == 0


def test_the_counters_are_bounded() -> None:
    failures = sign_in.Failures()
    for number in range(11_000):
        failures.add(f"peer {number}")
    assert len(failures._counts) <= 10_000


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b"\xff\xfe", "invalid_json"),
        (b"[]", "invalid_request"),
        (b'{"email":"a@example.com"}', "invalid_request"),
        (b'{"email":1,"password":"x"}', "invalid_request"),
        (b'{"email":"a@example.com","password":"x","role":"operator"}', "invalid_request"),
        (b'{"email":"","password":"x"}', "invalid_request"),
        (b'{"email":"a\\u0000b","password":"x"}', "invalid_value"),
        (b'{"email":"a@example.com","password":"' + b"x" * 2000 + b'"}', "invalid_request"),
    ],
)
async def test_bodies_that_are_none(console: Console, body: bytes, code: str) -> None:
    reply = await console.call("POST", "/api/v1/session", data=body)
    assert reply.status == 400
    assert (await reply.json())["error"]["code"] == code


@pytest.mark.parametrize(
    "email", ["' OR 1=1 --", "ada@example.com' --", '"; DROP TABLE accounts; --', "%", "\\x00"]
)
async def test_injections_sign_nobody_in(console: Console, email: str) -> None:
    await console.account("ada@example.com")
    assert (await begin(console, email, "x")).status == 401
    token = {"authorization": f"Bearer wsn_{email}"}
    assert (await console.call("GET", "/api/v1/session", token)).status == 401
    assert (await begin(console, "ada@example.com", PASSWORD)).status == 201

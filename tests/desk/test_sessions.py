"""Sessions in cookies, forged requests, proofs, second factors, tokens for scripts."""

from types import SimpleNamespace

import pyotp
import pytest
from sqlalchemy import select, update

from tests.control.conftest import PASSWORD, Console
from tests.desk.conftest import CHEAP, Caller, signed_in
from waystation.control import factors
from waystation.storage.main import access_tokens, profiles, recovery_codes, sessions

NOW_SECONDS = 1_800_000_015
"""In the middle of a time step, where it stays: codes do not grow old while a test runs."""


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factors, "time", SimpleNamespace(time=lambda: float(NOW_SECONDS)))


HERE = "http://relay.example"
FROM_HERE = {"x-forwarded-host": "relay.example", "origin": HERE}


async def with_cookie(console: Console, email: str) -> tuple[Caller, str]:
    """A person in a browser, and its word against forgery."""
    body = {"email": email, "password": PASSWORD, "cookie": True}
    reply = await console.call("POST", "/api/v1/session", FROM_HERE, json=body)
    assert reply.status == 201
    made = await reply.json()
    assert "token" not in made
    cookie = reply.cookies["waystation_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    assert not cookie["secure"]
    headers = {**FROM_HERE, "cookie": f"waystation_session={cookie.value}"}
    return Caller(console, headers), made["csrf_token"]


async def test_a_cookie_opens_what_also_says_the_word(console: Console) -> None:
    await console.account("ada@example.com", password_hash=CHEAP)
    ada, word = await with_cookie(console, "ada@example.com")
    shown = await ada.get("/api/v1/session")
    assert shown["csrf_token"] == word
    body = {"name": "Ada"}
    assert await ada.refused("PATCH", "/api/v1/me", body) == "csrf_failed"
    assert await ada.refused("PATCH", "/api/v1/me", body, **{"x-csrf-token": "0" * 32}) == (
        "csrf_failed"
    )
    told = await ada.ok("PATCH", "/api/v1/me", body, **{"x-csrf-token": word})
    assert told["name"] == "Ada"
    foreign = {"x-csrf-token": word, "origin": "https://evil.example"}
    assert await ada.refused("PATCH", "/api/v1/me", body, **foreign) == "csrf_failed"


async def test_another_page_cannot_sign_anybody_in(console: Console) -> None:
    await console.account("ada@example.com", password_hash=CHEAP)
    body = {"email": "ada@example.com", "password": PASSWORD, "cookie": True}
    stranger = Caller(console)
    code = await stranger.refused("POST", "/api/v1/session", body, origin="https://evil.example")
    assert code == "csrf_failed"


async def test_by_tls_the_cookie_is_secure(console: Console) -> None:
    await console.account("ada@example.com", password_hash=CHEAP)
    body = {"email": "ada@example.com", "password": PASSWORD, "cookie": True}
    headers = {"x-waystation-scheme": "https"}
    reply = await console.call("POST", "/api/v1/session", headers, json=body)
    assert reply.cookies["waystation_session"]["secure"]


async def test_sessions_are_listed_and_ended(console: Console, ada: Caller) -> None:
    other = Caller(console, await console.sign_in("ada@example.com"))
    listed = (await ada.get("/api/v1/sessions"))["data"]
    assert sorted(each["current"] for each in listed) == [False, True]
    assert all(each["peer"] == "192.0.2.7" for each in listed)
    foreign = next(each["id"] for each in listed if not each["current"])
    await ada.ok("DELETE", f"/api/v1/sessions/{foreign}")
    assert await other.refused("GET", "/api/v1/session") == "session_required"
    assert await ada.refused("DELETE", f"/api/v1/sessions/{foreign}") == "not_found"
    stranger = await signed_in(console, "eve@example.com")
    mine = (await ada.get("/api/v1/sessions"))["data"][0]["id"]
    assert await stranger.refused("DELETE", f"/api/v1/sessions/{mine}") == "not_found"


async def test_ending_all_others(console: Console, ada: Caller) -> None:
    other = Caller(console, await console.sign_in("ada@example.com"))
    await ada.ok("DELETE", "/api/v1/sessions")
    assert await other.refused("GET", "/api/v1/session") == "session_required"
    await ada.get("/api/v1/session")


async def stale(console: Console) -> None:
    """Every proof is too old."""
    async with console.store.write() as connection:
        await connection.execute(update(sessions).values(proven_ms=1))


async def test_secrets_ask_for_a_fresh_proof(console: Console, ada: Caller) -> None:
    made = await ada.ok("POST", "/api/v1/tokens", {"name": "laptop"})
    path = f"/api/v1/tokens/{made['id']}/key"
    await stale(console)
    assert await ada.refused("POST", path) == "step_up_required"
    proof = "/api/v1/session/proof"
    assert await ada.refused("POST", proof, {"password": "wrong password"}) == (
        "invalid_credentials"
    )
    told = await ada.ok("POST", proof, {"password": PASSWORD})
    assert told["proven_until"]
    rotated = await ada.ok("POST", path)
    assert rotated["key"].startswith("sk-ws")
    assert rotated["key"] != made["key"]


async def enrolled(ada: Caller) -> tuple[pyotp.TOTP, list[str]]:
    made = await ada.ok("POST", "/api/v1/me/second-factor")
    assert made["image"].startswith("data:image/svg+xml")
    assert "ada%40example.com" in made["uri"]
    totp = pyotp.TOTP(made["secret"])
    told = await ada.ok(
        "POST", "/api/v1/me/second-factor/confirmation", {"code": code_of(totp, -1)}
    )
    return totp, told["recovery_codes"]


def code_of(totp: pyotp.TOTP, step: int = 0) -> str:
    return totp.at(NOW_SECONDS + 30 * step)


async def test_the_second_factor(console: Console, ada: Caller) -> None:
    totp, recovery = await enrolled(ada)
    assert len(set(recovery)) == 10
    stranger = Caller(console)
    body = {"email": "ada@example.com", "password": PASSWORD}
    sign_in = "/api/v1/session"
    assert await stranger.refused("POST", sign_in, body) == "second_factor_required"
    wrong = {**body, "code": "000000"}
    assert await stranger.refused("POST", sign_in, wrong) == "second_factor_wrong"
    right = {**body, "code": code_of(totp)}
    await stranger.ok("POST", sign_in, right)
    assert await stranger.refused("POST", sign_in, right) == "second_factor_wrong"  # used up
    await stranger.ok("POST", sign_in, {**body, "code": recovery[0].upper()})
    again = {**body, "code": recovery[0]}
    assert await stranger.refused("POST", sign_in, again) == "second_factor_wrong"
    assert (await ada.get("/api/v1/me"))["recovery_codes_left"] == 9
    await ada.ok("DELETE", "/api/v1/me/second-factor", {"code": recovery[1]})
    await stranger.ok("POST", sign_in, body)


async def test_a_code_proves_who_it_is(console: Console, ada: Caller) -> None:
    proof = "/api/v1/session/proof"
    assert await ada.refused("POST", proof, {"code": "000000"}) == "second_factor_wrong"
    totp, _ = await enrolled(ada)
    await stale(console)
    assert "proven_until" not in await ada.get("/api/v1/session")
    assert await ada.refused("POST", proof, {"code": "000000"}) == "second_factor_wrong"
    assert (await ada.ok("POST", proof, {"code": code_of(totp)}))["proven_until"]


async def test_without_the_password_the_factor_is_not_spoken_of(
    console: Console, ada: Caller
) -> None:
    await enrolled(ada)
    body = {"email": "ada@example.com", "password": "wrong password", "code": "000000"}
    assert await Caller(console).refused("POST", "/api/v1/session", body) == "invalid_credentials"


async def test_codes_cannot_be_guessed(console: Console, ada: Caller) -> None:
    await enrolled(ada)
    key = f"factor {(await ada.get('/api/v1/me'))['id']}"
    for _ in range(10):
        console.services.sign_in._failures.add(key)
    body = {"email": "ada@example.com", "password": PASSWORD, "code": "000000"}
    assert await Caller(console).refused("POST", "/api/v1/session", body) == "too_many_attempts"


async def test_secrets_of_factors_are_sealed_or_digests(console: Console, ada: Caller) -> None:
    totp, recovery = await enrolled(ada)
    async with console.store.read() as connection:
        row = (await connection.execute(select(profiles))).one()
        rows = (await connection.execute(select(recovery_codes))).all()
    assert totp.secret not in repr(row)
    assert row.totp.startswith("v1.")
    assert not any(code in repr(rows) for code in recovery)


async def test_access_tokens(console: Console, ada: Caller) -> None:
    made = await ada.ok("POST", "/api/v1/access-tokens", {"name": "ci"})
    script = Caller(console, {"authorization": f"Bearer {made['token']}"})
    assert (await script.get("/api/v1/me"))["email"] == "ada@example.com"
    await script.ok("POST", "/api/v1/tokens", {"name": "by a script"})
    token_id = (await script.get("/api/v1/tokens"))["data"][0]["id"]
    assert await script.refused("POST", f"/api/v1/tokens/{token_id}/key") == "step_up_required"
    assert await script.refused("POST", "/api/v1/access-tokens", {"name": "x"}) == (
        "step_up_required"
    )
    (listed,) = (await ada.get("/api/v1/access-tokens"))["data"]
    assert "token" not in listed
    assert listed["used_at"]
    async with console.store.read() as connection:
        rows = (await connection.execute(select(access_tokens))).all()
    assert made["token"] not in repr(rows)
    await ada.ok("DELETE", f"/api/v1/access-tokens/{made['id']}")
    assert await script.refused("GET", "/api/v1/me") == "session_required"


async def test_a_reading_token_changes_nothing(console: Console, ada: Caller) -> None:
    body = {"name": "reader", "read_only": True}
    made = await ada.ok("POST", "/api/v1/access-tokens", body)
    reader = Caller(console, {"authorization": made["token"]})
    await reader.get("/api/v1/tokens")
    assert await reader.refused("POST", "/api/v1/tokens", {"name": "x"}) == "read_only_token"
    same = await ada.refused("POST", "/api/v1/access-tokens", body)
    assert same == "already_exists"


async def test_an_expired_access_token_is_worth_nothing(console: Console, ada: Caller) -> None:
    body = {"name": "short", "expires_at": "2020-01-01T00:00:00Z"}
    made = await ada.ok("POST", "/api/v1/access-tokens", body)
    script = Caller(console, {"authorization": f"Bearer {made['token']}"})
    assert await script.refused("GET", "/api/v1/me") == "session_required"


@pytest.mark.parametrize("new", ["short", "x" * 1025])
async def test_passwords_that_are_none(ada: Caller, new: str) -> None:
    body = {"old": PASSWORD, "new": new}
    assert await ada.refused("PUT", "/api/v1/me/password", body) in (
        "invalid_value",
        "invalid_request",
    )


async def test_a_new_password_ends_the_other_sessions(console: Console, ada: Caller) -> None:
    other = Caller(console, await console.sign_in("ada@example.com"))
    body = {"old": "wrong password", "new": "another good one"}
    assert await ada.refused("PUT", "/api/v1/me/password", body) == "invalid_credentials"
    await ada.ok("PUT", "/api/v1/me/password", {**body, "old": PASSWORD})
    assert await other.refused("GET", "/api/v1/session") == "session_required"
    await ada.get("/api/v1/session")
    sign_in = {"email": "ada@example.com", "password": "another good one"}
    await Caller(console).ok("POST", "/api/v1/session", sign_in)

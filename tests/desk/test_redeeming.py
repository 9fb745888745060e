"""Codes that are redeemed: once, by one, and never guessed."""

import asyncio
import json

import pytest
from sqlalchemy import select, update

from tests.control.conftest import Console
from tests.desk.conftest import Caller, signed_in
from waystation.storage.main import redemption_codes


async def test_codes(both: Console) -> None:
    boss = await signed_in(both, "boss@example.com", role="operator")
    ada = await signed_in(both, "ada@example.com")
    eve = await signed_in(both, "eve@example.com")
    body = {"amount": "1.5", "count": 3, "batch": "june"}
    codes = (await boss.ok("POST", "/api/v1/redemption-codes", body))["codes"]
    assert len(set(codes)) == 3
    said = {"code": f" {codes[0].replace('-', '')} "}
    assert await ada.ok("POST", "/api/v1/redemptions", said) == {"amount": "1.5", "balance": "1.5"}
    assert await eve.refused("POST", "/api/v1/redemptions", said) == "code_invalid"
    listed = (await boss.get("/api/v1/redemption-codes?batch=june&state=redeemed"))["data"]
    assert [each["state"] for each in listed] == ["redeemed"]
    assert codes[0] not in json.dumps(listed)
    last = (await boss.get("/api/v1/redemption-codes?state=open"))["data"][0]
    await boss.ok("PATCH", f"/api/v1/redemption-codes/{last['id']}", {"enabled": False})
    assert await eve.refused("POST", "/api/v1/redemptions", {"code": codes[2]}) == "code_invalid"
    async with both.store.write() as connection:
        await connection.execute(update(redemption_codes).values(expires_ms=1))
    assert await eve.refused("POST", "/api/v1/redemptions", {"code": codes[1]}) == "code_invalid"
    async with both.store.read() as connection:
        rows = (await connection.execute(select(redemption_codes))).all()
    assert not any(code in repr(rows) for code in codes)


async def test_a_code_that_is_raced(both: Console) -> None:
    """By ten people, ten times each, at once: one of them has it, once."""
    boss = await signed_in(both, "boss@example.com", role="operator")
    made = await boss.ok("POST", "/api/v1/redemption-codes", {"amount": "1.5"})
    said = {"code": made["codes"][0]}
    people = [await signed_in(both, f"p{number}@example.com") for number in range(10)]
    told = await asyncio.gather(
        *(
            each.say("POST", "/api/v1/redemptions", said, **{"x-waystation-peer": f"192.0.2.{at}"})
            for at, each in enumerate(people)
            for _ in range(10)
        )
    )
    assert sorted({status for status, _ in told}) == [201, 400]
    assert [status for status, _ in told].count(201) == 1
    balances = [(await each.get("/api/v1/me"))["balance"] for each in people]
    assert sorted(balances) == ["0"] * 9 + ["1.5"]


async def test_codes_cannot_be_guessed(console: Console, ada: Caller) -> None:
    for _ in range(10):
        assert await ada.refused("POST", "/api/v1/redemptions", {"code": "x"}) == "code_invalid"
    assert await ada.refused("POST", "/api/v1/redemptions", {"code": "x"}) == "too_many_attempts"


@pytest.mark.parametrize("amount", ["0", "-1", "1e9", "abc", "99999999999"])
async def test_codes_of_no_amount(boss: Caller, amount: str) -> None:
    body = {"amount": amount}
    assert await boss.refused("POST", "/api/v1/redemption-codes", body) == "invalid_value"


async def test_who_redeems_at_once_gets_it_once(both: Console) -> None:
    boss = await signed_in(both, "boss@example.com", role="operator")
    callers = [await signed_in(both, f"u{number}@example.com") for number in range(4)]
    made = await boss.ok("POST", "/api/v1/redemption-codes", {"amount": "3"})
    said = {"code": made["codes"][0]}
    told = await asyncio.gather(
        *(each.say("POST", "/api/v1/redemptions", said) for each in callers)
    )
    assert sorted(status for status, _ in told) == [201, 400, 400, 400]
    balances = [(await each.get("/api/v1/me"))["balance"] for each in callers]
    assert sorted(balances) == ["0", "0", "0", "3"]

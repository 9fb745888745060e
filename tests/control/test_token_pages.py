"""What a key may read about itself."""

from pathlib import Path

import pytest

from tests.control.conftest import Console
from tests.journal.rows import row
from waystation.identity.keys import mint
from waystation.ledger.client import LedgerClient
from waystation.ledger.messages import Hold, Resolve
from waystation.ledger.policies import Budget, PutToken

UNIT = 2000  # nanos in a legacy quota unit


async def spend(console: Console, account_id: int, token_id: int, nanos: int, name: str) -> None:
    facts = row(facts={"request_id": name, "account_id": account_id, "token_id": token_id}).facts
    hold = Hold(
        id=name,
        account_id=account_id,
        token_id=token_id,
        group="default",
        nanos=nanos,
        nanos_floor=nanos,
        prompt_nanos=1,
        tokens=10,
        sent=True,
        facts=facts,
    )
    await console.ledger.admit(hold)
    done = row(
        facts={"request_id": name, "account_id": account_id, "token_id": token_id}, nanos=nanos
    )
    console.ledger.resolve(Resolve(name, "post", nanos, True, 30, done))
    await console.ledger.settled(5)


async def test_a_token_without_a_budget_may_use_what_the_account_has(console: Console) -> None:
    account_id = await console.account("ada@example.com", nanos=1_000_000)
    token_id, key = await console.token(account_id)
    await spend(console, account_id, token_id, 200_000, "req-1")
    reply = await console.call("GET", "/api/usage/token/", {"authorization": key})
    assert await reply.json() == {
        "code": True,
        "message": "ok",
        "data": {
            "object": "token_usage",
            "name": "laptop",
            "total_granted": 1_000_000 // UNIT,
            "total_used": 200_000 // UNIT,
            "total_available": 800_000 // UNIT,
            "unlimited_quota": True,
            "model_limits": {},
            "model_limits_enabled": False,
            "expires_at": 0,
        },
    }


async def test_a_token_with_a_budget_tells_the_budget(console: Console) -> None:
    account_id = await console.account("ada@example.com", nanos=5_000_000)
    token_id, key = await console.token(
        account_id,
        budget='{"total": 1000000}',
        models='["gpt-4o-mini"]',
        expires_ms=1_900_000_000_000,
    )
    await console.ledger.ask(
        PutToken(token_id, account_id, 2, True, budget=Budget(total=1_000_000))
    )
    await spend(console, account_id, token_id, 300_000, "req-1")
    data = (await (await console.call("GET", f"/api/usage/token?key={key}")).json())["data"]
    assert data["total_granted"] == 1_000_000 // UNIT
    assert data["total_available"] == 700_000 // UNIT
    assert data["unlimited_quota"] is False
    assert data["model_limits"] == {"gpt-4o-mini": True}
    assert data["expires_at"] == 1_900_000_000


async def test_the_log_has_the_tokens_own_requests_newest_first(console: Console) -> None:
    account_id = await console.account("ada@example.com", nanos=5_000_000)
    mine, key = await console.token(account_id)
    other, _ = await console.token(account_id, "other")
    await spend(console, account_id, mine, 100_000, "req-1")
    await spend(console, account_id, other, 100_000, "req-2")
    await spend(console, account_id, mine, 300_000, "req-3")
    lines = (await (await console.call("GET", "/api/log/token", {"authorization": key})).json())[
        "data"
    ]
    assert [line["request_id"] for line in lines] == ["req-3", "req-1"]
    assert lines[0]["quota"] == 150
    assert lines[0]["nanos"] == "300000"
    assert lines[0]["model_name"] == "gpt-4o-mini"


async def test_the_page_is_as_long_as_asked(console: Console) -> None:
    account_id = await console.account("ada@example.com", nanos=5_000_000)
    token_id, key = await console.token(account_id)
    for number in range(3):
        await spend(console, account_id, token_id, 1000, f"req-{number}")
    page = await console.call("GET", "/api/log/token?page_size=2", {"authorization": key})
    assert len((await page.json())["data"]) == 2


@pytest.mark.parametrize("text", ["0", "101", "-1", "x", "", "1e2", "١", "9" * 40])
async def test_a_page_size_that_is_none(console: Console, text: str) -> None:
    _, key = await console.token(await console.account("ada@example.com"))
    reply = await console.call(
        "GET", "/api/log/token", {"authorization": key}, params={"page_size": text}
    )
    assert (await reply.json())["success"] is False


async def test_a_refused_request_stands_in_the_log_at_zero(console: Console) -> None:
    account_id = await console.account("ada@example.com")
    token_id, key = await console.token(account_id)
    refused = row(
        facts={"request_id": "req-9", "account_id": account_id, "token_id": token_id},
        status=429,
        end="refused",
        code="rate_limit_exceeded",
        nanos=0,
    )
    console.ledger.note(refused)
    lines: list[dict[str, object]] = []
    while not lines:  # notes are not acknowledged
        reply = await console.call("GET", "/api/log/token", {"authorization": key})
        lines = (await reply.json())["data"]
    assert (lines[0]["type"], lines[0]["quota"]) == (5, 0)
    assert lines[0]["content"] == "rate_limit_exceeded"


async def test_a_key_with_a_typing_error_never_reaches_the_store(console: Console) -> None:
    broken = mint()[:-1] + "!"
    reply = await console.call("GET", "/api/usage/token", {"x-api-key": broken})
    assert reply.status == 401
    assert await reply.json() == {
        "success": False,
        "message": "The token is not valid. (request id: req-42)",
    }


async def test_without_its_ledger_a_key_gets_503(console: Console, tmp_path: Path) -> None:
    _, key = await console.token(await console.account("ada@example.com"))
    console.services.ledger = LedgerClient(tmp_path / "nobody.sock", "", "")
    reply = await console.call("GET", "/api/usage/token", {"authorization": key})
    assert reply.status == 503
    assert "retry-after" in reply.headers

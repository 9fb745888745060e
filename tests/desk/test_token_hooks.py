"""Where a token's tasks are told of, the secret that signs it, and its own way with Midjourney."""

import json

from sqlalchemy import update

from tests.control.conftest import Console
from tests.desk.conftest import Caller, signed_in
from tests.desk.test_sessions import stale
from waystation.kernel.clock import now_ms
from waystation.storage.main import tokens

DAY_MS = 24 * 3_600_000


async def test_what_a_token_says_of_its_tasks(both: Console) -> None:
    ada = await signed_in(both, "ada@example.com")
    plain = await ada.ok("POST", "/api/v1/tokens", {"name": "plain"})
    nothing = {"remix": False, "queue_code_22": None}
    assert (plain["hook_url"], plain["midjourney"]) == ("", nothing)
    body = {
        "name": "laptop",
        "hook_url": "https://93.184.215.14/hook",
        "midjourney": {"remix": True, "queue_code_22": False},
    }
    made = await ada.ok("POST", "/api/v1/tokens", body)
    assert {name: made[name] for name in body} == body
    path = f"/api/v1/tokens/{made['id']}"
    changed = await ada.ok("PATCH", path, {"midjourney": {"remix": True}})
    assert changed["midjourney"] == {"remix": True, "queue_code_22": None}
    assert changed["hook_url"] == body["hook_url"], "what is not said stays"
    assert (await ada.ok("PATCH", path, {"hook_url": ""}))["hook_url"] == ""
    for wrong in ("http://127.0.0.1/x", "http://169.254.169.254/", "ftp://example.com/", "no"):
        assert await ada.refused("PATCH", path, {"hook_url": wrong}) == "invalid_value"
    for odd in ({"remix": "yes"}, {"colour": True}):
        assert await ada.refused("PATCH", path, {"midjourney": odd}) == "invalid_request"


async def test_a_secret_is_changed_without_a_gap(both: Console) -> None:
    ada = await signed_in(both, "ada@example.com")
    made = await ada.ok("POST", "/api/v1/tokens", {"name": "laptop"})
    other = await ada.ok("POST", "/api/v1/tokens", {"name": "other"})
    path = f"/api/v1/tokens/{made['id']}/hook_secrets"
    first = await ada.get(path)
    assert first["old_until"] is None
    (old,) = first["secrets"]
    assert old.startswith("whsec_")
    assert (await ada.get(f"/api/v1/tokens/{other['id']}/hook_secrets"))["secrets"] != [old]
    turned = await ada.ok("POST", path)
    new, still = turned["secrets"]
    assert still == old != new
    assert turned["old_until"] is not None
    assert await ada.get(path) == turned
    async with both.store.write() as connection:  # a day later
        mine = tokens.c.id == made["id"]
        earlier = update(tokens).where(mine).values(hook_turned_ms=now_ms() - DAY_MS)
        await connection.execute(earlier)
    assert await ada.get(path) == {"secrets": [new], "old_until": None}
    eve = await signed_in(both, "eve@example.com")
    for method in ("GET", "POST"):
        assert await eve.refused(method, path) == "not_found"
    boss = await signed_in(both, "boss@example.com", role="operator")
    lines = (await boss.get("/api/v1/audit?kind=token"))["data"]
    assert "turn_hook_secret" in [line["action"] for line in lines]
    assert new not in json.dumps(lines)


async def test_secrets_of_hooks_ask_for_a_proof(console: Console, ada: Caller) -> None:
    made = await ada.ok("POST", "/api/v1/tokens", {"name": "laptop"})
    path = f"/api/v1/tokens/{made['id']}/hook_secrets"
    await stale(console)
    for method in ("GET", "POST"):
        assert await ada.refused(method, path) == "step_up_required"

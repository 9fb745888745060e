"""Tokens and accounts: whose they are, and who may change them."""

import json
from typing import Any

from sqlalchemy import select, update

from tests.control.conftest import Console
from tests.desk.conftest import Caller, signed_in
from waystation.identity.keys import digest
from waystation.storage.main import accounts, tokens


async def group(console: Console, boss: Caller, name: str = "default", **more: Any) -> None:
    await boss.ok("POST", "/api/v1/groups", {"name": name, **more})


async def test_the_life_of_a_token(both: Console) -> None:
    boss = await signed_in(both, "boss@example.com", role="operator")
    ada = await signed_in(both, "ada@example.com", nanos=10**9)
    await group(both, boss)
    await group(both, boss, "open", selectable=True)
    await group(both, boss, "closed")
    body = {
        "name": "laptop",
        "groups": ["open", "auto"],
        "models": ["gpt-4o", "mj_*"],
        "allow_ips": ["192.0.2.0/24"],
        "expires_at": "2030-01-01T00:00:00Z",
        "limits": {"rpm": 60},
        "budget": {"total": "5", "day": "0.5"},
    }
    made = await ada.ok("POST", "/api/v1/tokens", body)
    assert made["key"].startswith("sk-ws")
    assert {name: made[name] for name in body} == body
    assert await ada.refused("POST", "/api/v1/tokens", body) == "already_exists"
    closed = {"name": "x", "groups": ["closed"]}
    assert await ada.refused("POST", "/api/v1/tokens", closed) == "group_not_allowed"
    path = f"/api/v1/tokens/{made['id']}"
    assert "key" not in await ada.get(path)
    changed = await ada.ok("PATCH", path, {"name": "desk", "expires_at": None, "enabled": False})
    assert (changed["name"], changed["expires_at"], changed["status"]) == ("desk", None, "disabled")
    assert changed["budget"] == {"total": "5", "day": "0.5"}
    assert await ada.refused("PATCH", path, {"groups": ["closed"]}) == "group_not_allowed"
    assert await ada.refused("PATCH", path, {"budget": {"total": "-1"}}) == "invalid_value"
    rotated = await ada.ok("POST", f"{path}/key")
    async with both.store.read() as connection:
        stored = (await connection.execute(select(tokens.c.digest))).scalar_one()
    assert bytes(stored) == digest(rotated["key"])
    found = await ada.get(f"/api/v1/tokens?search={rotated['key']}")
    assert [each["id"] for each in found["data"]] == [made["id"]]

    eve = await signed_in(both, "eve@example.com")
    for method, where in (
        ("GET", path),
        ("PATCH", path),
        ("DELETE", path),
        ("POST", f"{path}/key"),
    ):
        assert await eve.refused(method, where, {} if method == "PATCH" else None) == "not_found"
    assert (await eve.get("/api/v1/tokens?account_id=-1"))["data"] == []
    assert len((await boss.get("/api/v1/tokens?account_id=-1"))["data"]) == 1

    await ada.ok("DELETE", path)
    assert await ada.refused("GET", path) == "not_found"
    again = await ada.ok("POST", "/api/v1/tokens", {"name": "desk"})
    assert again["id"] != made["id"]
    lines = (await boss.get("/api/v1/audit?kind=token"))["data"]
    assert rotated["key"] not in json.dumps(lines)


async def test_accounts(both: Console) -> None:
    boss = await signed_in(both, "boss@example.com", role="operator")
    await group(both, boss)
    await group(both, boss, "vip")
    body = {"email": "New@Example.com", "password": "a good password", "group": "vip"}
    made = await boss.ok("POST", "/api/v1/accounts", {**body, "budget": {"month": "20"}})
    for method, where, said in (
        ("POST", "accounts", {**body, "email": "x@example.com", "group": "nobodys"}),
        ("PATCH", f"accounts/{made['id']}", {"group": "nobodys"}),
        ("POST", "invitations", {"group": "nobodys"}),
        ("PUT", "settings/sign-up", {"account_group": "nobodys"}),
    ):
        assert await boss.refused(method, f"/api/v1/{where}", said) == "invalid_value", where
    assert (made["email"], made["group"], made["balance"]) == ("new@example.com", "vip", "0")
    assert await boss.refused("POST", "/api/v1/accounts", body) == "already_exists"
    path = f"/api/v1/accounts/{made['id']}"
    moved = {"amount": "2.5", "id": "invoice-7", "note": "paid"}
    for _ in range(2):
        told = await boss.ok("POST", f"{path}/transfers", moved)
    assert told["balance"] == "2.5"
    taken = await boss.ok("POST", f"{path}/transfers", {"amount": "-4", "kind": "adjust"})
    assert taken["balance"] == "0"
    lines = (await boss.get(f"{path}/transfers"))["data"]
    assert [(each["kind"], each["amount"], each["short"]) for each in lines] == [
        ("adjust", "-2.5", "1.5"),
        ("grant", "2.5", "0"),
    ]
    for amount in ("0", "x", "1e3"):
        wrong = {"amount": amount}
        assert await boss.refused("POST", f"{path}/transfers", wrong) == "invalid_value"
    granted = await boss.ok("PUT", f"{path}/grants", {"groups": ["default"]})
    assert granted["grants"] == ["default"]
    signed = await Caller(both).ok(
        "POST", "/api/v1/session", {"email": made["email"], "password": body["password"]}
    )
    new = Caller(both, {"authorization": f"Bearer {signed['token']}"})
    locked = await boss.ok("PATCH", path, {"enabled": False})
    assert locked["enabled"] is False
    assert locked["group"] == "vip"
    assert await new.refused("GET", "/api/v1/me") == "session_required"
    found = await boss.get("/api/v1/accounts?search=NEW&enabled=false&group=vip")
    assert [each["id"] for each in found["data"]] == [made["id"]]
    lines = (await boss.get(f"/api/v1/audit?subject={made['email']}"))["data"]
    assert [line["action"] for line in lines] == [
        "update", "update", "transfer", "transfer", "create",
    ]  # fmt: skip
    assert body["password"] not in json.dumps(lines)


async def test_the_last_operator_stays(console: Console, boss: Caller) -> None:
    me = (await boss.get("/api/v1/me"))["id"]
    for body in ({"role": "user"}, {"enabled": False}):
        assert await boss.refused("PATCH", f"/api/v1/accounts/{me}", body) == "conflict"
    other = await console.account("other@example.com")
    await boss.ok("PATCH", f"/api/v1/accounts/{other}", {"role": "operator"})
    await boss.ok("PATCH", f"/api/v1/accounts/{me}", {"role": "user"})
    assert await boss.refused("GET", "/api/v1/accounts") == "operator_only"


async def test_roles_ask_for_a_proof(console: Console, boss: Caller) -> None:
    other = await console.account("other@example.com")
    script = await boss.ok("POST", "/api/v1/access-tokens", {"name": "ci"})
    caller = Caller(console, {"authorization": script["token"]})
    path = f"/api/v1/accounts/{other}"
    await caller.ok("PATCH", path, {"limits": {"rpm": 5}})
    assert await caller.refused("PATCH", path, {"role": "operator"}) == "step_up_required"
    assert await caller.refused("PATCH", path, {"password": "a good one"}) == "step_up_required"


async def test_a_file_s_account_is_its_own(console: Console, boss: Caller, ada: Caller) -> None:
    async with console.store.write() as connection:
        mine = accounts.c.email == "ada@example.com"
        await connection.execute(update(accounts).where(mine).values(managed=True))
    whose = (await ada.get("/api/v1/me"))["id"]
    body = {"limits": {"rpm": 5}}
    assert await boss.refused("PATCH", f"/api/v1/accounts/{whose}", body) == "managed_by_file"


async def test_the_matrix_of_access(console: Console, boss: Caller, ada: Caller) -> None:
    await group(console, boss)
    await group(console, boss, "open", selectable=True, rate="1.5")
    await group(console, boss, "closed", visible=False)
    await boss.ok("PUT", "/api/v1/group-rates/default/open", {"rate": "1.2"})
    body = {"name": "demo", "vendor": "demo", "models": ["m"], "groups": ["open", "closed"]}
    await boss.ok("POST", "/api/v1/channels", body)
    whose = (await ada.get("/api/v1/me"))["id"]
    told = (await boss.get(f"/api/v1/accounts/{whose}/access"))["data"]
    assert told == [
        {"group": "default", "usable": True, "rate": "1", "models": []},
        {"group": "open", "usable": True, "rate": "1.2", "models": ["m"]},
        {"group": "closed", "usable": False, "rate": "1", "models": ["m"]},
    ]


async def test_another_address_asks_for_a_proof(console: Console, boss: Caller) -> None:
    """Letters with new passwords go there: who changes it takes the account over."""
    made = await boss.ok("POST", "/api/v1/access-tokens", {"name": "script"})
    script = Caller(console, {"authorization": f"Bearer {made['token']}"})
    me = (await boss.get("/api/v1/me"))["id"]
    path = f"/api/v1/accounts/{me}"
    body = {"email": "thief@example.com"}
    assert await script.refused("PATCH", path, body) == "step_up_required"
    await boss.ok("PATCH", path, body)


async def test_what_the_ledger_would_not_take_is_refused(boss: Caller) -> None:
    path = f"/api/v1/accounts/{(await boss.get('/api/v1/me'))['id']}/transfers"
    assert await boss.refused("POST", path, {"amount": "1000000000"}) == "invalid_value"
    told = await boss.ok("POST", path, {"amount": "100000000"})
    assert told["balance"] == "100000000"

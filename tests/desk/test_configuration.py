"""Channels, groups, rates, prices by hand: the same nouns as the file's, audited, and followed by
the gateways' feed. On both databases."""

import json
from typing import Any

import aiohttp.web
import pytest
from sqlalchemy import update

from tests.control.conftest import Console
from tests.desk.conftest import Caller, signed_in
from waystation.configuration.reading import Configuration
from waystation.storage.database import read_epochs
from waystation.storage.main import channels, sessions

KEY = "sk-upstream-secret-0123456789"
CHANNEL = {
    "name": "north",
    "vendor": "openai",
    "keys": [KEY],
    "models": ["gpt-4o", "gpt-4o-mini"],
    "groups": ["default"],
    "cost": {"*": "0.8"},
    "deadlines": {"first_byte": 12.5},
    "header_overrides": {"x-team": "secret-team"},
}


async def audit_of(boss: Caller, kind: str) -> list[dict[str, Any]]:
    return (await boss.get(f"/api/v1/audit?kind={kind}"))["data"]


async def test_the_life_of_a_channel(both: Console) -> None:
    boss = await signed_in(both, "boss@example.com", role="operator")
    await boss.ok("POST", "/api/v1/groups", {"name": "default", "rate": "1.5"})
    async with both.store.read() as connection:
        before = await read_epochs(connection)
    made = await boss.ok("POST", "/api/v1/channels", CHANNEL)
    assert made["keys"][0]["mask"] == "sk-u…6789"
    assert made["header_names"] == ["x-team"]
    assert made["deadlines"] == {"first_byte": 12.5}
    assert KEY not in json.dumps(made)
    assert await boss.refused("POST", "/api/v1/channels", CHANNEL) == "already_exists"

    snapshot = await Configuration(both.store, both.services.sealing()).read()
    async with both.store.read() as connection:
        assert (await read_epochs(connection)).routing > before.routing
    (channel,) = snapshot.channels.values()
    assert channel.keys[0].secret == KEY
    assert channel.header_overrides == {"x-team": "secret-team"}

    path = f"/api/v1/channels/{made['id']}"
    said = {"name": "north-2", "priority": 5, "add_keys": ["sk-another-key-9876543210"]}
    changed = await boss.ok("PATCH", path, said)
    assert (changed["name"], changed["priority"], len(changed["keys"])) == ("north-2", 5, 2)
    assert changed["models"] == ["gpt-4o", "gpt-4o-mini"]
    first = changed["keys"][0]["id"]
    assert first == made["keys"][0]["id"]
    changed = await boss.ok("PATCH", path, {"remove_keys": [first], "enabled": False})
    assert len(changed["keys"]) == 1
    assert changed["state"] == "off"
    told = await boss.ok("POST", f"{path}/keys")
    assert told == {"keys": ["sk-another-key-9876543210"]}
    found = await boss.get("/api/v1/channels?search=NORTH&enabled=false&group=default")
    assert [each["name"] for each in found["data"]] == ["north-2"]
    assert (await boss.get("/api/v1/channels?vendor=anthropic"))["data"] == []

    await boss.ok("DELETE", path)
    assert await boss.refused("GET", path) == "not_found"
    lines = await audit_of(boss, "channel")
    assert [line["action"] for line in lines] == [
        "delete", "show_keys", "update", "update", "create",
    ]  # fmt: skip
    assert lines[0]["actor"] == "boss@example.com"
    assert lines[0]["peer"] == "192.0.2.7"
    assert lines[3]["before"]["priority"] == 0
    assert lines[3]["after"]["priority"] == 5
    assert lines[3]["after"]["keys"] == "(set)"
    assert "models" not in lines[3]["after"]
    assert KEY not in json.dumps(lines)
    assert "secret-team" not in json.dumps(lines)


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"vendor": "opemai"}, "invalid_value", "vendor"),
        ({"base_url": "ftp://x.example"}, "invalid_value", "base_url"),
        ({"base_url": "http://127.0.0.1:1"}, "invalid_value", "base_url"),
        ({"groups": ["nobody's"]}, "invalid_request", None),
        ({"keys": []}, "invalid_value", "keys"),
        ({"keys": ["env:PATH"]}, "invalid_value", "keys"),
        ({"name": "a,b"}, "invalid_value", "name"),
        ({"weight": -1}, "invalid_value", "weight"),
        ({"limits": {"rpm": 1, "speed": 2}}, "invalid_value", "limits.speed"),
        ({"unknown": 1}, "invalid_request", None),
        ({"weight": "many"}, "invalid_request", "weight"),
        ({"cost": {"*": "-1"}}, "invalid_value", "cost"),
    ],
)
async def test_channels_that_are_none(
    console: Console, boss: Caller, more: Any, code: str, field: str | None
) -> None:
    await boss.ok("POST", "/api/v1/groups", {"name": "default"})
    status, told = await boss.say("POST", "/api/v1/channels", {**CHANNEL, **more})
    assert status == 400
    assert (told["error"]["code"], told["error"]["field"]) == (code, field), told
    if field:
        assert field in told["error"]["fields"]
    assert (await boss.get("/api/v1/channels"))["data"] == []


async def test_what_a_file_manages_is_read_only(console: Console, boss: Caller) -> None:
    await boss.ok("POST", "/api/v1/groups", {"name": "default"})
    made = await boss.ok("POST", "/api/v1/channels", CHANNEL)
    async with console.store.write() as connection:
        await connection.execute(update(channels).values(managed=True))
    path = f"/api/v1/channels/{made['id']}"
    status, told = await boss.say("PATCH", path, {"priority": 9})
    assert (status, told["error"]["code"]) == (409, "managed_by_file")
    assert "north" in told["error"]["message"]
    assert await boss.refused("DELETE", path) == "managed_by_file"
    assert (await boss.get(path))["managed"] is True


async def test_keys_ask_for_a_proof(console: Console, boss: Caller) -> None:
    await boss.ok("POST", "/api/v1/groups", {"name": "default"})
    made = await boss.ok("POST", "/api/v1/channels", CHANNEL)
    async with console.store.write() as connection:
        await connection.execute(update(sessions).values(proven_ms=1))
    path = f"/api/v1/channels/{made['id']}/keys"
    assert await boss.refused("POST", path) == "step_up_required"


async def test_another_address_asks_for_a_proof(console: Console, boss: Caller) -> None:
    """The keys would go there: a sign-in that was stolen must not do that."""
    await boss.ok("POST", "/api/v1/groups", {"name": "default"})
    made = await boss.ok("POST", "/api/v1/channels", CHANNEL)
    async with console.store.write() as connection:
        await connection.execute(update(sessions).values(proven_ms=1))
    path = f"/api/v1/channels/{made['id']}"
    for body in (
        {"base_url": "https://elsewhere.example"},
        {"vendor": "deepseek"},
        {"proxy": "http://elsewhere.example:8080"},
    ):
        assert await boss.refused("PATCH", path, body) == "step_up_required", body
    changed = await boss.ok("PATCH", path, {"priority": 3, "base_url": "", "vendor": "openai"})
    assert changed["priority"] == 3


async def test_one_key_of_several_is_switched_off(both: Console) -> None:
    boss = await signed_in(both, "boss@example.com", role="operator")
    await boss.ok("POST", "/api/v1/groups", {"name": "default"})
    body = CHANNEL | {"keys": [KEY, "sk-another-key-9876543210"], "strip": ["web_search"]}
    made = await boss.ok("POST", "/api/v1/channels", body)
    path, first = f"/api/v1/channels/{made['id']}", made["keys"][0]["id"]
    await boss.ok("PATCH", f"{path}/keys/{first}", {"enabled": False})
    assert [each["enabled"] for each in (await boss.get(path))["keys"]] == [False, True]

    async def used() -> list[str]:
        snapshot = await Configuration(both.store, both.services.sealing()).read()
        return [key.secret for each in snapshot.channels.values() for key in each.keys]

    assert await used() == ["sk-another-key-9876543210"]
    changed = await boss.ok("PATCH", path, {"priority": 7})  # and it stays off
    assert [each["enabled"] for each in changed["keys"]] == [False, True]
    assert changed["strip"] == ["web_search"]
    await boss.ok("PATCH", f"{path}/keys/{first}", {"enabled": True})
    assert len(await used()) == 2
    assert await boss.refused("PATCH", f"{path}/keys/0", {"enabled": True}) == "not_found"
    lines = await audit_of(boss, "channel")
    assert lines[0]["subject"] == f"north key {first}"
    assert (lines[0]["before"], lines[0]["after"]) == ({"enabled": False}, {"enabled": True})


async def test_the_demo_channel_answers(console: Console, boss: Caller) -> None:
    await boss.ok("POST", "/api/v1/groups", {"name": "default"})
    body = {"name": "demo", "vendor": "demo", "groups": ["default"], "models": ["demo-chat"]}
    made = await boss.ok("POST", "/api/v1/channels", body)
    told = await boss.ok("POST", f"/api/v1/channels/{made['id']}/test", {})
    assert (told["ok"], told["status"], told["model"]) == (True, 200, "demo-chat")
    listed = await boss.ok("POST", f"/api/v1/channels/{made['id']}/models")
    assert listed == {"models": ["demo-chat"], "missing": []}


@pytest.fixture
async def upstream() -> Any:
    """A vendor of the family on a real socket; it says what it was asked."""
    seen: list[tuple[str, str]] = []

    async def answer(request: aiohttp.web.Request) -> aiohttp.web.Response:
        seen.append((request.path, request.headers.get("authorization", "")))
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return aiohttp.web.json_response({"error": {"message": f"no {KEY}"}}, status=401)
        told: dict[str, Any] = {
            "/v1/models": {"data": [{"id": "b"}, {"id": "a"}]},
            "/v1/dashboard/billing/subscription": {"hard_limit_usd": 12.5},
            "/v1/dashboard/billing/usage": {"total_usage": 250},
        }
        return aiohttp.web.json_response(told[request.path])

    app = aiohttp.web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield f"http://127.0.0.1:{port}", seen
    await runner.cleanup()


async def test_models_and_balance_of_an_upstream(
    console: Console, boss: Caller, upstream: Any
) -> None:
    address, seen = upstream
    await boss.ok("POST", "/api/v1/groups", {"name": "default"})
    body = {
        **CHANNEL,
        "vendor": "new-api",
        "base_url": address,
        "allow_private": True,
        "models": ["a", "gone", "x-*"],
        "model_map": {"alias": "b"},
    }
    made = await boss.ok("POST", "/api/v1/channels", body)
    path = f"/api/v1/channels/{made['id']}"
    assert await boss.ok("POST", f"{path}/models") == {"models": ["a", "b"], "missing": ["gone"]}
    assert await boss.ok("POST", f"{path}/balance") == {"amount": "10", "currency": "USD"}
    assert seen[0] == ("/v1/models", f"Bearer {KEY}")
    unsaved = {"vendor": "new-api", "base_url": address, "keys": [KEY]}
    where = "/api/v1/channels/models"
    assert await boss.refused("POST", where, unsaved) == "invalid_value"  # a private address
    told = await boss.ok("POST", where, unsaved | {"allow_private": True})
    assert told == {"models": ["a", "b"], "missing": []}
    wrong = unsaved | {"allow_private": True, "keys": ["sk-wrong-key-000000000"]}
    assert await boss.refused("POST", where, wrong) == "upstream_error"
    assert await boss.refused("POST", where, {"vendor": "nobody"}) == "invalid_value"
    await boss.ok("PATCH", path, {"keys": ["sk-wrong-key-000000000"]})
    status, told = await boss.say("POST", f"{path}/models")
    assert (status, told["error"]["code"]) == (502, "upstream_error")
    assert "401" in told["error"]["message"]


async def test_groups_rates_and_members(both: Console) -> None:
    boss = await signed_in(both, "boss@example.com", role="operator")
    await boss.ok("POST", "/api/v1/groups", {"name": "default"})
    await boss.ok("POST", "/api/v1/channels", CHANNEL)
    body = {
        "name": "vip",
        "rate": "0.85",
        "label": "VIP",
        "pros": "fast",
        "selectable": True,
        "allowed_account_groups": ["friends"],
        "limits": {"rpm": 60},
        "channels": [{"name": "north", "priority": 3}],
    }
    made = await boss.ok("POST", "/api/v1/groups", body)
    assert made["channels"] == [{"name": "north", "priority": 3, "weight": None}]
    assert await boss.refused("POST", "/api/v1/groups", body) == "already_exists"
    changed = await boss.ok("PATCH", "/api/v1/groups/vip", {"rate": "0.9"})
    assert (changed["rate"], changed["pros"]) == ("0.9", "fast")
    assert changed["channels"] == made["channels"]
    changed = await boss.ok("PATCH", "/api/v1/groups/vip", {"channels": None})
    assert changed["channels"] is None
    assert await boss.refused("PATCH", "/api/v1/groups/vip", {"name": "x"}) == "invalid_value"
    assert await boss.refused("PATCH", "/api/v1/groups/vip", {"rate": "-1"}) == "invalid_value"

    rate = await boss.ok("PUT", "/api/v1/group-rates/friends/vip", {"rate": "0.5"})
    assert rate["rate"] == "0.5"
    snapshot = await Configuration(both.store, both.services.sealing()).read()
    assert snapshot.rates["friends", "vip"] == "0.5"
    assert await boss.refused("DELETE", "/api/v1/groups/vip") == "conflict"
    assert await boss.refused("DELETE", "/api/v1/groups/default") == "conflict"
    await boss.ok("DELETE", "/api/v1/group-rates/friends/vip")
    await boss.ok("DELETE", "/api/v1/groups/vip")
    assert await boss.refused("GET", "/api/v1/groups/vip") == "not_found"
    await boss.ok("PUT", "/api/v1/settings/auto-groups", {"groups": ["default"]})
    assert (await boss.get("/api/v1/settings"))["auto_groups"] == ["default"]
    unknown = {"groups": ["nobody's"]}
    assert await boss.refused("PUT", "/api/v1/settings/auto-groups", unknown) == "invalid_request"


async def test_prices_have_a_history(both: Console) -> None:
    boss = await signed_in(both, "boss@example.com", role="operator")
    first = {"model": "m", "kinds": {"input": "2.5", "output": "10"}}
    made = await boss.ok("PUT", "/api/v1/prices", first)
    assert made["effective_at"] is None
    later = {**first, "kinds": {"per_call": "0.01"}, "effective_at": "2030-01-01T00:00:00Z"}
    await boss.ok("PUT", "/api/v1/prices", later)
    replaced = await boss.ok("PUT", "/api/v1/prices", {**first, "kinds": {"per_call": "0.02"}})
    assert replaced["id"] == made["id"]
    assert replaced["kinds"] == {"per_call": "0.02"}
    tiered = {
        "model": "t",
        "kinds": {"input": "1", "output": "2"},
        "tiers": [{"above_tokens": 200000, "input": "2", "output": "4"}],
    }
    assert (await boss.ok("PUT", "/api/v1/prices", tiered))["tiers"] == tiered["tiers"]
    listed = (await boss.get("/api/v1/prices?model=m&source=override"))["data"]
    assert [each["effective_at"] for each in listed] == ["2030-01-01T00:00:00Z", None]
    for wrong in (
        {"model": "m", "kinds": {"speed": "1"}},
        {"model": "m", "kinds": {"input": "cheap", "output": "1"}},
        {"model": "a*b", "kinds": {"per_call": "1"}},
        {"model": "m", "kinds": {"per_call": "1"}, "effective_at": "2030-01-01T00:00:00"},
    ):
        assert await boss.refused("PUT", "/api/v1/prices", wrong) == "invalid_value"
    await boss.ok("DELETE", f"/api/v1/prices/{made['id']}")
    assert await boss.refused("DELETE", f"/api/v1/prices/{made['id']}") == "not_found"


async def test_pages_go_on(console: Console, boss: Caller) -> None:
    for number in range(5):
        await boss.ok("POST", "/api/v1/groups", {"name": f"g{number}"})
    names, cursor = [], ""
    for _ in range(3):
        page = await boss.get(f"/api/v1/groups?limit=2&cursor={cursor}")
        names += [each["name"] for each in page["data"]]
        cursor = page["next_cursor"]
    assert names == ["g4", "g3", "g2", "g1", "g0"]
    assert cursor is None
    for wrong in ("limit=0", "limit=101", "limit=x", "cursor=%00", "cursor=zz", "colour=red"):
        assert await boss.refused("GET", f"/api/v1/groups?{wrong}") in (
            "invalid_request",
            "invalid_value",
        )


async def test_the_access_matrix(both: Console) -> None:
    boss = await signed_in(both, "boss@example.com", role="operator")
    await signed_in(both, "ada@example.com", account_group="vip")
    for name, more in (
        ("default", {}),
        ("vip", {"rate": "0.9"}),
        ("open", {"selectable": True, "rate": "2"}),
        ("friends", {"selectable": True, "allowed_account_groups": ["default"], "visible": False}),
    ):
        await boss.ok("POST", "/api/v1/groups", {"name": name, **more})
    await boss.ok("PUT", "/api/v1/group-rates/vip/open", {"rate": "1.5"})
    places = {"groups": ["default", "open", "friends"], "models": ["gpt-4o", "mj_*"]}
    await boss.ok("POST", "/api/v1/channels", CHANNEL | places)
    price = {"model": "gpt-4o", "kinds": {"input": "2", "output": "4"}}
    await boss.ok("PUT", "/api/v1/prices", price)
    page = await boss.get("/api/v1/access?limit=1")
    (row,) = page["data"]
    assert (row["email"], row["account_group"]) == ("ada@example.com", "vip")
    assert [(c["group"], c["why"], c["rate"], c["model_count"]) for c in row["groups"]] == [
        ("default", "", "1", 2),
        ("vip", "own", "0.9", 0),
        ("open", "selectable", "1.5", 2),
        ("friends", "", "1", 2),
    ]
    assert all(cell["models"] == [] for cell in row["groups"])
    (other,) = (await boss.get(f"/api/v1/access?cursor={page['next_cursor']}"))["data"]
    assert [cell["why"] for cell in other["groups"]] == ["own", "", "selectable", "selectable"]

    whose = row["account_id"]
    await boss.ok("PUT", f"/api/v1/accounts/{whose}/grants", {"groups": ["friends"]})
    (row,) = (await boss.get(f"/api/v1/access?account_id={whose}"))["data"]
    cells = {cell["group"]: cell for cell in row["groups"]}
    assert (cells["friends"]["why"], cells["open"]["special"]) == ("granted", True)
    assert cells["open"]["models"] == [
        {"model": "gpt-4o", "prices": {"input": "3", "output": "6"}},
        {"model": "mj_*", "prices": {}},
    ]
    rows = (await boss.get("/api/v1/access?model=mj_imagine&group=open&search=ADA"))["data"]
    assert [[c["models"][0]["model"] for c in r["groups"]] for r in rows] == [["mj_*"]]

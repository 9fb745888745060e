"""Settings, announcements, public pages, the document; what is sealed is sealed anew."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from sqlalchemy import insert, select

from tests.control.conftest import Console
from tests.desk.conftest import Caller, signed_in
from waystation.control.desk.actions import ACTIONS
from waystation.control.desk.document import build_desk_document
from waystation.control.factors import Factors
from waystation.errors import TEXTS
from waystation.storage.database import Database
from waystation.storage.main import alert_receivers, letters, payment_providers, profiles, secrets
from waystation.storage.master_key import MasterKey
from waystation.storage.sealing import Sealing
from waystation.storage.vault import open_vault, rotate

DOCUMENT = build_desk_document(ACTIONS, "https://relay.example")


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_the_document_is_whole() -> None:
    used = set(references(DOCUMENT))
    for reference in used:
        found: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert re.fullmatch(r"[A-Z][A-Za-z]+", name)
        assert f"#/components/schemas/{name}" in used
        jsonschema.Draft202012Validator.check_schema(schema)
    ids = [action.id for action in ACTIONS]
    assert len(ids) == len(set(ids))
    for action in ACTIONS:
        operation = DOCUMENT["paths"][action.path][action.method.lower()]
        assert operation["operationId"] == action.id
        assert operation["summary"] != operation["x-summary-zh"]
        in_path = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        assert in_path == set(re.findall(r"\{(\w+)\}", action.path))
        assert any(status[0] in "23" for status in operation["responses"])
        assert set(action.all_codes) <= set(TEXTS)


async def test_it_is_served(console: Console) -> None:
    told = await Caller(console).get("/api/v1/openapi.json")
    assert told["paths"] == DOCUMENT["paths"]


REPLIES = {
    "/api/v1/site": "SiteView",
    "/api/v1/news": "AnnouncementPage",
    "/api/v1/models": "ModelsOffered",
    "/api/v1/status": "StatusPage",
    "/api/v1/me": "MeView",
    "/api/v1/dashboard": "DashboardView",
    "/api/v1/channels": "ChannelPage",
    "/api/v1/vendors": "VendorPage",
    "/api/v1/groups": "GroupPage",
    "/api/v1/prices": "PricePage",
    "/api/v1/accounts": "AccountDetailPage",
    "/api/v1/tokens": "TokenPage",
    "/api/v1/sessions": "SignInPage",
    "/api/v1/audit": "AuditPage",
    "/api/v1/settings": "SettingsView",
    "/api/v1/tasks": "TaskPage",
    "/api/v1/usage": "UsagePage",
    "/api/v1/access": "AccessRowPage",
    "/api/v1/access?account_id=1": "AccessRowPage",
    "/api/v1/top-ups": "TopUpPage",
    "/api/v1/me/top-ups": "TopUpPage",
    "/api/v1/me/top-up-options": "TopUpOptions",
    "/api/v1/settings/top-ups": "TopUpSettingsView",
    "/api/v1/settings/alerts": "AlertRules",
    "/api/v1/alerts": "AlertPage",
    "/api/v1/alert-receivers": "ReceiverPage",
    "/api/v1/alert-deliveries": "DeliveryPage",
}


async def test_replies_are_as_declared(both: Console) -> None:
    boss = await signed_in(both, "boss@example.com", role="operator")
    await boss.ok("POST", "/api/v1/groups", {"name": "default"})
    channel = {"name": "demo", "vendor": "demo", "models": ["demo-chat"], "groups": ["default"]}
    await boss.ok("POST", "/api/v1/channels", channel)
    await boss.ok("POST", "/api/v1/tokens", {"name": "t"})
    await boss.ok("PUT", "/api/v1/prices", {"model": "m", "kinds": {"per_call": "1"}})
    await boss.ok("POST", "/api/v1/announcements", {"title": "hello"})
    paid = {"account_id": 1, "amount": "7", "credit": "1"}
    await boss.ok("POST", "/api/v1/top-ups", paid)
    receiver = {"name": "ops", "kind": "mail", "target": "ops@example.com"}
    await boss.ok("POST", "/api/v1/alert-receivers", receiver)
    await boss.ok("POST", "/api/v1/alert-receivers/1/test")
    for path, name in REPLIES.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
        told = await boss.get(path)
        errors = list(jsonschema.Draft202012Validator(schema).iter_errors(told))
        assert not errors, (path, errors[0].message)


async def test_settings(console: Console, boss: Caller) -> None:
    site = (await boss.get("/api/v1/settings"))["site"]
    new = site | {"name": "Our relay", "display_currency": "CNY", "display_rate": "7.1"}
    assert (await boss.ok("PUT", "/api/v1/settings/site", new))["site"] == new
    assert (await Caller(console).get("/api/v1/site"))["site"] == new
    for field, value in (
        ("name", ""),
        ("display_rate", "0"),
        ("display_rate", "much"),
        ("logo", "javascript:alert(1)"),
    ):
        status, told = await boss.say("PUT", "/api/v1/settings/site", new | {field: value})
        assert (status, told["error"]["field"]) == (400, field)
        assert field in told["error"]["fields"]
    sign_up = {"mode": "open", "credit": "0.2", "captcha": False}
    assert (await boss.ok("PUT", "/api/v1/settings/sign-up", sign_up))["sign_up"]["mode"] == "open"
    for wrong in ({"credit": "-1"}, {"mode": "maybe"}, {"account_group": " "}):
        assert await boss.refused("PUT", "/api/v1/settings/sign-up", wrong) in (
            "invalid_value",
            "invalid_request",
        )
    assert await boss.refused("POST", "/api/v1/settings/mail/test") == "conflict"
    lines = (await boss.get("/api/v1/audit?kind=setting"))["data"]
    assert lines[1]["before"]["name"] == "Waystation"
    assert lines[1]["after"]["name"] == "Our relay"


async def test_announcements(console: Console, boss: Caller) -> None:
    made = await boss.ok("POST", "/api/v1/announcements", {"title": "now", "pinned": True})
    await boss.ok(
        "POST", "/api/v1/announcements", {"title": "later", "from_at": "2100-01-01T00:00:00Z"}
    )
    over = {"title": "over", "from_at": "2020-01-01T00:00:00Z", "until_at": "2020-02-01T00:00:00Z"}
    await boss.ok("POST", "/api/v1/announcements", over)
    news = (await Caller(console).get("/api/v1/news"))["data"]
    assert [each["title"] for each in news] == ["now"]
    assert len((await boss.get("/api/v1/announcements"))["data"]) == 3
    path = f"/api/v1/announcements/{made['id']}"
    assert (await boss.ok("PUT", path, {"title": "new"}))["title"] == "new"
    await boss.ok("DELETE", path)
    assert await boss.refused("PUT", path, {"title": "x"}) == "not_found"


async def test_a_key_shows_what_it_has_left(console: Console, ada: Caller, boss: Caller) -> None:
    await boss.ok("POST", "/api/v1/groups", {"name": "default"})
    made = await ada.ok("POST", "/api/v1/tokens", {"name": "t", "budget": {"total": "2"}})
    told = await Caller(console, {"authorization": f"Bearer {made['key']}"}).get("/api/v1/key")
    assert (told["budget"], told["available"], told["spent"]) == ("2", "2", "0")


@pytest.mark.parametrize("path", ["/api/v1/tokens/x", "/api/v1/tokens/99999999999999999999"])
async def test_numbers_that_are_none(ada: Caller, path: str) -> None:
    assert await ada.refused("GET", path) == "not_found"


async def test_no_text_has_a_nul(ada: Caller) -> None:
    assert await ada.refused("POST", "/api/v1/tokens", {"name": "a\x00b"}) == "invalid_value"
    assert await ada.refused("GET", "/api/v1/tokens?search=%00") == "invalid_value"


async def test_a_new_master_key_opens_what_the_old_one_sealed(both: Console) -> None:
    store: Database = both.store
    account_id = await both.account("ada@example.com")
    old, new = MasterKey.new(), MasterKey.new()
    async with store.write() as connection:
        await connection.execute(secrets.delete())
    sealing = await open_vault(store, old)
    async with store.write() as connection:
        row = {"recipient": "a", "subject": "b", "sealed": sealing.seal("text", "letter")}
        await connection.execute(insert(letters).values(row))
        await connection.execute(
            insert(profiles).values(id=account_id, totp=sealing.seal("SECRET", "totp"))
        )
        paying = {"name": "stripe", "sealed": sealing.seal("KEY", "payment")}
        await connection.execute(insert(payment_providers).values(paying))
        telling = {"name": "a", "kind": "webhook", "target": "b"}
        telling |= {"sealed": sealing.seal("HOOK", "alert")}
        await connection.execute(insert(alert_receivers).values(telling))
        from waystation.storage.main import signing_keys

        await connection.execute(signing_keys.delete())
    await rotate(store, old, new)
    async with store.read() as connection:
        letter = (await connection.execute(select(letters.c.sealed))).scalar_one()
        totp = (await connection.execute(select(profiles.c.totp))).scalar_one()
        payment = (await connection.execute(select(payment_providers.c.sealed))).scalar_one()
        hook = (await connection.execute(select(alert_receivers.c.sealed))).scalar_one()
    assert Sealing(new).open(letter, "letter") == "text"
    assert Sealing(new).open(payment, "payment") == "KEY"
    assert Sealing(new).open(hook, "alert") == "HOOK"
    assert Sealing(new).open(totp, "totp") == "SECRET"
    assert await Factors(store).is_on(account_id)
    assert "SECRET" not in json.dumps(totp)


@pytest.mark.parametrize(
    "place",
    [
        "log?token_id=-5",
        "log?status=9223372036854775808",
        "log/export?token_id=-1",
        "log?since=0001-01-01T00:00:00Z",
        "tasks?account_id=9223372036854775808",
        "tokens?account_id=-2",
        "audit?actor_id=1000000000000000000000",
        "usage?account_id=-1",
    ],
)
async def test_numbers_out_of_all_bounds(boss: Caller, place: str) -> None:
    """They would cut the connection to the ledger, for everybody."""
    status, told = await boss.say("GET", f"/api/v1/{place}")
    assert status == 400, told


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59"])
async def test_times_out_of_all_bounds(boss: Caller, moment: str) -> None:
    body = {"title": "News", "from_at": moment}
    assert await boss.refused("POST", "/api/v1/announcements", body) == "invalid_value"
    await boss.get("/api/v1/announcements")

"""The calls of this family of relays, in their own shapes."""

from typing import Any

import pytest

from tests.control.conftest import Console
from tests.desk.conftest import Caller


@pytest.fixture
async def script(console: Console, boss: Caller, ada: Caller) -> Caller:
    """ada's access token, without Bearer, as these clients send it."""
    await boss.ok("POST", "/api/v1/groups", {"name": "default"})
    await boss.ok("POST", "/api/v1/groups", {"name": "open", "selectable": True, "rate": "1.5"})
    body = {"name": "demo", "vendor": "demo", "models": ["demo-chat", "x-*"], "groups": ["open"]}
    await boss.ok("POST", "/api/v1/channels", body)
    made = await ada.ok("POST", "/api/v1/access-tokens", {"name": "cli"})
    return Caller(console, {"authorization": made["token"]})


async def done(caller: Caller, method: str, path: str, body: Any = None) -> Any:
    """data of a success."""
    status, told = await caller.say(method, path, body)
    assert (status, told["success"], told["message"]) == (200, True, ""), told
    return told["data"]


BODY = {
    "name": "ci-runner",
    "remain_quota": 2_500_000,
    "expired_time": -1,
    "unlimited_quota": False,
    "model_limits_enabled": True,
    "model_limits": "gpt-4o,gpt-4-gizmo-*",
    "allow_ips": "192.0.2.1\n198.51.100.0/24",
    "group": "default,open",
    "mj_image_mode": "default",
}


async def test_the_life_of_a_token(script: Caller) -> None:
    made = await done(script, "POST", "/api/token/", BODY)
    assert made["key"].startswith("sk-ws")
    (listed,) = await done(script, "GET", "/api/token/?p=0&size=10")
    assert listed["id"] == made["id"]
    assert made["key"] != listed["key"]
    shown = {name: listed[name] for name in BODY if name in listed}
    assert shown == {name: value for name, value in BODY.items() if name in listed}
    assert (listed["status"], listed["used_quota"]) == (1, 0)
    page = await done(script, "GET", "/api/token?page_size=10&p=1")
    assert (page["total"], page["page"], len(page["items"])) == (1, 1, 1)
    for query in ("keyword=CI", f"token={made['key']}"):
        assert len(await done(script, "GET", f"/api/token/search?{query}")) == 1
    changed = {**BODY, "id": made["id"], "name": "renamed", "unlimited_quota": True}
    told = await done(script, "PUT", "/api/token/", changed)
    assert (told["name"], told["unlimited_quota"]) == ("renamed", True)
    off = {"id": made["id"], "status": 2, "name": "not this"}
    told = await done(script, "PUT", "/api/token/?status_only=true", off)
    assert (told["name"], told["status"]) == ("renamed", 2)
    assert (await done(script, "GET", f"/api/token/{made['id']}"))["name"] == "renamed"
    await done(script, "DELETE", f"/api/token/{made['id']}/")
    assert await done(script, "GET", "/api/token/") == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": "x" * 31}, "令牌名称过长"),
        ({"name": "x", "group": "closed"}, "closed"),
        ({"name": "x", "remain_quota": 10**15}, "remain_quota"),
        ({"name": 1}, "str"),
        ({"name": "x", "expired_time": 10**30}, "expired_time"),
    ],
)
async def test_failures_are_told_in_a_200(script: Caller, body: Any, words: str) -> None:
    status, told = await script.say("POST", "/api/token/", body)
    assert (status, told["success"]) == (200, False)
    assert words in told["message"]


async def test_new_api_user_must_be_the_owner(script: Caller, ada: Caller) -> None:
    whose = (await ada.get("/api/v1/me"))["id"]
    status, _ = await script.say("GET", "/api/user/self", None, **{"new-api-user": str(whose)})
    assert status == 200
    status, told = await script.say("GET", "/api/user/self", None, **{"new-api-user": "999"})
    assert (status, told["success"]) == (401, False)


async def test_other_people_s_tokens(console: Console, script: Caller, boss: Caller) -> None:
    made = await boss.ok("POST", "/api/v1/tokens", {"name": "boss's"})
    status, told = await script.say("DELETE", f"/api/token/{made['id']}")
    assert (status, told["success"]) == (200, False)
    mine = await done(script, "POST", "/api/token/", BODY)
    token = await boss.ok("POST", "/api/v1/access-tokens", {"name": "x"})
    operator = Caller(console, {"authorization": token["token"]})
    _, told = await operator.say("DELETE", f"/api/token/{mine['id']}")
    assert told["success"] is False


async def test_the_account(script: Caller) -> None:
    told = await done(script, "GET", "/api/user/self")
    assert (told["username"], told["quota"], told["group"]) == (
        "ada@example.com", 2_500_000, "default",
    )  # fmt: skip
    assert told["request_count"] == 0
    groups = await done(script, "GET", "/api/user/self/groups")
    assert groups["open"] == {"ratio": 1.5, "desc": "open"}
    assert await done(script, "GET", "/api/user/models") == ["demo-chat"]
    assert await done(script, "GET", "/api/log/self") == []


async def test_ratios_and_prices_may_be_for_users_only(
    console: Console, script: Caller, boss: Caller
) -> None:
    price = {"model": "demo-chat", "kinds": {"input": "2.5", "output": "10"}}
    await boss.ok("PUT", "/api/v1/prices", price)
    told = await done(Caller(console), "GET", "/api/ratio_config")
    assert told["model_ratio"]["demo-chat"] == 1.25
    assert told["completion_ratio"]["demo-chat"] == 4.0
    models = await script.get("/api/v1/models")
    offer = next(each for each in models["models"] if each["model"] == "demo-chat")
    assert offer["prices"]["open"] == {"input": "3.75", "output": "15"}
    await boss.ok("PATCH", "/api/v1/channels/1", {"models": ["demo-chat", "demo-c*", "mj_*"]})
    price = {"model": "demo-carol", "kinds": {"input": "3"}}
    await boss.ok("PUT", "/api/v1/prices", price)
    offers = {each["model"]: each for each in (await script.get("/api/v1/models"))["models"]}
    assert offers["demo-carol"]["prices"]["open"]["input"] == "4.5"
    assert offers["demo-carol"]["groups"] == offers["demo-c*"]["groups"]
    assert "demo-image" not in offers
    site = (await boss.get("/api/v1/settings"))["site"] | {"public_pricing": False, "name": "Us"}
    await boss.ok("PUT", "/api/v1/settings/site", site)
    for path in ("/api/ratio_config", "/api/pricing", "/api/v1/models"):
        assert (await Caller(console).say("GET", path))[0] == 401
        assert (await script.say("GET", path))[0] == 200
    assert (await done(Caller(console), "GET", "/api/status"))["system_name"] == "Us"

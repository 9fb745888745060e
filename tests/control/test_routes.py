"""Route × role: what each caller gets at each address, against one declared table."""

import io
import re

import pytest
from pydantic import SecretStr
from starlette.routing import Route

from tests.control.conftest import BOOT, PEER, Console, basic
from tests.identity.rows import change
from waystation.control.app import build_app
from waystation.control.desk.actions import ACTIONS
from waystation.control.docs_site import explorer_page
from waystation.control.routes import ROUTES
from waystation.storage.main import accounts

CALLERS = (
    "anonymous",
    "wrong",
    "token",
    "expired token",
    "disabled token",
    "banned",
    "user",
    "operator",
    "process",
)
A, B = 401, 403
# address → status per caller, in the order of CALLERS. Family calls say most failures in a 200;
# those are marked F: 200 with success false.
F = -200
EXPLORER = 200 if explorer_page.is_built() else 404
EXPECTED: dict[tuple[str, str], tuple[int, ...]] = {
    ("GET", "/"): (200,) * 9,
    ("GET", "/console/{page:path}"): (200,) * 9,
    ("GET", "/account"): (200,) * 9,
    ("GET", "/account/{page:path}"): (200,) * 9,
    ("GET", "/assets/{file}"): (404,) * 9,  # of a name that was not built
    ("GET", "/icon.svg"): (200,) * 9,
    ("GET", "/openapi.json"): (200,) * 9,
    ("GET", "/docs"): (200,) * 9,
    ("GET", "/docs/explorer.js"): (EXPLORER,) * 9,
    ("GET", "/docs/static/{file}"): (404,) * 9,  # of a name that is none
    ("GET", "/docs/{page:path}"): (404,) * 9,
    ("GET", "/llms.txt"): (200,) * 9,
    ("GET", "/metrics"): (A, A, A, A, A, A, B, 200, A),
    ("GET", "/api/status"): (200,) * 9,
    ("GET", "/api/pricing"): (200,) * 9,
    ("GET", "/api/usage/token"): (A, A, 200, 200, A, F, A, A, A),
    ("GET", "/api/log/token"): (A, A, 200, 200, A, F, A, A, A),
    ("GET", "/api/v1/openapi.json"): (200,) * 9,
    ("GET", "/api/v1/artefacts"): (A, A, A, A, A, A, 200, 200, A),
    ("DELETE", "/api/v1/artefacts/{artefact}"): (A, A, A, A, A, A, 404, 404, A),  # nobody's
    ("GET", "/api/token"): (A, A, A, A, A, A, 200, 200, A),
    ("POST", "/api/token"): (A, A, A, A, A, A, F, F, A),  # without a body
    ("PUT", "/api/token"): (A, A, A, A, A, A, F, F, A),
    ("GET", "/api/token/search"): (A, A, A, A, A, A, 200, 200, A),
    ("GET", "/api/token/{token}"): (A, A, A, A, A, A, F, F, A),
    ("DELETE", "/api/token/{token}"): (A, A, A, A, A, A, F, F, A),
    ("GET", "/api/user/self"): (A, A, A, A, A, A, 200, 200, A),
    ("GET", "/api/user/self/groups"): (A, A, A, A, A, A, 200, 200, A),
    ("GET", "/api/user/models"): (A, A, A, A, A, A, 200, 200, A),
    ("GET", "/api/log/self"): (A, A, A, A, A, A, 200, 200, A),
    ("GET", "/api/ratio_config"): (200,) * 9,
    ("POST", "/internal/metrics"): (404, 404, 404, 404, 404, 404, 404, 404, 400),
    ("GET", "/internal/health"): (404, 404, 404, 404, 404, 404, 404, 404, 503),
}


def test_every_route_has_a_row() -> None:
    declared = {(route.method, route.path.rstrip("/") or "/") for route in ROUTES}
    acted = {(action.method, action.path.rstrip("/")) for action in ACTIONS}
    assert declared - acted == set(EXPECTED)
    assert acted <= declared


async def test_each_action_is_for_its_role(console: Console) -> None:
    """The guard alone: what an action does with its inputs is tested with it."""
    callers = await headers_of(console)
    # Signing out comes last, for it ends the session that the other calls are made with.
    for action in sorted(ACTIONS, key=lambda each: each.id == "endSession"):
        path = re.sub(r"\{\w+\}", "0", action.path)
        for caller in CALLERS[:-1]:
            expected = {
                "public": None,
                "token": None,
                "person": None if caller in ("user", "operator") else 401,
                "operator": {"user": 403, "operator": None}.get(caller, 401),
            }[action.role]
            reply = await console.call(action.method, path, callers[caller])
            if expected is not None:
                assert reply.status == expected, (action.id, caller)
                continue
            assert reply.status < 500, (action.id, caller, await reply.text())
            if not path.startswith("/api/v1/") and action.role == "token":
                continue
            if reply.status in (401, 403):
                told = (await reply.json())["error"]["code"]
                assert told not in ("session_required", "operator_only"), (action.id, caller)


def test_the_app_serves_the_table_and_nothing_else(console: Console) -> None:
    app = build_app(console.services)
    served = {
        (method, route.path): route
        for route in app.routes
        if isinstance(route, Route)
        for method in route.methods - {"HEAD"}
    }
    assert len(served) == len(app.routes)
    assert all(("HEAD" in one.methods) == ("GET" in one.methods) for one in served.values())
    assert set(served) == {(route.method, route.path) for route in ROUTES}


async def headers_of(console: Console) -> dict[str, dict[str, str]]:
    """A fresh caller of each kind, as the gateway forwards it."""
    owner = await console.account("owner@example.com")
    banned = await console.account("banned@example.com")
    await console.account("boss@example.com", role="operator")
    _, key = await console.token(owner)
    _, expired = await console.token(owner, "expired", expires_ms=1)
    _, disabled = await console.token(owner, "disabled", enabled=False)
    _, banned_key = await console.token(banned)
    user = await console.sign_in("owner@example.com")
    operator = await console.sign_in("boss@example.com")
    await change(console.store, accounts, banned, enabled=False)
    return {
        "anonymous": {},
        "wrong": {"authorization": "Bearer sk-nobody-has-this-key-0000"},
        "token": {"authorization": f"Bearer {key}"},
        "expired token": {"authorization": f"Bearer {expired}"},
        "disabled token": {"authorization": f"Bearer {disabled}"},
        "banned": {"authorization": f"Bearer {banned_key}"},
        "user": user,
        "operator": operator,
        "process": {"x-waystation-boot": BOOT},
    }


async def test_each_role_gets_what_the_table_says(console: Console) -> None:
    callers = await headers_of(console)
    for (method, path), statuses in EXPECTED.items():
        for caller, expected in zip(CALLERS, statuses, strict=True):
            call = console.direct if caller == "process" else console.call
            for address in addresses(path):
                reply = await call(method, address, callers[caller])
                assert reply.status == abs(expected), (method, address, caller)
                if expected == F:
                    assert (await reply.json())["success"] is False


def addresses(path: str) -> list[str]:
    """Family calls are known with and without the final slash."""
    is_family = path.startswith("/api/") and not path.startswith("/api/v1/")
    return [path, f"{path}/"] if is_family else [path]


async def test_the_boot_id_is_worth_nothing_from_outside(console: Console) -> None:
    """The gateway adds the peer's address to what it forwards."""
    reply = await console.direct("GET", "/internal/health", PEER | {"x-waystation-boot": BOOT})
    assert reply.status == 404


async def test_a_wrong_boot_id_finds_nothing(console: Console) -> None:
    reply = await console.direct("GET", "/internal/health", {"x-waystation-boot": "another"})
    assert reply.status == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": "Bearer scrape-me"}, 200),
        ({"authorization": "bearer  scrape-me"}, 200),
        ({"authorization": "Bearer scrape-you"}, 401),
        ({"authorization": "Bearer "}, 401),
        (basic("boss@example.com"), 200),
        (basic("owner@example.com"), 403),
        (basic("boss@example.com", "wrong"), 401),
        ({"authorization": "Basic %%%"}, 401),
        ({"authorization": "Basic bm9jb2xvbg=="}, 401),
    ],
)
async def test_metrics_ways_in(console: Console, headers: dict[str, str], status: int) -> None:
    await console.account("owner@example.com")
    await console.account("boss@example.com", role="operator")
    reply = await console.call("GET", "/metrics", headers)
    assert reply.status == status
    assert ("www-authenticate" in reply.headers) == (status == 401)


async def test_an_empty_metrics_token_opens_nothing(console: Console) -> None:
    console.services.settings = console.services.settings.model_copy(
        update={"metrics_token": SecretStr("")}
    )
    reply = await console.call("GET", "/metrics", {"authorization": "Bearer "})
    assert reply.status == 401


async def test_unknown_addresses_are_told_in_the_management_shape(console: Console) -> None:
    reply = await console.call("GET", "/api/v1/nothing", {"accept-language": "en"})
    assert reply.status == 404
    error = (await reply.json())["error"]
    assert error["code"] == "unknown_url"
    assert error["request_id"] == "req-42"
    assert "/api/v1/nothing" in error["message"]


async def test_a_wrong_method_names_the_right_one(console: Console) -> None:
    reply = await console.call("PATCH", "/api/v1/session")
    assert reply.status == 405
    assert "POST" in (await reply.json())["error"]["message"]


async def test_a_large_body_is_refused_early(console: Console) -> None:
    reply = await console.call("POST", "/api/v1/session", data=io.BytesIO(b"x" * (2 * 1024 * 1024)))
    assert reply.status == 413
    assert (await reply.json())["error"]["code"] == "request_too_large"

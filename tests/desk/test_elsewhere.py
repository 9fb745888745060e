"""Sign-in by OAuth 2, against a provider on a real socket that checks what it is sent."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp.web
import pytest
from sqlalchemy import insert, select

from tests.control.conftest import PEER, Console
from tests.desk.conftest import Caller, signed_in
from waystation.control.providers import named
from waystation.control.site import SignUp, write_setting
from waystation.storage.main import identities, oauth_flows, sign_in_providers

SECRET = "client secret of ours"


class Provider:
    """Its authorize page is the test itself. kind: how it shows who somebody is."""

    def __init__(self) -> None:
        self.address = ""
        self.user: dict[str, Any] = {"sub": "u-1", "email": "Zoe@Else.example", "name": "Zoe"}
        self.user["email_verified"] = True
        self.challenges: dict[str, str] = {}
        self.asked: list[str] = []
        self.methods = ["client_secret_post"]

    def grant(self, location: str) -> str:
        """What the page would send the browser back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.asked)}-{asked['state'][:8]}"
        self.challenges[code] = asked["code_challenge"]
        return f"code={code}&state={asked['state']}"

    async def answer(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        self.asked.append(request.path)
        if request.path == "/.well-known/openid-configuration":
            told = {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "userinfo_endpoint": f"{self.address}/user",
                "token_endpoint_auth_methods_supported": self.methods,
            }
            return aiohttp.web.json_response(told)
        if request.path == "/token":
            return self._token(request, await request.post())
        if request.headers.get("authorization") != "Bearer their-token":
            return aiohttp.web.json_response({}, status=401)
        if request.path == "/user/emails":
            return aiohttp.web.json_response(
                [
                    {"email": "old@else.example", "primary": False, "verified": True},
                    {"email": "Zoe@Else.example", "primary": True, "verified": True},
                ]
            )
        return aiohttp.web.json_response(self.user)

    def _token(self, request: aiohttp.web.Request, form: Any) -> aiohttp.web.Response:
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        secret = form.get("client_secret")
        if secret is None:
            shown = request.headers["authorization"].removeprefix("Basic ")
            secret = base64.b64decode(shown).decode().partition(":")[2].replace("%20", " ")
        good = self.challenges.pop(form["code"], "") == challenge and secret == SECRET
        if not good:
            return aiohttp.web.json_response({"error": "invalid_grant"}, status=400)
        return aiohttp.web.json_response({"access_token": "their-token", "token_type": "bearer"})


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    made = Provider()
    app = aiohttp.web.Application()
    app.router.add_route("*", "/{path:.*}", made.answer)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    made.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


async def configured(boss: Caller, provider: Provider, **more: Any) -> None:
    body = {
        "name": "else",
        "title": "Elsewhere",
        "kind": "oidc",
        "client_id": "us",
        "client_secret": SECRET,
        "issuer": provider.address,
        "allow_private": True,
    }
    made = await boss.ok("POST", "/api/v1/sign-in-providers", body | more)
    assert made["has_secret"]
    assert SECRET not in repr(made)


async def opened(console: Console, **more: Any) -> None:
    async with console.store.write() as connection:
        await write_setting(connection, SignUp(**{"mode": "open"} | more))


async def go(
    console: Console, provider: Provider, query: str = "", grant: str | None = None
) -> tuple[str, str]:
    """There and back: (where to, the session's cookie)."""
    path = f"/api/v1/sign-in/else{query}"
    began = await console.direct("GET", path, PEER, allow_redirects=False)
    assert began.status == 302, await began.text()
    cookie = began.cookies["waystation_flow"]
    assert cookie["httponly"]
    back = grant or provider.grant(began.headers["location"])
    headers = PEER | {"cookie": f"waystation_flow={cookie.value}"}
    done = await console.direct(
        "GET", f"/api/v1/sign-in/else/callback?{back}", headers, allow_redirects=False
    )
    assert done.status == 302
    session = done.cookies.get("waystation_session")
    return done.headers["location"], session.value if session else ""


def browser(console: Console, session: str) -> Caller:
    return Caller(console, {"cookie": f"waystation_session={session}"})


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
async def test_somebody_new_becomes_an_account(
    console: Console, boss: Caller, provider: Provider, method: str
) -> None:
    provider.methods = [method]
    await configured(boss, provider)
    await opened(console, credit="1")
    where, session = await go(console, provider, "?return_to=/tokens")
    assert where == "/tokens"
    me = await browser(console, session).get("/api/v1/me")
    assert (me["email"], me["name"], me["balance"]) == ("zoe@else.example", "Zoe", "1")
    assert me["has_password"] is False
    _, again = await go(console, provider)
    assert (await browser(console, again).get("/api/v1/me"))["id"] == me["id"]
    options = (await Caller(console).get("/api/v1/site"))["providers"]
    assert options == [{"name": "else", "title": "Elsewhere", "kind": "oidc"}]


async def test_two_callbacks_at_once(both: Console, provider: Provider) -> None:
    """Of one person who is new: one account, and both are signed in."""
    boss = await signed_in(both, "boss@example.com", role="operator")
    await configured(boss, provider)
    await opened(both)
    for email in ("zoe@else.example", ""):  # with an address, and known by the subject alone
        provider.user |= {"sub": f"u-{email}", "email": email}
        for _ in range(3):
            ways = await asyncio.gather(*(go(both, provider) for _ in range(4)))
            assert {where for where, _ in ways} == {"/"}
            ids = {(await browser(both, each).get("/api/v1/me"))["id"] for _, each in ways}
            assert len(ids) == 1


async def test_github_tells_its_addresses_apart(
    console: Console, boss: Caller, provider: Provider
) -> None:
    provider.user = {"id": 4711, "login": "zoe", "name": None, "email": "fake@else.example"}
    places = {
        f"{name}_url": f"{provider.address}{path}"
        for name, path in (("authorize", "/authorize"), ("token", "/token"), ("userinfo", "/user"))
    }
    await configured(boss, provider, kind="github", issuer="", **places)
    await opened(console)
    _, session = await go(console, provider)
    me = await browser(console, session).get("/api/v1/me")
    assert (me["email"], me["name"]) == ("zoe@else.example", "zoe")


async def test_who_moved_in_under_a_name_at_github_is_known_by_the_number_from_then_on(
    console: Console, boss: Caller, provider: Provider
) -> None:
    places = {
        f"{name}_url": f"{provider.address}{path}"
        for name, path in (("authorize", "/authorize"), ("token", "/token"), ("userinfo", "/user"))
    }
    await configured(boss, provider, kind="github", issuer="", **places)
    account_id = await console.account("old@imported.invalid")
    async with console.store.write() as connection:
        values = {"provider_id": 1, "subject": named("Zoe"), "account_id": account_id}
        await connection.execute(insert(identities).values(values))
    provider.user = {"id": 4711, "login": "ZOE", "name": None}
    _, session = await go(console, provider)
    me = await browser(console, session).get("/api/v1/me")
    assert me["email"] == "old@imported.invalid"
    # The name has passed on to somebody else.
    provider.user = {"id": 4712, "login": "zoe", "name": None}
    assert await go(console, provider) == ("/account/sign-in#error=registration_closed", "")
    provider.user = {"id": 4711, "login": "anew", "name": None}
    _, session = await go(console, provider)
    me = await browser(console, session).get("/api/v1/me")
    assert me["email"] == "old@imported.invalid"


async def test_an_address_that_is_not_verified_is_not_believed(
    console: Console, boss: Caller, provider: Provider
) -> None:
    provider.user["email_verified"] = False
    await configured(boss, provider)
    await opened(console)
    await console.account("zoe@else.example")
    _, session = await go(console, provider)
    me = await browser(console, session).get("/api/v1/me")
    assert me["email"] == "else-u-1@users.invalid"


async def test_an_account_is_not_taken_over_by_its_address(
    console: Console, boss: Caller, provider: Provider
) -> None:
    await configured(boss, provider)
    await opened(console)
    await console.account("zoe@else.example")
    assert await go(console, provider) == ("/account/sign-in#error=already_exists", "")


async def test_an_identity_is_added_by_who_is_signed_in(
    console: Console, boss: Caller, ada: Caller, provider: Provider
) -> None:
    await configured(boss, provider)
    reply = await console.call("POST", "/api/v1/me/identities/else", ada.headers)
    url = (await reply.json())["url"]
    headers = PEER | {"cookie": f"waystation_flow={reply.cookies['waystation_flow'].value}"}
    back = f"/api/v1/sign-in/else/callback?{provider.grant(url)}"
    done = await console.direct("GET", back, headers, allow_redirects=False)
    assert done.headers["location"] == "/account"
    (identity,) = (await ada.get("/api/v1/me/identities"))["data"]
    assert identity["email"] == "Zoe@Else.example"
    _, session = await go(console, provider)
    assert (await browser(console, session).get("/api/v1/me"))["email"] == "ada@example.com"
    await ada.ok("DELETE", "/api/v1/me/identities/else")
    assert await ada.refused("DELETE", "/api/v1/me/identities/else") == "not_found"


async def test_the_only_way_in_stays(console: Console, boss: Caller, provider: Provider) -> None:
    await configured(boss, provider)
    await opened(console)
    _, session = await go(console, provider)
    zoe = browser(console, session)
    word = (await zoe.get("/api/v1/session"))["csrf_token"]
    code = await zoe.refused("DELETE", "/api/v1/me/identities/else", None, **{"x-csrf-token": word})
    assert code == "conflict"


@pytest.mark.parametrize(
    ("grant", "error"),
    [
        ("code=x&state=forged", "link_invalid"),
        ("error=access_denied&state=forged", "link_invalid"),
    ],
)
async def test_a_state_of_nobody_s(
    console: Console, boss: Caller, provider: Provider, grant: str, error: str
) -> None:
    await configured(boss, provider)
    await opened(console)
    assert await go(console, provider, grant=grant) == (f"/account/sign-in#error={error}", "")


async def test_a_flow_belongs_to_its_browser_and_opens_once(
    console: Console, boss: Caller, provider: Provider
) -> None:
    await configured(boss, provider)
    await opened(console)
    began = await console.direct("GET", "/api/v1/sign-in/else", PEER, allow_redirects=False)
    back = f"/api/v1/sign-in/else/callback?{provider.grant(began.headers['location'])}"
    foreign = await console.direct("GET", back, PEER, allow_redirects=False)
    assert foreign.headers["location"].endswith("#error=link_invalid")
    headers = PEER | {"cookie": f"waystation_flow={began.cookies['waystation_flow'].value}"}
    late = await console.direct("GET", back, headers, allow_redirects=False)
    assert late.headers["location"].endswith("#error=link_invalid")


async def test_closed_is_closed_here_too(
    console: Console, boss: Caller, provider: Provider
) -> None:
    await configured(boss, provider)
    where, session = await go(console, provider)
    assert (where, session) == ("/account/sign-in#error=registration_closed", "")
    await opened(console, mode="invited")
    await boss.ok("POST", "/api/v1/groups", {"name": "friends"})
    made = await boss.ok("POST", "/api/v1/invitations", {"group": "friends"})
    _, session = await go(console, provider, f"?invitation={made['code']}")
    assert (await browser(console, session).get("/api/v1/me"))["group"] == "friends"


@pytest.mark.parametrize("page", ["//evil.example", "https://evil.example", "/\\evil.example"])
async def test_it_leads_nowhere_else(
    console: Console, boss: Caller, provider: Provider, page: str
) -> None:
    await configured(boss, provider)
    await opened(console)
    where, _ = await go(console, provider, f"?return_to={page}")
    assert where == "/"


async def test_a_provider_that_fails(console: Console, boss: Caller, provider: Provider) -> None:
    await configured(boss, provider, client_secret="wrong")
    await opened(console)
    where, _ = await go(console, provider)
    assert where == "/account/sign-in#error=provider_failed"
    await boss.ok("PATCH", "/api/v1/sign-in-providers/1", {"allow_private": False})
    caller = Caller(console)
    assert await caller.refused("GET", "/api/v1/sign-in/else") == "provider_failed"
    assert await caller.refused("GET", "/api/v1/sign-in/nobody") == "not_found"


async def test_secrets_are_sealed(console: Console, boss: Caller, provider: Provider) -> None:
    await configured(boss, provider)
    await console.direct("GET", "/api/v1/sign-in/else", PEER, allow_redirects=False)
    async with console.store.read() as connection:
        row = (await connection.execute(select(sign_in_providers))).one()
        flow = (await connection.execute(select(oauth_flows))).one()
    assert SECRET not in repr(row)
    assert row.sealed.startswith("v1.")
    assert flow.sealed.startswith("v1.")
    lines = await boss.get("/api/v1/audit?kind=sign-in provider")
    assert SECRET not in repr(lines)
    await boss.ok("DELETE", "/api/v1/sign-in-providers/1")

"""The console's API through the public port of a whole server: what is changed counts at once."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest

from tests.cli.serving import Serving, environment, told

FOLLOWS_SECONDS_MAX = 10.0


class Browser:
    """Keeps the cookie, says the word."""

    def __init__(self, serving: Serving) -> None:
        self.base = serving.base
        self.headers = {"origin": serving.base, "content-type": "application/json"}

    def say(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, self.headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                kept = reply.headers.get("set-cookie")
                if kept and method == "POST":
                    (cookie,) = SimpleCookie(kept).values()
                    self.headers["cookie"] = f"{cookie.key}={cookie.value}"
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        status, text = self.say(method, path, body)
        assert status < 300, (status, text)
        return json.loads(text) if text else None


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    made = Serving(tmp_path_factory.mktemp("served"))
    try:
        made.wait_ready()
        made.wait_for(lambda: "curl" in made.out.read_text())
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def boss(serving: Serving) -> Browser:
    made = Browser(serving)
    login = {"email": told(serving, "Operator login"), "password": told(serving, "Password")}
    begun = made.ok("POST", "/api/v1/session", {**login, "cookie": True})
    made.headers["x-csrf-token"] = begun["csrf_token"]
    return made


def chat(serving: Serving, key: str, model: str) -> tuple[int, Any]:
    body = {"model": model, "messages": [{"role": "user", "content": "Hello"}]}
    headers = {"authorization": f"Bearer {key}"}
    status, read, _ = serving.call("/v1/chat/completions", body, headers)
    return status, read


def until(holds: Any) -> None:
    deadline = time.monotonic() + FOLLOWS_SECONDS_MAX
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_from_a_channel_to_a_refund(serving: Serving, boss: Browser) -> None:
    boss.ok("POST", "/api/v1/groups", {"name": "paid", "rate": "2", "selectable": True})
    channel = {"name": "mine", "vendor": "demo", "models": ["demo-paid"], "groups": ["paid"]}
    made = boss.ok("POST", "/api/v1/channels", channel)
    price = {"model": "demo-paid", "kinds": {"per_call": "0.25"}}
    boss.ok("PUT", "/api/v1/prices", price)
    me = boss.ok("GET", "/api/v1/me")
    boss.ok("POST", f"/api/v1/accounts/{me['id']}/transfers", {"amount": "10"})
    token = boss.ok("POST", "/api/v1/tokens", {"name": "mine", "groups": ["paid"]})

    def newest() -> Any:
        """The channel is known before its price: what nobody has priced is free on a demo."""
        chat(serving, token["key"], "demo-paid")
        rows = boss.ok("GET", "/api/v1/log?model=demo-paid&outcome=ok")["data"]
        return rows[0] if rows else {"charge": "0"}

    until(lambda: newest()["charge"] != "0")
    row = newest()
    assert (row["charge"], row["rate"], row["group"]) == ("0.5", "2", "paid")
    assert row["formula"] == [{"kind": "call", "count": 1, "price": "0.25"}]
    refunded = boss.ok("POST", f"/api/v1/log/{row['request_id']}/refund", {})
    assert refunded["amount"] == "0.5"
    status, text = boss.say("GET", "/api/v1/log/export?format=jsonl&model=demo-paid&outcome=ok")
    assert status == 200
    assert json.loads(text.splitlines()[0])["request_id"] == row["request_id"]

    boss.ok("PATCH", f"/api/v1/channels/{made['id']}", {"enabled": False})
    until(lambda: chat(serving, token["key"], "demo-paid")[0] == 404)
    boss.ok("PATCH", f"/api/v1/tokens/{token['id']}", {"enabled": False})
    until(lambda: chat(serving, token["key"], "demo-paid")[0] == 401)


def test_payments_are_told_through_the_public_port(serving: Serving, boss: Browser) -> None:
    """Nobody signs in there: what is not signed gets nowhere, and the books stay clean."""
    provider = Browser(serving)
    provider.headers = {"content-type": "application/x-www-form-urlencoded"}
    for method, path in (("POST", "stripe"), ("GET", "easypay"), ("POST", "easypay")):
        assert provider.say(method, f"/api/v1/top-ups/{path}")[0] == 404
    secrets = {"key": "k" * 16, "merchant": "1001", "base_url": "https://pay.example"}
    boss.ok("PATCH", "/api/v1/settings/payment-providers/easypay", secrets)
    for method in ("GET", "POST"):
        forged = provider.say(method, "/api/v1/top-ups/easypay?pid=1001&money=1&sign=0")
        assert forged == (400, "fail: the sign is wrong")
    me = boss.ok("GET", "/api/v1/me")
    paid = {"account_id": me["id"], "amount": "70", "credit": "10"}
    made = boss.ok("POST", "/api/v1/top-ups", paid)
    assert boss.ok("GET", f"/api/v1/me/top-ups/{made['number']}")["state"] == "paid"
    moved = boss.ok("GET", "/api/v1/wallet")["data"]
    assert [each["amount"] for each in moved if made["number"] in each["note"]] == ["10"]
    command = [sys.executable, "-m", "waystation", "audit", "--json", "--data"]
    folder = str(serving.out.parent / "data")
    done = subprocess.run(
        [*command, folder], env=environment(), capture_output=True, check=True, timeout=60
    )
    assert json.loads(done.stdout)["clean"] is True


def test_the_live_state_of_channels_is_told(serving: Serving, boss: Browser) -> None:
    def live() -> bool:
        listed = boss.ok("GET", "/api/v1/channels?search=demo")["data"]
        return [each["state"] for each in listed] == ["live"]

    until(live)


def test_another_site_s_page_gets_nowhere(serving: Serving, boss: Browser) -> None:
    foreign = Browser(serving)
    foreign.headers |= {**boss.headers, "origin": "https://evil.example"}
    status, text = foreign.say("POST", "/api/v1/tokens", {"name": "x"})
    assert (status, json.loads(text)["error"]["code"]) == (403, "csrf_failed")


def test_signed_out_is_out(serving: Serving, boss: Browser) -> None:
    other = Browser(serving)
    login = {"email": told(serving, "Operator login"), "password": told(serving, "Password")}
    begun = other.ok("POST", "/api/v1/session", {**login, "cookie": True})
    other.headers["x-csrf-token"] = begun["csrf_token"]
    other.ok("DELETE", "/api/v1/session")
    assert other.say("GET", "/api/v1/me")[0] == 401
    assert boss.say("GET", "/api/v1/me")[0] == 200

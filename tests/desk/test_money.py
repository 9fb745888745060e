"""Tokens, accounts, codes, the log and its export, refunds: whose they are, and exact."""

import asyncio
import csv
import io
import json
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.control.conftest import Console
from tests.desk.conftest import Caller, signed_in
from tests.ledger.scene import facts, hold, row
from waystation.control.first_tokens import recall_first_tokens
from waystation.identity.keys import digest
from waystation.journal.metrics import FAMILIES, FIRST_TOKEN, Buckets, Delta
from waystation.journal.row import AttemptRow
from waystation.kernel.clock import now_ms
from waystation.ledger.messages import Admitted, Resolve
from waystation.storage.main import accounts, redemption_codes, tokens


async def group(console: Console, boss: Caller, name: str = "default", **more: Any) -> None:
    await boss.ok("POST", "/api/v1/groups", {"name": name, **more})


async def request(console: Console, name: str, account: int, token: int, **more: Any) -> None:
    """One request that was charged 1,000,000 nanos, or failed."""
    about = facts(
        request_id=name,
        account_id=account,
        token_id=token,
        created_ms=now_ms(),
        token_name=more.pop("token_name", "laptop"),
        model=more.pop("model", "gpt-4o"),
        stream=more.pop("stream", False),
    )
    made = hold(f"hold-{name}", 10**6, account=account, token=token, facts=about)
    assert isinstance(await console.ledger.admit(made), Admitted)
    nanos = 0 if more.get("code") else 10**6
    parts = b"" if more.get("code") else b'[["input_fresh",400,"2.5"]]'
    told = row(made, nanos=nanos, cost_nanos=nanos // 2, parts=parts, **more)
    kind = "post" if nanos else "void"
    await console.ledger.settle(Resolve(made.id, kind, nanos, True, 100, told))


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


async def logged(console: Console) -> tuple[Caller, Caller, Caller, int]:
    """boss, ada with two requests of hers, eve with one; ada's id."""
    boss = await signed_in(console, "boss@example.com", role="operator")
    ada = await signed_in(console, "ada@example.com", nanos=10**9)
    eve = await signed_in(console, "eve@example.com", nanos=10**9)
    whose, other = (await ada.get("/api/v1/me"))["id"], (await eve.get("/api/v1/me"))["id"]
    token, _ = await console.token(whose)
    theirs, _ = await console.token(other, "eves")
    await request(console, "req-1", whose, token)
    failed: dict[str, Any] = {"status": 502, "end": "failed", "code": "upstream_error"}
    await request(console, "req-2", whose, token, reason="it broke", **failed)
    await request(console, "req-3", other, theirs, token_name="=cmd|'/c calc'!A1")
    return boss, ada, eve, whose


async def test_the_log_shows_each_charge_s_formula(console: Console) -> None:
    boss, ada, eve, whose = await logged(console)
    page = await ada.get("/api/v1/log")
    assert [each["request_id"] for each in page["data"]] == ["req-2", "req-1"]
    failed, charged = page["data"]
    assert (failed["charge"], failed["code"], failed["reason"]) == (
        "0", "upstream_error", "it broke",
    )  # fmt: skip
    assert charged["charge"] == "0.001"
    assert charged["formula"] == [{"kind": "input_fresh", "count": 400, "price": "2.5"}]
    assert charged["cost"] is None
    assert charged["channel_id"] is None
    assert (await ada.get(f"/api/v1/log?account_id={whose + 1}"))["data"] == page["data"]
    everything = (await boss.get("/api/v1/log"))["data"]
    assert [each["request_id"] for each in everything] == ["req-3", "req-2", "req-1"]
    assert everything[0]["margin"] == "0.0005"
    assert (await boss.get("/api/v1/log?mine=true"))["data"] == []
    for query, found in (
        (f"account_id={whose}", 2),
        ("outcome=failed", 1),
        ("status=502", 1),
        ("request_id=req-3", 1),
        ("model=gpt-4o", 3),
        ("since=2100-01-01T00:00:00Z", 0),
        ("until=2020-01-01T00:00:00Z", 0),
    ):
        assert len((await boss.get(f"/api/v1/log?{query}"))["data"]) == found, query
    first = await boss.get("/api/v1/log?limit=2")
    rest = await boss.get(f"/api/v1/log?limit=2&cursor={first['next_cursor']}")
    assert [each["request_id"] for each in rest["data"]] == ["req-1"]
    detail = await ada.get("/api/v1/log/req-1")
    assert [each["kind"] for each in detail["transfers"]] == ["pending", "post"]
    assert await eve.refused("GET", "/api/v1/log/req-1") == "not_found"


async def test_exports(console: Console) -> None:
    boss, ada, _, _ = await logged(console)
    _, text = await boss.say("GET", "/api/v1/log/export?format=csv")
    lines = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [line["request_id"] for line in lines] == ["req-3", "req-2", "req-1"]
    assert lines[0]["token_name"].startswith("'=")  # no formula for a spreadsheet
    assert lines[2]["formula"] == "400 input_fresh × 2.5"
    _, text = await ada.say("GET", "/api/v1/log/export?format=jsonl")
    rows = [json.loads(line) for line in text.splitlines()]
    assert [each["request_id"] for each in rows] == ["req-2", "req-1"]
    _, text = await ada.say("GET", "/api/v1/log/export")
    assert "margin" not in text.splitlines()[0]


async def test_first_token_times_outlive_a_restart(console: Console) -> None:
    """They are read from the request log."""
    boss, _, _, whose = await logged(console)
    token, _ = await console.token(whose, "streams")
    tried = (AttemptRow(3, "north", 1, "default", "gpt-4o", "answered", 200),)
    for number in range(4):
        waited: dict[str, Any] = {"attempts": tried, "first_millis": 600 + number, "stream": True}
        await request(console, f"wait-{number}", whose, token, **waited)
    # As it is after a restart, not a stream, and one that ended before its first token.
    await request(console, "whole", whose, token, attempts=tried, first_millis=9000)
    await request(console, "none", whose, token, attempts=tried, stream=True)
    assert (await boss.get("/api/v1/usage?by=model"))["data"][0]["first_token_ms"] is None
    await asyncio.sleep(0.002)  # the last one's millisecond is over
    await recall_first_tokens(console.services.aggregate, console.ledger)
    (line,) = (await boss.get("/api/v1/usage?by=model"))["data"]
    assert line["first_token_ms"] == 750  # the middle of what is above 0.5 s and up to 1 s


async def test_refunds_happen_once(console: Console) -> None:
    boss, ada, _, _ = await logged(console)
    assert (await ada.get("/api/v1/me"))["balance"] == "0.999"
    path = "/api/v1/log/req-1/refund"
    assert await ada.refused("POST", path, {}) == "operator_only"
    assert await boss.refused("POST", path, {"amount": "0.002"}) == "invalid_value"
    assert await boss.refused("POST", "/api/v1/log/req-2/refund", {}) == "invalid_value"
    told = await boss.ok("POST", path, {"note": "sorry"})
    assert told == {"request_id": "req-1", "amount": "0.001"}
    assert await boss.refused("POST", path, {}) == "conflict"
    assert (await ada.get("/api/v1/me"))["balance"] == "1"
    (line, _) = (await ada.get("/api/v1/wallet"))["data"]
    assert (line["kind"], line["amount"], line["note"]) == ("refund", "0.001", "sorry")
    detail = await ada.get("/api/v1/log/req-1")
    assert [each["kind"] for each in detail["transfers"]] == ["pending", "post", "refund"]


async def test_sums(console: Console) -> None:
    boss, ada, _, whose = await logged(console)
    mine = (await ada.get("/api/v1/usage?by=model"))["data"]
    assert [(e["key"], e["requests"], e["failures"], e["charge"]) for e in mine] == [
        ("gpt-4o", 2, 1, "0.001")
    ]
    assert mine[0]["cost"] is None
    house = (await boss.get("/api/v1/usage?by=model"))["data"]
    assert (house[0]["requests"], house[0]["cost"]) == (3, "0.001")
    for by in ("hour", "day", "group", "channel"):
        (line,) = (await boss.get(f"/api/v1/usage?by={by}"))["data"]
        assert line["requests"] == 3, by
    assert len((await boss.get(f"/api/v1/usage?by=token&account_id={whose}"))["data"]) == 1
    assert house[0]["first_token_ms"] is None
    labels = [("north", "default", "gpt-4o")]
    counts = tuple(4 if bound == 1.0 else 0 for bound in (*FAMILIES[FIRST_TOKEN].bounds, 0))
    waited = tuple(Buckets(FIRST_TOKEN, each, counts, 3.0) for each in labels)
    console.services.aggregate.take(Delta("gateway-0", histograms=waited))
    (line,) = (await boss.get("/api/v1/usage?by=model"))["data"]
    assert line["first_token_ms"] == 750  # the middle of what is above 0.5 s and up to 1 s
    assert await boss.refused("GET", "/api/v1/usage?by=token") == "invalid_value"
    assert await ada.refused("GET", "/api/v1/usage?by=channel") == "invalid_value"
    assert await ada.refused("GET", "/api/v1/usage?since=2020-01-01T00:00:00Z") == "invalid_value"
    board = await ada.get("/api/v1/dashboard")
    assert (board["balance"], board["spent"]) == ("0.999", "0.001")
    assert (board["today"]["requests"], board["month"]["charge"]) == (2, "0.001")
    assert board["models"][0]["key"] == "gpt-4o"


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

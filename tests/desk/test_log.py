"""The log and its export, refunds and sums: whose they are, and exact."""

import asyncio
import csv
import io
import json
from typing import Any

from tests.control.conftest import Console
from tests.desk.charged import request
from tests.desk.conftest import Caller, signed_in
from waystation.control.first_tokens import recall_first_tokens
from waystation.journal.metrics import FAMILIES, FIRST_TOKEN, Buckets, Delta
from waystation.journal.row import AttemptRow


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

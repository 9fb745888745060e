"""What a balance, a budget and a limit do to a request, on the wire."""

import asyncio
import json
import threading
from typing import Any

import pytest

from tests.relay.conftest import Begin
from tests.relay.usages import EXACT, usage
from tests.support.gateway import (
    CHAT,
    INPUT_NANOS,
    KEY,
    OUTPUT_NANOS,
    Station,
    body,
    channel,
    document,
    token,
)
from tests.support.rogue import Rogue
from tests.support.script import STALL, Gate, chat, chat_frames, stream
from tests.support.wire import Wire

USD = 1_000_000_000


# ---- balance --------------------------------------------------------------------------------


async def test_twenty_cents_complete_a_stream_of_five_cents_with_a_limit_of_32000(
    begin: Begin, rogue: Rogue
) -> None:
    dear = {"model": "dear", "input": "10", "output": "50"}
    up = channel("up", rogue.url, models=["dear"])
    station = await begin(document([up], credit="0.20", prices=[dear]))
    words = [" some more words of a long answer," for _ in range(125)]
    rogue.answer(stream(chat_frames(words, usage=usage(9, 998))))
    got = await station.chat(model="dear", stream=True, max_tokens=32_000)
    assert got.status == 200
    assert got.events[-1] == b"[DONE]"
    row = await station.row(got.request_id)
    assert (row.end, row.exact, row.nanos) == ("complete", True, 9 * 10_000 + 998 * 50_000)
    assert rogue.seen[0].json()["max_tokens"] == 32_000, "streams are not clamped but extended"


async def test_a_whole_answer_is_clamped_to_the_balance(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([channel("up", rogue.url)], credit="0.0005"))
    got = await station.chat(max_tokens=4_000)
    assert got.status == 200
    limit = int(got.headers["x-waystation-output-limit"])
    assert 16 <= limit < 250
    assert rogue.seen[0].json()["max_tokens"] == limit
    within = await station.chat(max_tokens=20)
    assert "x-waystation-output-limit" not in within.headers
    assert rogue.seen[1].json()["max_tokens"] == 20


async def test_below_the_floor_is_402(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([channel("up", rogue.url)], credit="0.00005"))
    for streamed in (False, True):
        got = await station.chat(stream=streamed, max_tokens=4_000)
        assert (got.status, got.error["code"]) == (402, "insufficient_user_quota")
        assert got.error["type"] == "insufficient_quota"
        assert "0.00005" in got.error["message"], "what is available"
        row = await station.row(got.request_id)
        assert (row.end, row.status, row.nanos) == ("refused", 402, 0)
    assert not rogue.seen


async def test_a_stream_is_extended_as_it_goes(begin: Begin, rogue: Rogue) -> None:
    station = await begin(stream_hold_tokens=16)
    words = [f" word {number} of a long line," for number in range(60)]
    rogue.answer(stream(chat_frames(words, usage=usage(20, 420)), gap_seconds=0.002))
    got = await station.chat(stream=True)
    await station.settled()
    told = (await station.request("GET", f"/v1/generation?id={got.request_id}")).json()["data"]
    kinds = [one["kind"] for one in told["transfers"]]
    assert kinds[0] == "pending"
    assert kinds[-1] == "post"
    assert kinds.count("extend") >= 5
    assert told["cost_nanos"] == str(20 * INPUT_NANOS + 420 * OUTPUT_NANOS)


async def test_a_refused_extension_ends_the_stream_in_dialect_and_posts_what_was_metered(
    begin: Begin, rogue: Rogue
) -> None:
    credit = 300_000
    what = document([channel("up", rogue.url)], credit="0.0003")
    station = await begin(what, stream_hold_tokens=16)
    words = [f" word number {number}" for number in range(400)]
    frames = chat_frames(words)[:401]
    rogue.answer(stream(frames, done=False, end=(STALL,), gap_seconds=0.002))
    got = await station.chat(stream=True)
    assert got.status == 200
    last = json.loads(got.events[-1])["error"]
    assert last["code"] == "insufficient_user_quota"
    assert b"[DONE]" not in got.body
    assert 20 < len(got.events) < 300
    row = await station.row(got.request_id)
    assert (row.end, row.exact, row.loss_nanos) == ("balance", False, 0)
    assert 0.6 * credit < row.nanos <= credit
    assert (await station.account()).balance == credit - row.nanos
    await rogue.until(lambda: rogue.links[0].closed_at)


async def test_one_large_piece_beyond_the_balance_ends_the_stream_at_once(
    begin: Begin, rogue: Rogue
) -> None:
    what = document([channel("up", rogue.url)], credit="0.0003")
    station = await begin(what, stream_hold_tokens=16)
    frames = chat_frames([" many words" * 2_000])[:2]
    rogue.answer(stream(frames, done=False, end=(STALL,)))
    got = await station.chat(stream=True)
    assert json.loads(got.events[-1])["error"]["code"] == "insufficient_user_quota"
    row = await station.row(got.request_id)
    assert (row.end, row.exact) == ("balance", False)
    assert 0 < row.nanos <= 300_000


async def test_exact_usage_beyond_the_balance_is_a_loss_of_the_house(
    begin: Begin, rogue: Rogue
) -> None:
    station = await begin(document([channel("up", rogue.url)], credit="0.0005"))
    rogue.answer(chat(usage=usage(9, 600)))
    got = await station.chat()
    assert got.status == 200
    row = await station.row(got.request_id)
    assert row.nanos + row.loss_nanos == 9 * INPUT_NANOS + 600 * OUTPUT_NANOS
    assert row.nanos == 500_000, "as far as it goes"
    assert (await station.account()).balance == 0


async def test_an_empty_answer_is_charged_if_tokens_are_told_and_free_if_not(
    station: Station,
) -> None:
    station.rogue.answer(chat(text="", usage=usage(9, 5)))
    got = await station.chat()
    assert (await station.row(got.request_id)).nanos == 9 * INPUT_NANOS + 5 * OUTPUT_NANOS
    station.rogue.answer(chat(text="", usage=usage(9, 0)))
    got = await station.chat()
    assert got.status == 200
    assert (await station.row(got.request_id)).nanos == 0


async def test_the_rate_of_the_group_that_served(begin: Begin, rogue: Rogue) -> None:
    groups = [{"name": "dear", "rate": "3"}, {"name": "cheap", "rate": "0.5"}]
    channels = [
        channel("one", f"{rogue.url}/one", groups=["dear"]),
        channel("two", f"{rogue.url}/two", groups=["cheap"]),
    ]
    tokens = [token(groups=["dear", "cheap"])]
    station = await begin(document(channels, groups=groups, tokens=tokens))
    assert (await station.row((await station.chat()).request_id)).nanos == EXACT * 3
    rogue.on("/one/v1/chat/completions", rogue.error(500))
    row = await station.row((await station.chat()).request_id)
    assert (row.nanos, row.group, row.rate) == (EXACT // 2, "cheap", "0.5")
    assert [one.group for one in row.attempts] == ["dear", "cheap"]


# ---- repeats --------------------------------------------------------------------------------


async def test_idempotency_keys(station: Station) -> None:
    rogue, key = station.rogue, {"idempotency-key": "order-17"}
    gate = threading.Event()
    rogue.queue((Gate(gate), *chat()))
    running = asyncio.create_task(station.chat(headers=key))
    await rogue.until(lambda: rogue.seen)
    got = await station.chat(headers=key)
    assert (got.status, got.error["code"]) == (409, "idempotency_in_progress")
    gate.set()
    first = await running
    assert first.status == 200
    await station.settled()
    got = await station.chat(headers=key)
    assert (got.status, got.error["code"]) == (409, "idempotency_replayed")
    assert first.request_id in got.error["message"]
    got = await station.chat(headers=key, max_tokens=7)
    assert (got.status, got.error["code"]) == (422, "idempotency_key_reused")
    assert len(rogue.seen) == 1
    assert (await station.account()).spent == EXACT
    assert (await station.chat(headers={"idempotency-key": "order-18"})).status == 200


async def test_a_failed_request_may_be_repeated_under_its_key(station: Station) -> None:
    station.rogue.queue(station.rogue.error(400))
    key = {"idempotency-key": "again"}
    assert (await station.chat(headers=key)).status == 400
    await station.settled()
    assert (await station.chat(headers=key)).status in (200, 409)


# ---- streams that tell of themselves ---------------------------------------------------------


MANY = " word" * 1_500


def _claude(text: str, *more: dict[str, Any]) -> list[bytes]:
    """A stream that begins with a usage of a token, as Claude's do."""
    usage = {"input_tokens": 9, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "up",
               "content": [], "stop_reason": None, "usage": usage}  # fmt: skip
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        *more,
    ]
    return [f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in events]


def _gemini(count: int) -> list[bytes]:
    """A stream that tells in each piece what it has come to."""
    return [
        b"data: " + json.dumps({
            "candidates": [{"content": {"role": "model", "parts": [{"text": "x"}]}, "index": 0}],
            "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 100 * n},
        }).encode() + b"\n\n"
        for n in range(1, count)
    ]  # fmt: skip


@pytest.mark.parametrize("path", [CHAT, "/v1/messages"])
async def test_a_claude_stream_that_is_cut_is_paid_for_what_came(
    begin: Begin, rogue: Rogue, path: str
) -> None:
    """Not for the token that its beginning tells of."""
    station = await begin(document([channel("up", rogue.url, vendor="anthropic")]))
    rogue.answer(stream(_claude(MANY), done=False, end=(STALL,)))
    wire = await Wire.open(station.port)
    await wire.send("POST", path, body(stream=True, max_tokens=4_000), KEY)
    assert await wire.read_head() == 200
    while MANY.encode() not in await wire.piece():
        pass
    await wire.close()
    row = await station.row(wire.headers["x-request-id"])
    assert (row.end, row.exact) == ("client_gone", False)
    assert row.input_tokens == 9
    assert row.output_tokens > 1_000


@pytest.mark.parametrize("path", [CHAT, "/v1/messages"])
@pytest.mark.parametrize("vendor", ["anthropic", "gemini"])
async def test_a_balance_ends_streams_of_every_kind(
    begin: Begin, rogue: Rogue, vendor: str, path: str
) -> None:
    """Whether they tell of their length at the end, or all the time."""
    up = channel("up", rogue.url, vendor=vendor)
    station = await begin(document([up], credit="0.0003"), stream_hold_tokens=16)
    frames = _claude(MANY) if vendor == "anthropic" else _gemini(40)
    rogue.answer(stream(frames, done=False, end=(STALL,), gap_seconds=0.002))
    got = await station.request("POST", path, body(stream=True, max_tokens=4_000))
    assert got.status == 200
    last = json.loads(got.body.rstrip().rpartition(b"data: ")[2])["error"]
    assert last["type"] in ("insufficient_quota", "billing_error")
    row = await station.row(got.request_id)
    assert row.end == "balance"
    assert (await station.account()).balance == 300_000 - row.nanos >= 0

"""Where a request goes, and where it goes next: tiers, groups, slots, the retry budget, and what is
held back before the first content."""

import asyncio
import json
import threading
import time

import pytest

from tests.relay.conftest import Begin
from tests.support.gateway import MODEL, Station, channel, document, token
from tests.support.rogue import Rogue
from tests.support.script import (
    LAST_CHUNK,
    STALL,
    Gate,
    Pause,
    chat,
    chat_frames,
    chunk,
    error,
    stream,
)


def path(name: str) -> str:
    return f"/{name}/v1/chat/completions"


def calls(rogue: Rogue, name: str) -> int:
    return sum(seen.path == path(name) for seen in rogue.seen)


async def test_tiers_in_order_then_groups_in_order(begin: Begin, rogue: Rogue) -> None:
    station = await begin(
        document(
            [
                channel("last", f"{rogue.url}/last", groups=["two"]),
                channel("second", f"{rogue.url}/second", groups=["one"], priority=5),
                channel("first", f"{rogue.url}/first", groups=["one"], priority=1),
            ],
            groups=[{"name": "one"}, {"name": "two"}],
            tokens=[token(groups=["one", "two"])],
        )
    )
    assert (await station.chat()).status == 200
    assert [seen.path for seen in rogue.seen] == [path("first")]
    rogue.on(path("first"), error(500))
    rogue.on(path("second"), error(503, headers={"retry-after": "7"}))
    rogue.seen.clear()
    row = await station.row((await station.chat()).request_id)
    assert [seen.path for seen in rogue.seen] == [path("first"), path("second"), path("last")]
    assert [one.status for one in row.attempts] == [500, 503, 200]
    rogue.on(path("last"), error(500))
    got = await station.chat()
    assert got.status in (502, 503)
    assert (await station.row(got.request_id)).nanos == 0


async def test_a_callers_own_mistake_is_not_tried_elsewhere(begin: Begin, rogue: Rogue) -> None:
    what = [channel("a", f"{rogue.url}/a"), channel("b", f"{rogue.url}/b", priority=1)]
    station = await begin(document(what))
    rogue.on(path("a"), error(400, message="max_tokens is too large"))
    got = await station.chat()
    assert got.status == 400
    assert "max_tokens is too large" in got.error["message"]
    assert calls(rogue, "b") == 0


async def test_a_refused_key_is_passed_over_for_the_next(begin: Begin, rogue: Rogue) -> None:
    keys = ["sk-upstream-one-0123456789", "sk-upstream-two-0123456789"]
    station = await begin(document([channel("up", rogue.url, keys=keys)]))
    rogue.answer(lambda seen: error(401) if "one" in seen.headers["authorization"] else chat())
    assert [(await station.chat()).status for _ in range(4)] == [200] * 4
    refused = [seen for seen in rogue.seen if "one" in seen.headers["authorization"]]
    assert len(refused) == 1, "a key that was refused rests"


async def test_a_dead_channel_is_left_alone(begin: Begin, rogue: Rogue) -> None:
    """One of five is dead: few calls still go there and no client feels it."""
    names = ["dead", "b", "c", "d", "e"]
    station = await begin(document([channel(name, f"{rogue.url}/{name}") for name in names]))
    rogue.on(path("dead"), error(500))
    statuses = [(await station.chat()).status for _ in range(150)]
    assert statuses.count(200) == 150
    assert calls(rogue, "dead") <= 20


async def test_when_all_fail_retries_are_few_and_healing_is_quick(
    begin: Begin, rogue: Rogue
) -> None:
    names = ["a", "b", "c"]
    station = await begin(document([channel(name, f"{rogue.url}/{name}") for name in names]))
    rogue.answer(error(500))
    until, requests = time.monotonic() + 2.5, 0

    async def client() -> None:
        nonlocal requests
        while time.monotonic() < until:
            requests += 1
            got = await station.chat()
            assert got.status in (502, 503), got.body
            assert got.status == 502 or "retry-after" in got.headers
            await asyncio.sleep(0.02)

    await asyncio.gather(*(client() for _ in range(10)))
    reserve = 20
    assert requests > 50
    assert len(rogue.seen) <= 1.2 * requests + reserve
    rogue.answer(chat())
    healed = time.monotonic()
    while (await station.chat()).status != 200:
        assert time.monotonic() - healed < 5
        await asyncio.sleep(0.05)


async def test_slots_of_a_channel(begin: Begin, rogue: Rogue) -> None:
    one = channel("one", f"{rogue.url}/one", limits={"concurrency": 1}, priority=1)
    two = channel("two", f"{rogue.url}/two", limits={"concurrency": 1}, priority=2)
    station = await begin(document([one, two]))
    gate = threading.Event()
    rogue.answer((Gate(gate), *chat()))
    running = [asyncio.create_task(station.chat())]
    await rogue.until(lambda: calls(rogue, "one"))
    running.append(asyncio.create_task(station.chat(stream=True)))
    await rogue.until(lambda: calls(rogue, "two"))
    got = await station.chat()
    assert (got.status, got.error["code"]) == (429, "upstream_saturated")
    assert int(got.headers["retry-after"]) >= 1
    gate.set()
    for one_ in running:
        await one_
    assert (await station.chat()).status == 200, "slots come back"
    assert calls(rogue, "one") == 2


async def test_slots_come_back_from_clients_that_left(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([channel("up", rogue.url, limits={"concurrency": 1})]))
    for _ in range(3):
        rogue.answer(stream(chat_frames()[:2], done=False, end=(STALL,)))
        wire = await station.open_stream()
        await wire.close()
        await station.settled()
    rogue.answer(chat())
    assert (await station.chat()).status == 200


# ---- before the first content ---------------------------------------------------------------


async def test_an_error_behind_the_preamble_is_a_real_status(station: Station) -> None:
    told = {"error": {"message": "the model is overloaded", "code": "overloaded", "type": None}}
    station.rogue.answer(stream([*chat_frames()[:1], told], done=False))
    got = await station.chat(stream=True)
    assert got.status == 503
    assert "overloaded" in got.error["message"]


async def test_an_error_behind_the_preamble_fails_over(begin: Begin, rogue: Rogue) -> None:
    what = [channel("a", f"{rogue.url}/a"), channel("b", f"{rogue.url}/b", priority=1)]
    station = await begin(document(what))
    rogue.on(path("a"), stream([*chat_frames()[:1], {"error": {"message": "x"}}], done=False))
    rogue.on(path("b"), stream())
    got = await station.chat(stream=True)
    assert got.events[-1] == b"[DONE]"
    roles = [one for one in got.events[:-1] if json.loads(one)["choices"][0]["delta"].get("role")]
    assert len(roles) == 1, "nothing of the first answer was kept"


async def test_headers_wait_for_content_and_no_longer_than_allowed(begin: Begin) -> None:
    station = await begin(preamble_seconds_max=0.2, keep_alive_seconds=0.1)
    first, *rest = chat_frames()
    gate = threading.Event()
    before = stream([first], done=False, end=())
    after = stream(rest)[1:]
    station.rogue.answer((*before, Gate(gate), *after))
    began = time.monotonic()
    wire = await station.open_stream()
    assert 0.15 < time.monotonic() - began < 8, "no ten seconds, which are usual"
    assert json.loads(await wire.event() or b"")["choices"][0]["delta"]["role"] == "assistant"
    quiet = json.loads(await wire.event() or b"")
    assert quiet["object"] == "chat.completion.chunk", "a keep-alive is a data event of the dialect"
    assert not any(choice["delta"].get("content") for choice in quiet["choices"])
    gate.set()
    events = await wire.rest()
    assert events[-1] == b"[DONE]"
    texts = [json.loads(one)["choices"][0]["delta"].get("content") or "" for one in events[:-1]]
    assert "".join(texts) == "hello there"
    await wire.close()


async def test_a_fault_after_a_released_preamble_is_told_in_the_stream(begin: Begin) -> None:
    station = await begin(preamble_seconds_max=0.1)
    before = stream(chat_frames()[:1], done=False, end=())
    told = chunk(b'data: {"error":{"message":"too late","code":"server_error"}}\n\n')
    station.rogue.answer((*before, Pause(0.4), told, LAST_CHUNK))
    got = await station.chat(stream=True)
    assert got.status == 200
    assert "too late" in json.loads(got.events[-1])["error"]["message"]


async def test_silence_is_broken_by_data_events(begin: Begin) -> None:
    station = await begin(keep_alive_seconds=0.5)
    frames = chat_frames()
    before, after = stream(frames[:2], done=False, end=()), stream(frames[2:])[1:]
    station.rogue.answer((*before, Pause(2.2), *after))
    got = await station.chat(stream=True)
    chunks = [json.loads(event) for event in got.events[:-1]]
    assert len(chunks) >= len(frames) - 1 + 1, "one keep-alive at the least"
    assert len({one["id"] for one in chunks}) == 1
    texts = [c["delta"].get("content") or "" for one in chunks for c in one["choices"]]
    assert "".join(texts) == "hello there"


async def test_frames_are_not_gathered(station: Station) -> None:
    """Each frame reaches the client before the next one leaves the upstream."""
    frames = chat_frames([f" {number}" for number in range(5)])
    gates = [threading.Event() for _ in frames]
    steps = list(stream(frames[:2], done=False, end=()))
    for gate, frame in zip(gates, frames[2:], strict=False):
        steps += [Gate(gate), *stream([frame], done=False, end=())[1:]]
    station.rogue.answer((*steps, *stream([])[1:]))
    wire = await station.open_stream()
    await wire.event()
    for gate in gates[: len(frames) - 3]:
        assert b'"content"' in (await wire.event() or b"")
        gate.set()
    for gate in gates:
        gate.set()
    assert (await wire.rest())[-1] == b"[DONE]"
    await wire.close()


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_sent_hold_is_older_than_five_seconds(
    begin: Begin, rogue: Rogue, streamed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first attempt takes long; before the second the ledger is asked whether the hold still
    is. (The five seconds are made short.)"""
    monkeypatch.setattr("waystation.ledger.client.CONFIRM_AFTER_SECONDS", 0.0)
    what = [channel("a", f"{rogue.url}/a"), channel("b", f"{rogue.url}/b", priority=1)]
    station = await begin(document(what))
    rogue.on(path("a"), error(500))
    rogue.on(path("b"), stream() if streamed else chat())
    got = await station.chat(stream=streamed)
    assert got.status == 200
    row = await station.row(got.request_id)
    assert (len(row.attempts), row.facts.model) == (2, MODEL)

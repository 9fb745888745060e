"""n answers out of n calls: each call is paid by its own length, a price per call by call."""

import asyncio
import threading

import pytest

from tests.settling.conftest import Begin
from tests.settling.till import INPUT, OUTPUT, Till, until
from tests.support.script import Gate, Script, Seen, chat, chat_frames, stream

pytestmark = pytest.mark.untraced

USED = {"prompt_tokens": 600, "completion_tokens": 10, "total_tokens": 610}
NATIVE = {"prompt_tokens": 600, "completion_tokens": 30, "total_tokens": 630}
PROMPT = [{"role": "user", "content": "word " * 600}]


@pytest.fixture
async def fanning(begin: Begin) -> Till:
    return await begin(near_vendor="openai-compatible", credit="1")


@pytest.mark.parametrize("streamed", [False, True])
async def test_each_call_falls_into_the_tier_of_its_own_prompt(
    fanning: Till, streamed: bool
) -> None:
    """Three prompts of 600 tokens are no prompt of 1,800."""
    fanning.near.answer(stream(chat_frames(usage=USED)) if streamed else chat(usage=USED))
    reply = await fanning.chat(model="by-length", n=3, messages=PROMPT, stream=streamed)
    assert reply.status == 200
    assert len(fanning.near.seen) == 3
    assert (await fanning.row(reply.request_id)).nanos == 3 * (600 * 1_000 + 10 * 2_000)


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_price_per_call_is_paid_for_each_call(fanning: Till, streamed: bool) -> None:
    fanning.near.answer(stream() if streamed else chat())
    reply = await fanning.chat(model="by-call", n=3, stream=streamed)
    row = await fanning.row(reply.request_id)
    assert (row.nanos, row.loss_nanos, row.parts) == (30_000_000, 0, b'[["call",3,"0.01"]]')


async def test_many_answers_of_one_call_cost_one_call(till: Till) -> None:
    till.near.answer(chat(usage=NATIVE))
    reply = await till.chat(model="by-call", n=3)
    assert len(till.near.seen) == 1
    assert (await till.row(reply.request_id)).nanos == 10_000_000


async def test_calls_that_gave_nothing_are_not_paid(fanning: Till) -> None:
    empty = {"prompt_tokens": 9, "completion_tokens": 0, "total_tokens": 9}
    fanning.near.queue(chat(), chat("", empty), chat("", empty))
    reply = await fanning.chat(model="by-call", n=3)
    assert (await fanning.row(reply.request_id)).nanos == 10_000_000


@pytest.mark.parametrize("vendor", ["openai", "openai-compatible"])
async def test_a_clamp_leaves_room_for_all_answers(begin: Begin, vendor: str) -> None:
    """Each answer may be as long as the clamp says, and the balance still has it."""
    till = await begin(near_vendor=vendor, credit="0.002")

    def as_long_as_allowed(seen: Seen) -> Script:
        body = seen.json()
        made = body["max_tokens"] * body.get("n", 1)
        return chat(usage={"prompt_tokens": 9, "completion_tokens": made})

    till.near.answer(as_long_as_allowed)
    reply = await till.chat(n=3, max_tokens=4_000)
    limit = int(reply.headers["x-waystation-output-limit"])
    assert [seen.json()["max_tokens"] for seen in till.near.seen] == [limit] * len(till.near.seen)
    assert limit >= 16
    row = await till.row(reply.request_id)
    assert row.output_tokens == 3 * limit
    assert (row.loss_nanos, row.exact) == (0, True)


@pytest.mark.parametrize("streamed", [False, True])
async def test_each_call_takes_a_place_of_the_channel(begin: Begin, streamed: bool) -> None:
    """Five calls on a channel that takes two at once: two at once, and all five answers."""
    limits = "limits = { concurrency = 2 }"
    till = await begin(near_vendor="openai-compatible", more_of_near=limits)
    gates = [threading.Event() for _ in range(5)]
    waiting = iter(gates)

    def gated(seen: Seen) -> Script:
        first, *rest = stream(chat_frames()) if streamed else (b"", *chat())
        return (first, Gate(next(waiting)), *rest)

    till.near.answer(gated)
    asked = asyncio.create_task(till.chat(n=5, stream=streamed))
    for number, gate in enumerate(gates):
        most = min(number + 2, 5)
        await until(lambda most=most: len(till.near.seen) == most)
        gate.set()
    reply = await asked
    assert reply.status == 200
    row = await till.row(reply.request_id)
    assert row.output_tokens == 15
    assert len(till.near.seen) == 5
    assert not till.far.seen


async def test_while_its_places_are_taken_the_next_channel_serves(begin: Begin) -> None:
    limits = "limits = { concurrency = 2 }"
    till = await begin(near_vendor="openai-compatible", more_of_near=limits)
    gate = threading.Event()
    till.near.answer((Gate(gate), *chat()))
    asked = asyncio.create_task(till.chat(n=2))
    await until(lambda: len(till.near.seen) == 2)
    till.far.answer(chat(usage=NATIVE))
    other = await till.chat(n=2)
    gate.set()
    assert (await asked).status == 200
    assert (await till.row(other.request_id)).group == "half"
    till.near.answer(chat())
    again = await till.chat(n=2)
    assert (await till.row(again.request_id)).group == "default", "both places are free again"


async def test_the_hold_is_that_of_all_calls(begin: Begin) -> None:
    till = await begin(near_vendor="openai-compatible")
    gate = threading.Event()
    till.near.answer((Gate(gate), *chat()))
    held = []
    for n in (1, 3):
        gate.clear()
        asked = asyncio.create_task(till.chat(n=n, max_tokens=100))
        seen = len(till.near.seen) + n
        await until(lambda seen=seen: len(till.near.seen) == seen)
        assert till.books._state is not None
        (hold,) = till.books._state.holds.values()
        held.append(hold.nanos)
        gate.set()
        await asked
    prompt_bytes = len('{"n": 3}')  # a bound in bytes: the one that has `n` is no shorter
    assert 0 <= held[1] - 3 * held[0] <= 3 * prompt_bytes * INPUT
    assert held[0] > 100 * OUTPUT

"""n answers out of n calls: each call is paid by its own length, a price per call by call."""

import pytest

from tests.settling.conftest import Begin
from tests.settling.till import Till
from tests.support.script import Script, Seen, chat, chat_frames, stream

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

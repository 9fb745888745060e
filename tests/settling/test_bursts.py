"""More may come in one piece than is held: what came is paid as far as there is money."""

import pytest

from tests.settling.conftest import Begin
from tests.settling.till import INPUT, OUTPUT
from tests.support.script import chat, chat_frames, stream

pytestmark = pytest.mark.untraced

LONG = " ".join(["word"] * 4_000)


@pytest.mark.parametrize("words", [(LONG,), (LONG, "last")])
async def test_a_burst_is_held_and_paid(begin: Begin, words: tuple[str, ...]) -> None:
    till = await begin(stream_hold_tokens=64)
    till.near.answer(stream(chat_frames(words, usage=None)))
    reply = await till.chat(stream=True)
    assert b"[DONE]" in reply.body
    row = await till.row(reply.request_id)
    assert row.output_tokens >= 4_000
    assert row.nanos == row.input_tokens * INPUT + row.output_tokens * OUTPUT
    assert (row.loss_nanos, row.exact) == (0, False)


async def test_a_burst_above_the_balance_takes_the_balance_and_ends(begin: Begin) -> None:
    till = await begin(credit="0.005", stream_hold_tokens=64)
    till.near.answer(stream(chat_frames((LONG, *["more "] * 50), usage=None), gap_seconds=0.005))
    reply = await till.chat(stream=True)
    assert b"insufficient_user_quota" in reply.body
    assert b"[DONE]" not in reply.body
    row = await till.row(reply.request_id)
    assert row.end == "balance"
    assert row.nanos == 5_000_000
    assert row.loss_nanos > 0


async def test_a_whole_answer_longer_than_the_policy_thought_is_paid(begin: Begin) -> None:
    """No limit was named, no usage told: our own count stands, and there is money for it."""
    till = await begin(output_tokens_default=64)
    till.near.answer(chat(LONG, usage=None))
    reply = await till.chat()
    row = await till.row(reply.request_id)
    assert row.output_tokens >= 4_000
    assert row.nanos == row.input_tokens * INPUT + row.output_tokens * OUTPUT
    assert (row.loss_nanos, row.exact) == (0, False)


async def test_the_callers_own_limit_bounds_what_our_count_may_charge(begin: Begin) -> None:
    """An upstream that takes no notice of the limit, and tells no usage: our count is a guess."""
    till = await begin(stream_hold_tokens=64)
    till.near.answer(stream(chat_frames((LONG,), usage=None)))
    reply = await till.chat(stream=True, max_tokens=100)
    row = await till.row(reply.request_id)
    assert not row.exact
    assert row.nanos <= row.input_tokens * 10 * INPUT + 100 * OUTPUT
    assert row.loss_nanos > 0

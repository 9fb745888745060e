"""A ledger that takes a gateway for dead settles its holds; what the gateway says later is late."""

import asyncio

import pytest

from tests.settling.till import INPUT, SECONDS_MAX, Till, until
from tests.support.script import STALL, chat_frames, stream

pytestmark = pytest.mark.untraced


async def test_a_stream_whose_hold_was_swept_ends_and_is_paid_once(till: Till) -> None:
    """Its gateway was away for too long: at least the prompt was posted, and no more follows."""
    frames = chat_frames(("one", " two"), usage=None)[:-1]
    till.near.answer(stream(frames, done=False, end=(STALL,)))
    reader, writer = await till.open(stream=True)
    await reader.readuntil(b"two")
    link = till.gateway.site.ledger.link
    link.close()
    state = till.books._state
    assert state is not None
    await until(lambda: not state.holds)
    link.start()
    async with asyncio.timeout(SECONDS_MAX):
        rest = await reader.read()
    writer.close()
    assert b"temporarily_unavailable" in rest
    assert b"[DONE]" not in rest
    row = await till.last_row()
    assert (row.end, row.exact) == ("gateway_lost", False)
    assert row.nanos >= 9 * INPUT
    await until(lambda: not till.near.open_links)


async def test_a_whole_answer_that_comes_too_late_costs_what_the_sweep_posted(till: Till) -> None:
    """The caller has the answer; the books have one resolution, the ledger's own."""
    till.near.answer(stream(chat_frames(), gap_seconds=0.2))
    answer = asyncio.create_task(till.chat())
    await until(lambda: till.near.seen)
    link = till.gateway.site.ledger.link
    link.close()
    state = till.books._state
    assert state is not None
    await until(lambda: not state.holds)
    link.start()
    assert (await answer).status == 200
    row = await till.last_row()
    assert row.end == "gateway_lost"
    assert row.nanos >= 9 * INPUT

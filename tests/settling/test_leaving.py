"""Who leaves pays for what was made for them, and nobody pays twice for a stream that ends."""

import json

import pytest

from tests.settling.conftest import Begin
from tests.settling.till import INPUT, OUTPUT, Till, until
from tests.support.script import RESET, STALL, chat_frames, error, stream

pytestmark = pytest.mark.untraced

PREAMBLE = stream(chat_frames(())[:1], done=False, end=(STALL,))


async def test_before_any_content_the_prompt_is_paid(till: Till) -> None:
    till.near.answer(PREAMBLE)
    _, writer = await till.open(stream=True)
    await until(lambda: till.near.seen)
    writer.close()
    row = await till.last_row()
    assert (row.end, row.exact) == ("client_gone", False)
    assert row.nanos == row.input_tokens * INPUT > 0
    await until(lambda: not till.near.open_links)


async def test_after_a_failover_at_the_rate_of_the_group_that_was_at_work(till: Till) -> None:
    till.near.answer(error(500))
    till.far.answer(PREAMBLE)
    _, writer = await till.open(stream=True)
    await until(lambda: till.far.seen)
    writer.close()
    row = await till.last_row()
    assert (row.group, row.rate) == ("half", "0.5")
    assert row.nanos == row.input_tokens * INPUT // 2 > 0


async def test_headers_that_had_to_be_told_early_do_not_make_the_prompt_free(
    begin: Begin,
) -> None:
    """The reply begins after a while without content: leaving then costs what it did before."""
    till = await begin(preamble_seconds_max=0.05)
    thinking = chat_frames(())[:1] * 2
    till.near.answer(stream(thinking, gap_seconds=0.2, done=False, end=(STALL,)))
    reader, writer = await till.open(stream=True)
    await reader.readuntil(b"\r\n\r\n")
    for _ in range(2):
        await reader.readuntil(b"}\n\n")
    writer.close()
    row = await till.last_row()
    assert row.end == "client_gone"
    assert row.nanos == row.input_tokens * INPUT > 0


async def test_after_some_content_that_is_paid_and_the_upstream_is_cut(till: Till) -> None:
    till.near.answer(stream(chat_frames(("one", " two"))[:-2], done=False, end=(STALL,)))
    reader, writer = await till.open(stream=True)
    await reader.readuntil(b"two")
    writer.close()
    row = await till.last_row()
    assert row.nanos == row.input_tokens * INPUT + row.output_tokens * OUTPUT
    assert row.output_tokens >= 2
    await until(lambda: not till.near.open_links)


async def test_a_channel_that_drains_is_read_to_its_end(begin: Begin) -> None:
    till = await begin(more_of_near='on_disconnect = "drain"')
    till.near.answer(stream(gap_seconds=0.05))
    reader, writer = await till.open(stream=True)
    await reader.readuntil(b"hello")
    writer.close()
    row = await till.last_row()
    assert (row.nanos, row.exact, row.end) == (9 * INPUT + 3 * OUTPUT, True, "client_gone")
    assert json.loads(row.usage)["output_text"] == 3


async def test_it_drains_for_who_left_before_the_first_word_too(begin: Begin) -> None:
    till = await begin(more_of_near='on_disconnect = "drain"')
    till.near.answer(stream(gap_seconds=0.1))
    _, writer = await till.open(stream=True)
    await until(lambda: till.near.seen)
    writer.close()
    row = await till.last_row()
    assert (row.nanos, row.exact, row.end) == (9 * INPUT + 3 * OUTPUT, True, "client_gone")


async def test_an_upstream_that_fails_before_any_content_is_free(begin: Begin) -> None:
    """Be it after the headers had to be told."""
    till = await begin(preamble_seconds_max=0.05)
    thinking = chat_frames(())[:1] * 2
    till.near.answer(stream(thinking, gap_seconds=0.2, done=False, end=(RESET,)))
    reply = await till.chat(stream=True)
    assert b'"error"' in reply.body
    row = await till.row(reply.request_id)
    assert (row.nanos, row.end) == (0, "upstream_failed")


async def test_draining_has_an_end_and_is_paid_up_to_it(begin: Begin) -> None:
    drains = 'on_disconnect = "drain"'
    till = await begin(more_of_near=drains, drain_upstream_seconds_max=0.1)
    till.near.answer(stream(chat_frames(("one", " two"))[:-2], done=False, end=(STALL,)))
    reader, writer = await till.open(stream=True)
    await reader.readuntil(b"two")
    writer.close()
    row = await till.last_row()
    assert row.end == "client_gone"
    assert row.nanos == row.input_tokens * INPUT + row.output_tokens * OUTPUT
    await until(lambda: not till.near.open_links)

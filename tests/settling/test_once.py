"""Each request is paid once, for the attempt that answered, at its rate."""

import json

import pytest

from tests.settling.conftest import Begin
from tests.settling.till import INPUT, OUTPUT, Till, until
from tests.support.script import RESET, chat, chat_frames, echo_key, error, stream

pytestmark = pytest.mark.untraced

USED = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
COST = 9 * INPUT + 3 * OUTPUT


async def test_a_whole_answer(till: Till) -> None:
    reply = await till.chat()
    assert reply.status == 200
    row = await till.row(reply.request_id)
    assert (row.nanos, row.exact, row.end) == (COST, True, "complete")
    assert reply.headers["x-waystation-cost"] == "0.000015"
    assert reply.json()["usage"]["cost"] == 0.000015


async def test_a_stream(till: Till) -> None:
    till.near.answer(stream())
    reply = await till.chat(stream=True)
    assert b"data: [DONE]" in reply.body
    assert (await till.row(reply.request_id)).nanos == COST


async def test_failed_over_it_costs_the_rate_of_the_group_that_answered(till: Till) -> None:
    till.near.answer(error(500))
    reply = await till.chat()
    assert reply.status == 200
    row = await till.row(reply.request_id)
    assert (row.nanos, row.group, row.rate) == (COST // 2, "half", "0.5")
    assert len(row.attempts) == 2


async def test_nothing_answered_costs_nothing(till: Till) -> None:
    till.near.answer(error(500))
    till.far.answer(error(503))
    reply = await till.chat()
    assert reply.status == 503
    row = await till.row(reply.request_id)
    assert (row.nanos, row.end) == (0, "failed")


async def test_an_upstreams_words_never_have_its_key(till: Till) -> None:
    till.near.answer(echo_key(400))
    reply = await till.chat()
    assert reply.status == 400
    assert b"Incorrect API key provided" in reply.body
    assert b"canary" not in reply.body
    assert "canary" not in (await till.row(reply.request_id)).reason


@pytest.mark.parametrize("words", [("one",), ("one", " two", " three")])
async def test_no_other_is_asked_once_content_has_come(till: Till, words: tuple[str, ...]) -> None:
    frames = chat_frames(words, usage=None)[:-1]
    till.near.answer(stream(frames, done=False, gap_seconds=0.02, end=(RESET,)))
    reply = await till.chat(stream=True)
    assert len(till.near.seen) == 1
    assert not till.far.seen
    assert b'"error"' in reply.body
    assert b"[DONE]" not in reply.body
    row = await till.row(reply.request_id)
    assert row.end == "upstream_failed"
    assert not row.exact
    assert row.nanos == row.input_tokens * INPUT + row.output_tokens * OUTPUT
    assert row.input_tokens >= 9
    assert row.output_tokens >= len(words)


async def test_before_it_another_may_answer(till: Till) -> None:
    till.near.answer(stream(chat_frames(())[:1], done=False, gap_seconds=0.02, end=(RESET,)))
    till.far.answer(stream())
    reply = await till.chat(stream=True)
    assert b"data: [DONE]" in reply.body
    assert (await till.row(reply.request_id)).nanos == COST // 2


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(("told", "nanos"), [(0, 0), (5, 9 * INPUT + 5 * OUTPUT)])
async def test_an_empty_answer_is_paid_if_tokens_were_made(
    till: Till, streamed: bool, told: int, nanos: int
) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": told, "total_tokens": 9 + told}
    till.near.answer(stream(chat_frames((), usage)) if streamed else chat("", usage))
    reply = await till.chat(stream=streamed)
    row = await till.row(reply.request_id)
    assert (row.status, row.nanos) == (200, nanos)


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_by_call_answer_without_content_is_free(till: Till, streamed: bool) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 0, "total_tokens": 9}
    till.near.answer(stream(chat_frames((), usage)) if streamed else chat("", usage))
    reply = await till.chat(model="by-call", stream=streamed)
    assert (await till.row(reply.request_id)).nanos == 0


async def test_the_same_idempotency_key_is_served_once(till: Till) -> None:
    key = {"idempotency-key": "k1"}
    assert (await till.chat(key)).status == 200
    assert (await till.chat(key)).status == 409
    assert (await till.chat(key, temperature=1)).status == 422
    assert len(till.near.seen) == 1


async def test_a_clamp_is_written_and_told(begin: Begin) -> None:
    till = await begin(credit="0.002")
    reply = await till.chat(max_tokens=4000)
    assert reply.status == 200
    written = till.near.seen[0].json()["max_tokens"]
    assert 16 <= written < 1000
    assert reply.headers["x-waystation-output-limit"] == str(written)


async def test_what_the_balance_lacks_is_the_houses_loss(begin: Begin) -> None:
    till = await begin(credit="0.002")
    usage = {"prompt_tokens": 9, "completion_tokens": 2000, "total_tokens": 2009}
    till.near.answer(chat(usage=usage))
    reply = await till.chat(max_tokens=20)
    row = await till.row(reply.request_id)
    assert row.nanos == 2_000_000
    assert row.loss_nanos == 9 * INPUT + 2000 * OUTPUT - 2_000_000


async def test_a_channels_place_is_given_back(begin: Begin) -> None:
    till = await begin(more_of_near="limits = { concurrency = 1 }")
    for _ in range(3):
        assert (await till.chat()).status == 200
    assert len(till.near.seen) == 3


async def test_what_is_metered_is_told_each_second(till: Till) -> None:
    frames = chat_frames(("one", " two", " three"), usage=None)[:-1]
    till.near.answer(stream(frames, done=False, end=("stall",)))
    _, writer = await till.open(stream=True)

    def told() -> int:
        assert till.books._state is not None
        return sum(hold.checkpoint_nanos for hold in till.books._state.holds.values())

    await until(told)
    checkpoint = told()
    writer.close()
    row = await till.last_row()
    assert checkpoint == row.nanos
    assert json.loads(row.usage)["output_text"] >= 3

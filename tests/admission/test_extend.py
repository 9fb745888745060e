"""Streams that grow beyond what is held."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.admission.asking import Request, ask
from tests.admission.pocket_ledger import PocketLedger
from tests.routing.scenery import channel, choices, group, query, snapshot
from waystation.admission.estimate import UNBOUNDED
from waystation.admission.grant import Grant
from waystation.errors import Fault
from waystation.ledger.messages import Extend, Refused
from waystation.ledger.prices import PriceRow
from waystation.routing.candidates import Directory

PROMPT = 100_000
TOKEN = 2_000


async def stream(
    grant: Grant, tokens: int, *, prompt: int = PROMPT, token: int = TOKEN, step: int = 1
) -> tuple[int, Fault | None]:
    """As the pump does: ask when it is due. The tokens that came, and what ended it early."""
    seen = 0
    while seen < tokens:
        if seen >= grant.extend_above:
            fault = await grant.extend(prompt + seen * token)
            if fault is not None:
                return seen, fault
            if seen >= grant.extend_above:
                continue
        seen += min(step, tokens - seen)
    return seen, None


@pytest.mark.parametrize("step", [1, 7, 500, 3000])
async def test_a_long_stream_is_extended_on_its_way(step: int) -> None:
    ledger = PocketLedger(10**9)
    grant = await ask(ledger, Request(stream=True, output_limit=None))
    assert grant.extend_above == 1600
    assert await stream(grant, 20_000, step=step) == (20_000, None)
    extensions = [asked for asked in ledger.asked if isinstance(asked, Extend)]
    assert 5 <= len(extensions) <= 15
    assert [e.seq for e in extensions] == list(range(1, len(extensions) + 1))
    assert ledger.held["r1"] == grant.nanos


async def test_a_limit_that_is_covered_needs_no_extension() -> None:
    ledger = PocketLedger(10**9)
    short = await ask(ledger, Request(stream=True, output_limit=2000))
    assert short.extend_above == UNBOUNDED
    longer = await ask(ledger, Request(stream=True, output_limit=3000))
    assert await stream(longer, 3000) == (3000, None)
    assert longer.extend_above == UNBOUNDED
    assert longer.nanos <= PROMPT + 3000 * TOKEN


async def test_twenty_cents_complete_a_turn_of_five_cents_with_a_huge_limit() -> None:
    """$0.20 of credit, max_tokens 32,000 at $10 a million: $0.32 if it all came."""
    row = PriceRow(model="m", input="2.5", output="10")
    snap = snapshot([channel(1)], [group("default", 1)], prices=[row])
    chosen = Directory(snap).candidates(query(), 0)
    ledger = PocketLedger(200_000_000)
    grant = await ask(ledger, Request(stream=True, output_limit=32_000), chosen)
    real = 5_000  # tokens: $0.05
    assert await stream(grant, real, prompt=100 * 2500, token=10_000) == (real, None)


@given(st.integers(132_000, 30_000_000), st.integers(1, 50))
async def test_every_cent_may_be_used_and_none_beyond(balance: int, step: int) -> None:
    ledger = PocketLedger(balance)
    grant = await ask(ledger, Request(stream=True, output_limit=None))
    seen, fault = await stream(grant, 100_000, step=step)
    assert fault is not None
    assert (fault.code, fault.status) == ("insufficient_user_quota", 402)
    spent = PROMPT + seen * TOKEN
    most = (balance - PROMPT) // TOKEN
    assert seen >= most * 0.97 - step - 16
    assert spent <= balance + step * TOKEN, "at most the piece that was under way"
    assert ledger.available >= 0


async def test_a_revoked_caller_does_not_go_on() -> None:
    ledger = PocketLedger(10**9)
    grant = await ask(ledger, Request(stream=True, output_limit=None))
    ledger.refusal = Refused("r1", "token_disabled")
    seen, fault = await stream(grant, 10_000)
    assert (seen, fault.code) == (1600, "token_disabled")


async def test_without_a_ledger_a_stream_uses_what_it_has_and_ends_or_goes_on() -> None:
    ledger = PocketLedger(10**9)
    grant = await ask(ledger, Request(stream=True, output_limit=None))
    ledger.is_away = True
    seen, fault = await stream(grant, 10_000)
    assert fault.code == "temporarily_unavailable"
    assert 1900 <= seen <= 2000
    back = PocketLedger(10**9)
    grant = await ask(back, Request(stream=True, output_limit=None))
    back.is_away = True
    assert await grant.extend(PROMPT + 1600 * TOKEN) is None
    back.is_away = False
    assert await stream(grant, 10_000) == (10_000, None)


async def test_an_answer_that_got_lost_does_not_extend_twice() -> None:
    ledger = PocketLedger(10**9)
    grant = await ask(ledger, Request(stream=True, output_limit=None))
    ledger.loses_answers = True
    metered = PROMPT + 1600 * TOKEN
    assert await grant.extend(metered) is None
    held = ledger.held["r1"]
    ledger.loses_answers = False
    assert await grant.extend(PROMPT + 1990 * TOKEN) is None
    assert ledger.held["r1"] == held == grant.nanos


async def test_a_prompt_that_was_feared_dearer_leaves_room_for_more_output() -> None:
    ledger = PocketLedger(10**9)
    grant = await ask(ledger, Request(stream=True, prompt_tokens=50_000, output_limit=None))
    asked = len(ledger.asked)
    assert await grant.extend(1600 * TOKEN) is None
    assert len(ledger.asked) == asked, "nothing to ask for yet"
    assert grant.extend_above > 1600


async def test_free_streams_and_prices_per_call_never_ask() -> None:
    for row in (PriceRow(model="m", input="0"), PriceRow(model="m", per_call="0.01")):
        snap = snapshot([channel(1)], [group("default", 1)], prices=[row])
        chosen = Directory(snap).candidates(query(), 0)
        grant = await ask(PocketLedger(10_000_000), Request(stream=True, output_limit=None), chosen)
        assert grant.extend_above == UNBOUNDED


async def test_several_answers_count_together() -> None:
    ledger = PocketLedger(10**9)
    two = choices([channel(1)], group("g", 1))
    grant = await ask(ledger, Request(stream=True, n=2, choices=2, output_limit=None), two)
    assert grant.extend_above == 3200
    assert await stream(grant, 10_000) == (10_000, None)


async def test_what_came_beyond_the_hold_is_covered_as_far_as_there_is_money() -> None:
    for balance, covered in ((10**9, 50_000_000), (30_000_000, 30_000_000)):
        grant = await ask(PocketLedger(balance), Request(stream=True, output_limit=None))
        await grant.cover(grant.nanos - 1)
        assert grant.nanos < 10_000_000, "nothing to cover"
        await grant.cover(50_000_000)
        assert grant.nanos == covered


async def test_covering_sees_what_an_answer_that_got_lost_had_held() -> None:
    ledger = PocketLedger(10**9)
    grant = await ask(ledger, Request(stream=True, output_limit=None))
    ledger.loses_answers = True
    await grant.extend(PROMPT + 1600 * TOKEN)
    ledger.loses_answers = False
    await grant.cover(50_000_000)
    assert grant.nanos == ledger.held["r1"] == 50_000_000


async def test_nothing_is_covered_for_the_revoked_nor_beyond_the_caller_s_limit() -> None:
    ledger = PocketLedger(10**9)
    grant = await ask(ledger, Request(stream=True, output_limit=3000))
    await grant.cover(10**8)
    assert grant.nanos == PROMPT + 3000 * TOKEN
    ledger = PocketLedger(10**9)
    grant = await ask(ledger, Request(stream=True, output_limit=None))
    held = grant.nanos
    ledger.refusal = Refused("r1", "token_disabled")
    await grant.cover(10**8)
    assert grant.nanos == held

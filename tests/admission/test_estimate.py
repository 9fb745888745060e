from hypothesis import given
from hypothesis import strategies as st

from tests.admission.asking import CHOICES, POLICY, Request
from tests.routing.scenery import channel, choices, group, query, snapshot
from waystation.admission.estimate import Estimate, estimate, largest
from waystation.ledger.prices import PriceRow, charge
from waystation.meter.usage import Usage
from waystation.routing.candidates import Directory
from waystation.routing.choices import Choices


def made(request: Request, chosen: Choices = CHOICES) -> Estimate:
    return estimate(request, chosen, chosen.first, POLICY)


def priced(row: PriceRow, **fields) -> Choices:
    snap = snapshot([channel(1, **fields)], [group("default", 1)], prices=[row])
    return Directory(snap).candidates(query(), 0)


def test_a_whole_answer_holds_its_limit() -> None:
    got = made(Request(output_limit=1000))
    assert (got.nanos, got.nanos_floor) == (100_000 + 2_000_000, 100_000 + 32_000)
    assert (got.prompt_nanos, got.tokens) == (100_000, 1100)


def test_without_a_limit_the_policy_s() -> None:
    assert made(Request(output_limit=None)).nanos == 100_000 + 4096 * 2000


def test_a_stream_holds_a_first_stretch() -> None:
    got = made(Request(stream=True, output_limit=32_000))
    assert got.nanos == 100_000 + 2000 * 2000
    assert got.tokens == 2100
    assert made(Request(stream=True, output_limit=50)).nanos == 100_000 + 50 * 2000


def test_the_floor_is_what_was_asked_when_that_is_less() -> None:
    got = made(Request(output_limit=5))
    assert got.nanos == got.nanos_floor == 100_000 + 5 * 2000


def test_what_has_no_output_holds_its_prompt() -> None:
    for request in (Request(output_limit=0), Request(output_limit=None, expects_output=False)):
        got = made(request)
        assert got.nanos == got.nanos_floor == got.prompt_nanos == 100_000


def test_the_bound_is_held_and_the_likely_prompt_is_what_counts() -> None:
    got = made(Request(output_limit=10, prompt_tokens=100, guess=25))
    assert got.nanos == 120_000
    assert (got.prompt_tokens, got.prompt_nanos, got.tokens) == (25, 25_000, 35)


def test_n_answers_share_a_prompt_only_where_every_channel_serves_them_itself() -> None:
    request = Request(n=3, choices=3, output_limit=10)
    assert made(request).nanos == 100_000 + 3 * 20_000
    mixed = choices([channel(1), channel(2, native_n=False)], group("g", 1, 2))
    assert made(request, mixed).nanos == 3 * (100_000 + 20_000)
    assert made(request, mixed).prompt_tokens == 300


def test_the_dearest_candidate_and_the_dearest_kind() -> None:
    two = choices([channel(1), channel(2)], group("a", 1), group("b", 2, rate="3"))
    assert made(Request(output_limit=10), two).nanos == 3 * (100_000 + 20_000)
    assert made(Request(output_limit=10), two).prompt_nanos == 100_000, "the first's, as likely"
    claude = priced(PriceRow(model="m", input="1", output="2", cache_write_1h="2"))
    got = made(Request(output_limit=10), claude)
    assert (got.nanos, got.prompt_nanos) == (200_000 + 20_000, 100_000)


def test_media_count_only_where_there_are_some() -> None:
    audio = priced(PriceRow(model="m", input="1", output="2", audio_in="40"))
    assert made(Request(output_limit=10), audio).nanos == 120_000
    spoken = Request(output_limit=10, needs=frozenset({"audio", "tools"}))
    assert made(spoken, audio).nanos == 100 * 40_000 + 20_000


def test_a_price_per_call() -> None:
    per_call = priced(PriceRow(model="m", per_call="0.01"), native_n=False)
    got = made(Request(n=2, choices=2), per_call)
    assert got.nanos == got.nanos_floor == 20_000_000
    assert got.prompt_nanos == 20_000_000


def test_what_is_free_holds_nothing() -> None:
    free = priced(PriceRow(model="m", input="0"))
    got = made(Request(stream=True, output_limit=None), free)
    assert (got.nanos, got.nanos_floor, got.prompt_nanos) == (0, 0, 0)


@given(
    st.integers(0, 100_000),
    st.integers(1, 100_000),
    st.integers(1, 5),
    st.booleans(),
    st.integers(0, 10**12),
)
def test_a_grant_always_covers_what_it_allows(prompt, limit, n, stream, spare) -> None:
    """However little is granted above the floor: the limit that follows costs no more."""
    request = Request(stream=stream, prompt_tokens=prompt, output_limit=limit, n=n, choices=n)
    got = made(request)
    assert got.prompt_nanos <= got.nanos_floor <= got.nanos
    granted = min(got.nanos, got.nanos_floor + spare)
    tokens = got.affordable(granted)
    assert min(limit, 16) <= tokens <= got.held_tokens
    usage = Usage(input_fresh=prompt, output_text=tokens * n)
    assert charge(usage, CHOICES.first.price, CHOICES.first.rate).nanos <= granted
    if tokens < got.held_tokens:
        assert got.bound_of((tokens + 1) * n) > granted


@given(st.integers(0, 1000), st.integers(-5, 1000))
def test_largest(most: int, edge: int) -> None:
    assert largest(most, lambda number: number <= edge) == max(0, min(most, edge))

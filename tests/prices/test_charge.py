from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waystation.kernel.money import format_decimal
from waystation.ledger.prices import FREE, ONE, Price, PriceRow, PriceTier, Rate, bound, charge
from waystation.meter.beside import Beside
from waystation.meter.usage import TOKEN_KINDS, Usage

GPT = PriceRow(model="gpt-4o", input="2.5", cached_input="1.25", output="10")

DECIMALS = st.builds(format_decimal, st.integers(0, 10**16), st.just(12))
RATES = st.builds(format_decimal, st.integers(0, 10**11), st.just(9))
COUNTS = st.integers(0, 2_000_000)
FIELDS = {
    "input_fresh": "input",
    "input_cache_read": "cached_input",
    "input_cache_write_5m": "cache_write_5m",
    "input_cache_write_1h": "cache_write_1h",
    "output_text": "output",
    "output_reasoning": "reasoning",
    "audio_in": "audio_in",
    "audio_out": "audio_out",
    "image_in": "image_in",
    "image_out": "image_out",
}
FALLBACKS = {
    "cached_input": "input",
    "cache_write_5m": "input",
    "cache_write_1h": "cache_write_5m",
    "output": "input",
    "reasoning": "output",
    "audio_in": "input",
    "audio_out": "output",
    "image_in": "input",
    "image_out": "output",
}


@st.composite
def rows(draw: st.DrawFn) -> PriceRow:
    told = draw(st.dictionaries(st.sampled_from(list(FALLBACKS)), DECIMALS))
    tiers = draw(st.lists(st.integers(1, 3_000_000), unique=True, max_size=3))
    return PriceRow(
        model="m",
        input=draw(DECIMALS),
        tiers=tuple(
            PriceTier(
                above_tokens=start,
                **draw(
                    st.dictionaries(st.sampled_from(["input", "output", "reasoning"]), DECIMALS)
                ),
            )
            for start in tiers
        ),
        tools=draw(st.dictionaries(st.sampled_from(["search_units", "seconds"]), DECIMALS)),
        **told,
    )


usages = st.builds(
    Usage,
    **dict.fromkeys(TOKEN_KINDS, COUNTS),
    units=st.dictionaries(st.sampled_from(["search_units", "seconds", "unknown"]), COUNTS),
)


def unit_price(row: PriceRow, tier: PriceTier | None, field: str) -> Fraction:
    text = (getattr(tier, field) if tier else None) or getattr(row, field)
    return Fraction(text) if text is not None else unit_price(row, tier, FALLBACKS[field])


def exact_usd(row: PriceRow, usage: Usage) -> Fraction:
    """The definition, in fractions, without any of our code."""
    reached = [t for t in row.tiers if usage.input_tokens > t.above_tokens]
    tier = max(reached, key=lambda t: t.above_tokens) if reached else None
    total = sum(
        getattr(usage, kind) * unit_price(row, tier, field) / 10**6
        for kind, field in FIELDS.items()
    )
    return total + sum(
        Fraction(row.tools[name]) * count
        for name, count in usage.units.items()
        if name in row.tools
    )


def half_up(value: Fraction) -> int:
    return (value + Fraction(1, 2)).__floor__()


@given(rows(), usages, RATES)
def test_a_charge_is_exact_and_rounded_once(row: PriceRow, usage: Usage, rate: str) -> None:
    made = charge(usage, Price.build(row), Rate.parse(rate))
    assert made.nanos == half_up(exact_usd(row, usage) * Fraction(rate) * 10**9)
    assert made.nanos >= 0


@given(rows(), usages, RATES)
def test_the_parts_tell_the_formula(row: PriceRow, usage: Usage, rate: str) -> None:
    made = charge(usage, Price.build(row), Rate.parse(rate))
    usd = sum(
        count * Fraction(text) / (10**6 if kind in TOKEN_KINDS else 1)
        for kind, count, text in made.parts
    )
    assert made.nanos == half_up(usd * Fraction(rate) * 10**9)


@given(rows(), usages, usages, RATES)
def test_additive_but_for_one_rounding(row: PriceRow, a: Usage, b: Usage, rate: str) -> None:
    """Within one tier: two halves cost what the whole costs, up to their roundings."""
    price = Price.build(PriceRow(**{**_fields(row), "tiers": ()}))
    whole = Usage(
        **{kind: getattr(a, kind) + getattr(b, kind) for kind in TOKEN_KINDS},
        units={n: a.units.get(n, 0) + b.units.get(n, 0) for n in {*a.units, *b.units}},
    )
    r = Rate.parse(rate)
    together = charge(whole, price, r).nanos
    assert abs(charge(a, price, r).nanos + charge(b, price, r).nanos - together) <= 1


@given(rows(), usages, st.sampled_from(TOKEN_KINDS), COUNTS, RATES)
def test_monotone(row: PriceRow, usage: Usage, kind: str, more: int, rate: str) -> None:
    price = Price.build(PriceRow(**{**_fields(row), "tiers": ()}))
    values = {k: getattr(usage, k) for k in TOKEN_KINDS}
    values[kind] += more
    grown = Usage(**values, units=usage.units)
    r = Rate.parse(rate)
    assert charge(grown, price, r).nanos >= charge(usage, price, r).nanos


@given(rows(), usages, RATES, st.integers(0, 1000), st.integers(0, 1000))
def test_a_bound_is_never_exceeded(row, usage, rate, spare_in, spare_out) -> None:
    price, r = Price.build(PriceRow(**{**_fields(row), "tools": {}})), Rate.parse(rate)
    most = bound(
        usage.input_tokens + spare_in, usage.output_tokens + spare_out, price, r, media=True
    )
    assert charge(usage, price, r).nanos <= most
    text_only = Usage(
        **{k: 0 if k.startswith(("audio", "image")) else getattr(usage, k) for k in TOKEN_KINDS}
    )
    most = bound(text_only.input_tokens + spare_in, text_only.output_tokens, price, r)
    assert charge(text_only, price, r).nanos <= most


@given(rows(), usages, RATES, st.integers(2, 16))
def test_calls_are_priced_by_their_own_length(row, usage, rate, calls) -> None:
    """n calls alike cost n times the one, but for one rounding, and stay within their bound."""
    price, r = Price.build(PriceRow(**{**_fields(row), "tools": {}})), Rate.parse(rate)
    one = charge(usage, price, r)
    kinds = {kind: getattr(usage, kind) * calls for kind in TOKEN_KINDS}
    together = Usage(**kinds, units={"calls": calls})
    made = charge(together, price, r)
    assert abs(made.nanos - calls * one.nanos) <= calls
    assert made.tier_above_tokens == one.tier_above_tokens
    most = bound(together.input_tokens, together.output_tokens, price, r, calls=calls, media=True)
    assert made.nanos <= most


def _fields(row: PriceRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in row.__struct_fields__}


def test_the_example_of_the_docs() -> None:
    made = charge(Usage(input_fresh=13, output_text=1), Price.build(GPT), ONE)
    assert made.nanos == 13 * 2500 + 10_000
    assert made.parts_json() == b'[["input_fresh",13,"2.5"],["output_text",1,"10"]]'


def test_rounded_half_up_once_and_not_by_part() -> None:
    price = Price.build(PriceRow(model="m", input="0.0004", output="0.0004"))
    assert charge(Usage(input_fresh=1), price, ONE).nanos == 0
    assert charge(Usage(input_fresh=1, output_text=1), price, ONE).nanos == 1  # 0.8
    exactly_half = Price.build(PriceRow(model="m", input="0.0005"))
    assert charge(Usage(input_fresh=1), exactly_half, ONE).nanos == 1


def test_a_price_per_call_wins_over_tokens() -> None:
    price = Price.build(
        PriceRow(model="m", input="100", per_call="0.01", tools={"search_units": "0.005"})
    )
    usage = Usage(input_fresh=10**6, units={"search_units": 2})
    made = charge(usage, price, Rate.parse("2"))
    assert made.nanos == 40_000_000
    assert made.parts == (("call", 1, "0.01"), ("search_units", 2, "0.005"))
    assert charge(Usage(units={"calls": 3}), price, ONE).nanos == 30_000_000
    assert bound(10**9, 10**9, price, ONE, calls=3) == 30_000_000


def test_tiers_are_cliffs() -> None:
    price = Price.build(
        PriceRow(
            model="m",
            input="1",
            output="2",
            tiers=(
                PriceTier(above_tokens=1_000_000, input="9"),
                PriceTier(above_tokens=200_000, input="3", output="4"),
            ),
        )
    )

    def cost(tokens: int) -> int:
        return charge(Usage(input_fresh=tokens, output_text=1), price, ONE).nanos

    assert cost(200_000) == 200_000_000 + 2_000
    assert cost(200_001) == 600_003_000 + 4_000
    made = charge(Usage(input_cache_read=1_000_001, output_text=1), price, ONE)
    assert (made.nanos, made.tier_above_tokens) == (9_000_009_000 + 2_000, 1_000_000)


def test_free_is_free_and_negative_counts_earn_nothing() -> None:
    assert charge(Usage(input_fresh=10**9, output_text=10**9), FREE, ONE).nanos == 0
    assert charge(Usage(input_fresh=-5, output_text=1), Price.build(GPT), ONE).nanos == 10_000


@pytest.mark.parametrize(
    "row",
    [
        PriceRow(model="m"),
        PriceRow(model="m", output="1"),
        PriceRow(model="m", input="-1"),
        PriceRow(model="m", input="1e3"),
        PriceRow(model="m", input="free"),
        PriceRow(model="m", input="0.0000000000001"),
        PriceRow(model="m", per_call="-0.1"),
        PriceRow(model="m", input="1", tools={"search_units": "x"}),
        PriceRow(model="m", input="1", tiers=(PriceTier(above_tokens=0, input="2"),)),
        PriceRow(
            model="m",
            input="1",
            tiers=(PriceTier(above_tokens=5, input="2"), PriceTier(above_tokens=5, input="3")),
        ),
    ],
)
def test_rows_that_are_no_price(row: PriceRow) -> None:
    with pytest.raises(ValueError):
        Price.build(row)


@pytest.mark.parametrize("text", ["", "-1", "1e2", "0.0000000001", "x"])
def test_rates_that_are_none(text: str) -> None:
    with pytest.raises(ValueError):
        Rate.parse(text)


def test_a_rate_has_one_spelling() -> None:
    assert Rate.parse("1.650") == Rate.parse("1.65")
    assert Rate.parse("1.650").text == "1.65"


def test_a_price_of_tokens_names_what_vendors_charge_beside_them() -> None:
    price = Price.build(GPT)
    assert price.tools["web_search"].text == "0.014"
    for row in (PriceRow(model="m", input="0"), PriceRow(model="m", per_call="1")):
        assert not Price.build(row).tools
    own = Price.build(PriceRow(model="m", input="1", tools={"web_search": "0"}))
    assert own.tools["web_search"].atoms == 0
    assert own.tools["maps"].text == "0.025"


def test_a_tier_s_factor_is_of_tokens_alone() -> None:
    row = PriceRow(model="m", input="1", tools={"maps": "1"}, service_tiers={"flex": "0.5"})
    price = Price.build(row)

    def made(tier: str) -> int:
        usage = Usage(input_fresh=1_000_000, units={"maps": 1}, tier=tier)
        return charge(usage, price, Rate.parse("2")).nanos

    usd = 1_000_000_000
    assert made("") == 4 * usd
    assert made("flex") == 3 * usd
    assert made("flex?") == 4 * usd, "only asked for: nothing becomes cheaper"
    assert made("priority") == made("priority?") == 6 * usd
    assert made("what-is-this") == 4 * usd


@given(st.integers(0, 10**6), DECIMALS, st.sampled_from(["", "flex", "priority", "fast"]))
def test_a_bound_covers_tier_and_tools(tokens: int, price: str, tier: str) -> None:
    built = Price.build(PriceRow(model="m", input=price, tools={"maps": "0.3"}))
    beside = Beside(tier, (("maps", 2), ("unknown", 5)))
    usage = Usage(input_fresh=tokens, units={"maps": 2, "unknown": 5}, tier=tier)
    assert charge(usage, built, ONE).nanos <= bound(tokens, 0, built, ONE, beside=beside)

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waystation.kernel import money

NANOS = st.integers(min_value=-(10**20), max_value=10**20)


def test_known_amounts() -> None:
    assert money.parse_usd("0.2") == 200_000_000
    assert money.parse_usd("-3") == -3_000_000_000
    assert money.parse_usd("5.000000000000") == 5_000_000_000
    assert money.format_usd(8850) == "0.00000885"
    assert money.format_usd(0) == "0"
    assert money.format_usd(-1) == "-0.000000001"
    assert money.legacy_units(1_000_000_000) == 500_000
    assert money.legacy_units(1_999) == 0
    assert money.nanos_of_legacy_units(500_000) == 1_000_000_000
    assert money.format_cents(80_000_000) == "8"
    assert money.parse_cents("8.5") == 85_000_000
    assert money.percent_of(1_000, 80) == 800
    assert money.format_usd_up(1_000_000_001) == "1.000001"
    assert money.format_usd_down(1_000_999_999) == "1.000999"


@given(NANOS)
def test_text_and_back(nanos: int) -> None:
    text = money.format_usd(nanos)
    assert money.parse_usd(text) == nanos
    assert "e" not in text.lower()
    assert Fraction(text) * 10**9 == nanos
    assert json.loads(text, parse_int=Decimal, parse_float=Decimal) * 10**9 == nanos


@given(NANOS)
def test_cents_and_back(nanos: int) -> None:
    assert money.parse_cents(money.format_cents(nanos)) == nanos


@given(NANOS, st.integers(0, 9))
def test_rounded_texts_bracket_the_amount(nanos: int, places: int) -> None:
    down = money.parse_usd(money.format_usd_down(nanos, places))
    up = money.parse_usd(money.format_usd_up(nanos, places))
    assert down <= nanos <= up
    assert up - down in (0, 10 ** (9 - places))


@pytest.mark.parametrize(
    "text",
    ["", "-", ".", ".5", "5.", "1e3", "+1", " 1", "1 ", "1,5", "0x1", "NaN", "inf", "١", "1.٢",
     "--1", "1.2.3", "1.-2", "0.0000000001", "1" * 31, "1_000"],
)  # fmt: skip
def test_what_is_not_an_amount(text: str) -> None:
    with pytest.raises(ValueError):
        money.parse_usd(text)

"""The catalogue against the library itself: what we charge is what it calculates."""

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

import genai_prices.types as library
import pytest
from genai_prices.data import providers
from genai_prices.types import ModelPrice, TieredPrices

from waystation.control.official_prices.amounts import amounts_of, dearest, fields_of
from waystation.control.official_prices.catalogue import (
    LIBRARY,
    CatalogueEntry,
    catalogue,
)
from waystation.control.official_prices.makers import FREE
from waystation.ledger.prices import ONE, Price, PriceBook, PriceRow, bound, charge
from waystation.meter.usage import Usage

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
USAGES = (
    Usage(input_fresh=1_000, output_text=500),
    Usage(input_fresh=17, input_cache_read=4_711, output_text=3, output_reasoning=20),
    Usage(input_fresh=250_001, input_cache_read=50_000, output_text=1_001),
)
PROMPTS = (Usage(input_fresh=1_000), Usage(input_fresh=250_001))


@pytest.fixture(scope="module")
def entries() -> list[CatalogueEntry]:
    return catalogue()


@pytest.fixture(scope="module")
def book(entries: list[CatalogueEntry]) -> PriceBook:
    return PriceBook.build([entry.row for entry in entries])


def by_library(provider: library.Provider, name: str, usage: Usage) -> int | None:
    """nanos, by the library's own sums; None where the price depends on the hour."""
    model = provider.find_model(name)
    assert model is not None
    if isinstance(model.prices, list) and any(
        isinstance(price.constraint, library.TimeOfDateConstraint) for price in model.prices
    ):
        return None
    asked = library.Usage(
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.input_cache_read,
        output_tokens=usage.output_tokens,
    )
    total = model.calc_price(asked, provider, genai_request_timestamp=NOW).total_price
    return int((total * 10**9).to_integral_value(rounding=ROUND_HALF_UP))


def test_each_name_costs_what_the_library_says(entries, book) -> None:
    makers = {provider.id: provider for provider in providers}
    compared = Counter()
    free = {name for names in FREE.values() for name in names}
    for entry in entries:
        name = entry.row.model
        price = book.find(name, NOW_MS)
        if name in free or price is None:
            continue
        if name.endswith("*"):
            continue  # as names: those that begin so are compared below
        if entry.library != LIBRARY:
            continue  # pictures, which are a list of our own
        for usage in USAGES if entry.row.output is not None else PROMPTS:
            expected = by_library(makers[entry.maker], name, usage)
            if expected is not None:
                assert charge(usage, price, ONE).nanos == expected, name
                compared[entry.maker] += 1
    assert sum(compared.values()) > 1000
    assert len(compared) >= 10


@pytest.mark.parametrize(
    ("name", "maker"),
    [
        ("claude-3-5-sonnet-20241022", "anthropic"),
        ("claude-sonnet-4-5-20250929", "anthropic"),
        ("gpt-4o-2024-08-06", "openai"),
        ("gpt-5-nano-2025-08-07", "openai"),
        ("gemini-2.5-pro", "google"),
        ("mistral-large-latest", "mistral"),
        ("llama-3.3-70b-versatile", "groq"),
    ],
)
def test_well_known_names_have_their_maker_s_price(book, name, maker) -> None:
    price = book.find(name, NOW_MS)
    assert price is not None
    assert f" {maker}/" in price.version
    provider = next(provider for provider in providers if provider.id == maker)
    for usage in USAGES:
        assert charge(usage, price, ONE).nanos == by_library(provider, name, usage)


def test_each_row_has_source_and_date(entries) -> None:
    assert len(entries) > 500
    for entry in entries:
        assert entry.row.source == "catalogue"
        assert entry.url.startswith("https://")
        assert entry.library.startswith(("genai-prices ", "pictures 2", "sounds 2"))
        assert entry.row.version.startswith(entry.library)
        assert (entry.row.effective_ms > 0) == bool(entry.since)
        Price.build(entry.row)


def test_no_name_has_two_prices_at_one_time(entries) -> None:
    counted = Counter((entry.row.model, entry.row.effective_ms) for entry in entries)
    assert [name for name, count in counted.items() if count > 1] == []


def test_prices_follow_their_dates(entries, book) -> None:
    dated = {entry.row.model for entry in entries if entry.since}
    assert dated
    for name in dated:
        steps = sorted(e.row.effective_ms for e in entries if e.row.model == name)
        for start in steps:
            price = book.find(name.removesuffix("*"), start)
            assert price is not None
            assert price.effective_ms == start


def test_moderation_is_free_and_nothing_else_is_by_accident(entries) -> None:
    book = PriceBook.build([entry.row for entry in entries])
    price = book.find("omni-moderation-latest", NOW_MS)
    assert price is not None
    assert bound(10**6, 0, price, ONE) == 0
    free = {
        entry.row.model
        for entry in entries
        if bound(10**6, 10**6, Price.build(entry.row), ONE) == 0
        and Price.build(entry.row).pays("chat")  # of sound alone: no chat gets it
    }
    assert free == {name for names in FREE.values() for name in names}


def test_what_a_row_cannot_say_is_left_out(book) -> None:
    whisper = book.find("whisper-1", NOW_MS)
    assert whisper is not None
    assert whisper.version.startswith("sounds ")  # the library's hours are not read
    assert book.find("a-model-nobody-made", NOW_MS) is None
    for price in (
        ModelPrice(),
        ModelPrice(output_mtok=Decimal(1)),
        ModelPrice(input_mtok=Decimal(1), requests_kcount=Decimal(5)),
        ModelPrice(audio_hours=Decimal(1)),
    ):
        assert amounts_of(price) is None


def test_every_kind_finds_its_field() -> None:
    tiered = TieredPrices(
        base=Decimal("1.50"),
        tiers=[library.Tier(start=100, price=Decimal("3")), library.Tier(200, Decimal("4"))],
    )
    output = TieredPrices(base=Decimal(2), tiers=[library.Tier(start=200, price=Decimal("5.10"))])
    amounts = amounts_of(
        ModelPrice(
            input_mtok=tiered,
            output_mtok=output,
            cache_read_mtok=Decimal("0.1"),
            cache_write_mtok=Decimal("0.2"),
            cache_write_1h_mtok=Decimal("0.3"),
            output_reasoning_mtok=Decimal("0.4"),
            input_audio_mtok=Decimal("0.5"),
            output_audio_mtok=Decimal("0.6"),
            input_image_mtok=Decimal("0.7"),
            output_image_mtok=Decimal("0.8"),
            cache_audio_read_mtok=Decimal("0.9"),
            web_searches_kcount=Decimal(25),
        )
    )
    assert amounts is not None
    row = PriceRow(model="m", **fields_of(amounts))
    assert (row.input, row.output, row.cached_input) == ("1.5", "2", "0.1")
    assert (row.cache_write_5m, row.cache_write_1h, row.reasoning) == ("0.2", "0.3", "0.4")
    assert (row.audio_in, row.audio_out, row.image_in, row.image_out) == (
        "0.5",
        "0.6",
        "0.7",
        "0.8",
    )
    assert row.tools == {"web_search": "0.025"}
    assert [(t.above_tokens, t.input, t.output) for t in row.tiers] == [
        (100, "3", "2"),
        (200, "4", "5.1"),
    ]


def test_prices_by_the_hour_are_taken_at_their_dearest(book) -> None:
    cheap, dear = {"input_mtok": Decimal(1)}, {"input_mtok": Decimal(2), "output_mtok": Decimal(3)}
    assert dearest([cheap, dear]) == dearest([dear, cheap]) == dear
    provider = next(provider for provider in providers if provider.id == "deepseek")
    model = provider.find_model("deepseek-chat")
    price = book.find("deepseek-chat", NOW_MS)
    usage = USAGES[0]
    asked = library.Usage(input_tokens=1_000, output_tokens=500)
    hours = [NOW.replace(hour=hour) for hour in range(24)]
    costs = {
        model.calc_price(asked, provider, genai_request_timestamp=h).total_price for h in hours
    }
    assert len(costs) > 1
    assert charge(usage, price, ONE).nanos == max(costs) * 10**9


def test_a_gateway_does_not_load_the_library() -> None:
    script = (
        "import sys, waystation.ledger.prices, waystation.routing.choice;"
        "import waystation.admission.admit;"
        "sys.exit(any(name.startswith('genai_prices') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], timeout=30, check=False).returncode == 0


def test_sounds_cost_what_their_makers_say(book) -> None:
    """By the units that the makers name: a million characters, an hour."""
    cases = {
        "tts-1": (Usage(units={"characters": 1_000_000}), 15),
        "tts-1-hd": (Usage(units={"characters": 1_000_000}), 30),
        "whisper-1": (Usage(units={"seconds": 3600}), Decimal("0.36")),
        "whisper-large-v3": (Usage(units={"seconds": 3600}), Decimal("0.111")),
        "whisper-large-v3-turbo": (Usage(units={"seconds": 3600}), Decimal("0.04")),
        "gpt-4o-transcribe": (Usage(units={"seconds": 60}), Decimal("0.006")),
        "gpt-4o-mini-tts": (Usage(units={"characters": 9, "seconds": 60}), Decimal("0.015")),
    }
    for model, (usage, dollars) in cases.items():
        assert charge(usage, book.find(model, NOW_MS), ONE).nanos == dollars * 10**9, model
    told = Usage(input_fresh=10, audio_in=600, output_text=100, units={"seconds": 60}, exact=True)
    by_token = charge(told, book.find("gpt-4o-transcribe", NOW_MS), ONE)
    assert by_token.nanos == 10 * 2_500 + 600 * 6_000 + 100 * 10_000

"""Prices of pictures: tables, rounding down to nothing, the shipped list."""

from pathlib import Path

import pytest

from waystation.control.endpoints.pricing import prices_at
from waystation.control.official_prices.catalogue import catalogue
from waystation.control.official_prices.pictures import MADE, PICTURE_PRICES
from waystation.dialects.pictures.names import canonical
from waystation.ledger.prices import (
    ONE,
    Price,
    PriceBook,
    PriceImage,
    PriceRow,
    Rate,
    charge,
    picture_bound,
)
from waystation.meter.usage import Usage

USD = 10**9
GUIDES = Path(__file__).parents[2] / "docs" / "guides"
NAMED = [
    "dall-e-2",
    "dall-e-3",
    "gpt-image-1",
    "gpt-image-1-mini",
    "gpt-image-1.5",
    "flux",
    "flux-dev",
    "flux-pro",
    "flux.1.1-pro",
    "flux-pro-1.1",
    "flux-pro-1.1-ultra",
    "flux-kontext-pro",
    "flux-kontext-max",
    "stable-diffusion",
    "stable-diffusion-api",
    "stable-diffusion-3.5-large-turbo",
    "stable-diffusion-3-medium",
    "stable-diffusion-xl-base-1.0",
    "ideogram",
    "V_1",
    "V_1_TURBO",
    "V_2",
    "V_2_TURBO",
    "V_2A",
    "V_3",
    "recraftv3",
    "recraft20b",
    "imagen-4.0-generate-001",
    "imagen-3.0-generate-002",
    "gemini-2.5-flash-image",
    "gemini-3-pro-image-preview",
]


@pytest.fixture(scope="module")
def book() -> PriceBook:
    return PriceBook.build([entry.row for entry in catalogue()])


@pytest.mark.parametrize("name", NAMED)
def test_every_model_that_the_pages_name_has_a_price(book: PriceBook, name: str) -> None:
    price = book.find(canonical(name), 1)
    assert price is not None
    assert price.pictures is not None
    one = charge(Usage(units={"images": 1}), price, ONE)
    assert 0 < one.nanos < USD


@pytest.mark.parametrize(
    ("model", "size", "quality", "usd"),
    [
        ("dall-e-2", "256x256", "standard", 0.016),
        ("dall-e-3", "1024x1024", "standard", 0.04),
        ("dall-e-3", "1792x1024", "hd", 0.12),
        ("gpt-image-1", "1024x1024", "low", 0.011),
        ("gpt-image-1", "", "", 0.25),
        ("gpt-image-1", "1024x1024", "", 0.167),
        ("ideogram-v3", "", "quality", 0.09),
        ("recraftv3", "1365x1024", "vector", 0.08),
        ("recraftv3", "1365x1024", "", 0.04),
        ("gemini-3-pro-image", "4K", "", 0.24),
    ],
)
def test_official_prices(book: PriceBook, model: str, size: str, quality: str, usd: float) -> None:
    price = book.find(model, 1)
    assert price is not None
    usage = Usage(units={"images": 2}, size=size, quality=quality)
    assert charge(usage, price, ONE).nanos == round(2 * usd * USD)
    assert picture_bound(usage, price, ONE) >= charge(usage, price, ONE).nanos


def test_each_has_its_page_and_no_name_twice() -> None:
    names = [name for each in PICTURE_PRICES for name in each.names]
    assert len(set(names)) == len(names)
    for each in PICTURE_PRICES:
        assert each.url.startswith("https://")
        assert each.source.startswith("https://") or each.seen == "operator must confirm"
        assert each.date == MADE
    origins = {entry.row.model: entry for entry in catalogue()}
    assert origins["gpt-image-1"].seen == "maker's page"
    assert origins["flux-pro"].seen == "operator must confirm"


def test_tokens_win_where_they_are_told() -> None:
    price = Price.build(PriceRow(model="m", input="5", image_out="40", per_image="0.5"))
    told = Usage(input_fresh=10, image_out=1000, units={"images": 1}, exact=True)
    assert charge(told, price, ONE).nanos == 10 * 5_000 + 1000 * 40_000
    assert charge(Usage(units={"images": 1}), price, ONE).nanos == USD // 2
    assert picture_bound(told, price, ONE) == USD // 2


def test_a_chat_that_drew_counts_as_one_a_call() -> None:
    price = Price.build(PriceRow(model="m", per_image="0.02"))
    assert charge(Usage(input_fresh=99, output_text=99), price, ONE).nanos == USD // 50
    assert charge(Usage(units={"images": 0}), price, ONE).nanos == 0
    assert charge(Usage(units={"images": 3}), price, Rate.parse("0.5")).nanos == 3 * USD // 100
    assert charge(Usage(units={"images": 3}), price, ONE).parts == (("image", 3, "0.02"),)


def test_what_no_row_names_is_never_cheap() -> None:
    rows = (
        PriceImage(size="1x1", quality="low", price="0.1"),
        PriceImage(size="1x1", quality="high", price="0.3"),
        PriceImage(size="2x2", price="0.2"),
    )
    price = Price.build(PriceRow(model="m", images=rows)).pictures
    assert price is not None
    assert price.of("2x2", "high").text == "0.2"
    assert price.of("1x1", "").text == "0.3"
    assert price.of("9x9", "medium").text == "0.3"
    assert price.most("auto", "low").text == "0.2"
    assert price.most("1x1", "auto").text == "0.3"


def test_a_price_that_makes_no_sense() -> None:
    twice = PriceImage(size="1x1", price="1")
    for row in (PriceRow(model="m", images=(twice, twice)), PriceRow(model="m", per_image="-1")):
        with pytest.raises(ValueError, match=r"twice|negative"):
            Price.build(row)


def test_prices_of_pictures_are_shown(book: PriceBook) -> None:
    half = Rate.parse("0.5")
    flat, table, tokens = (
        book.find(name, 1) for name in ("flux-dev", "ideogram-v3", "gpt-image-1")
    )
    assert flat is not None
    assert table is not None
    assert tokens is not None
    assert prices_at(flat, half) == {"per_image": "0.0125"}
    shown = prices_at(table, ONE)
    assert (shown["per_image"], shown["image:*:quality"]) == ("0.06", "0.09")
    shown = prices_at(tokens, ONE)
    assert (shown["input"], shown["image:1024x1024:low"]) == ("5", "0.011")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_guide_says_what_was_looked_at(language: str) -> None:
    guide = (GUIDES / language / "pictures.md").read_text()
    names: dict[str, list[str]] = {}
    for each in PICTURE_PRICES:
        names.setdefault(each.seen, []).extend(f"`{name}`" for name in each.names)
    assert set(names) == {"maker's page", "third-party copy", "operator must confirm"}
    for seen in names.values():
        assert ", ".join(seen) in guide
    for source in {each.source for each in PICTURE_PRICES} - {""}:
        row = next(line for line in guide.splitlines() if line.startswith(f"| <{source}> |"))
        of_it = [name for each in PICTURE_PRICES if each.source == source for name in each.names]
        assert all(f"`{name}`" in row for name in of_it)
    assert MADE in guide

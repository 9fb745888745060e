"""From a price of genai-prices to the fields of a row of ours. Decimals stay decimals."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from genai_prices.types import ModelPrice, TieredPrices

from waystation.ledger.prices import PriceTier

_FIELDS: Mapping[str, str] = {
    "input_mtok": "input",
    "cache_read_mtok": "cached_input",
    "cache_write_mtok": "cache_write_5m",
    "cache_write_5m_mtok": "cache_write_5m",
    "cache_write_1h_mtok": "cache_write_1h",
    "output_mtok": "output",
    "output_reasoning_mtok": "reasoning",
    "input_audio_mtok": "audio_in",
    "output_audio_mtok": "audio_out",
    "input_image_mtok": "image_in",
    "output_image_mtok": "image_out",
}
_TOOLS: Mapping[str, str] = {
    "web_searches_kcount": "web_search",
    "storage_searches_kcount": "file_search",
    "code_executions_kcount": "code_interpreter",
}
_FINER = frozenset({"cache_audio_read_mtok", "cache_image_read_mtok"})
"""Kinds that we do not tell apart from plain cache reads."""

Amount = Decimal | TieredPrices
Amounts = dict[str, Amount]


def amounts_of(price: ModelPrice) -> Amounts | None:
    """What it names, by its own keys. None: it charges for something that a row cannot say, or
    not for tokens at all, so leaving that out would sell it too cheap."""
    named = {key: value for key, value in price.__dict__.items() if value is not None}
    unknown = named.keys() - _FIELDS.keys() - _TOOLS.keys() - _FINER
    if unknown or "input_mtok" not in named:
        return None
    return named


def dearest(prices: Iterable[Amounts]) -> Amounts:
    """Each key's dearest amount, for prices that change with the hour of the day."""
    found: Amounts = {}
    for amounts in prices:
        for key, amount in amounts.items():
            if key not in found or _base(amount) > _base(found[key]):
                found[key] = amount
    return found


def fields_of(amounts: Amounts) -> dict[str, Any]:
    """The fields of a PriceRow: decimal text, tiers and tools."""
    fields: dict[str, Any] = {}
    for key, name in _FIELDS.items():
        if key in amounts:
            fields[name] = _text(_base(amounts[key]))
    fields["tools"] = {
        name: _text(_base(amounts[key]) / 1000) for key, name in _TOOLS.items() if key in amounts
    }
    fields["tiers"] = tuple(_tiers(amounts))
    return fields


def _tiers(amounts: Amounts) -> Iterable[PriceTier]:
    """The union of all kinds' steps; each tier repeats what the steps below it changed."""
    tiered = {k: v for k, v in amounts.items() if isinstance(v, TieredPrices) and k in _FIELDS}
    starts = sorted({tier.start for price in tiered.values() for tier in price.tiers})
    for start in starts:
        fields = {_FIELDS[key]: _text(_at(price, start)) for key, price in tiered.items()}
        yield PriceTier(above_tokens=start, **fields)


def _at(price: TieredPrices, start: int) -> Decimal:
    """What applies to prompts of more than `start` tokens."""
    reached = [tier.price for tier in price.tiers if tier.start <= start]
    return reached[-1] if reached else price.base


def _base(amount: Amount) -> Decimal:
    return amount.base if isinstance(amount, TieredPrices) else amount


def _text(amount: Decimal) -> str:
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text

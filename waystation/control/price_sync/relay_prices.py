"""The price list of another relay of the family (`/api/pricing`), read as money.

A model_ratio of 1 is 2 USD per 1,000,000 input tokens; other kinds are factors of the input's. A
quota_type of 1 is a price by call. What they charge us is that, times the ratio of our group there.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from waystation.control.apply.fields import MODEL_LENGTH_MAX, model_problem
from waystation.control.outward import OutwardFault, ask_json
from waystation.ledger.price import Price
from waystation.ledger.price_row import PriceRow
from waystation.settings import Settings

LIST_BYTES_MAX = 16 * 1024 * 1024
MODELS_MAX = 20_000
_USD_PER_RATIO = Decimal(2)
_PLACES = Decimal("0.000000001")
_FACTORS = {
    "cache_ratio": "cached_input",
    "create_cache_ratio": "cache_write_5m",
    "image_ratio": "image_in",
    "audio_ratio": "audio_in",
}
"""Of the input's price."""


class Told(msgspec.Struct, frozen=True):
    """rows: what could be read. unread: models whose price is none, or says nothing. groups: their
    ratios there."""

    rows: tuple[PriceRow, ...]
    unread: tuple[str, ...]
    groups: Mapping[str, str]


async def fetch_relay(settings: Settings, url: str, allow_private: bool) -> Any:
    """url: of the relay, or of the list. Raises OutwardFault."""
    base = url.rstrip("/")
    path = base if base.endswith("/pricing") else f"{base}/api/pricing"
    return await ask_json(settings, path, allow_private=allow_private, bytes_max=LIST_BYTES_MAX)


def read_relay(told: Any, group: str, factor: Decimal) -> Told:
    """group: whose ratio is taken into the prices; "": none's. Raises OutwardFault."""
    if not isinstance(told, dict) or not isinstance(told.get("data"), list):
        raise OutwardFault("it answered no price list")
    groups = {str(k): v for k, v in _table(told.get("group_ratio")).items() if _number(v)}
    if group and group not in groups:
        raise OutwardFault(f"it has no group {group!r}")
    ratio = factor * (_number(groups[group]) or Decimal(1) if group else Decimal(1))
    rows: dict[str, PriceRow] = {}
    unread: list[str] = []
    for entry in told["data"][:MODELS_MAX]:
        name = entry.get("model_name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not 0 < len(name) <= MODEL_LENGTH_MAX:
            continue
        row = None if model_problem(name) else _row(name, entry, ratio)
        if row is None:
            unread.append(name)
        else:
            rows[name] = row
    shown = {name: f"{_number(value):f}" for name, value in groups.items()}
    return Told(tuple(rows.values()), tuple(unread), shown)


def _row(name: str, entry: Mapping[str, Any], ratio: Decimal) -> PriceRow | None:
    """None: it names no price. Zero is none: relays say so of what they never priced."""
    kinds = {kind: _text(value * ratio) for kind, value in _kinds(entry)}
    if not any(Decimal(text) for text in kinds.values()):
        return None
    row = msgspec.convert({"model": name, **kinds}, PriceRow)
    try:
        Price.build(row)
    except ValueError:
        return None
    return row


def _kinds(entry: Mapping[str, Any]) -> Iterator[tuple[str, Decimal]]:
    if entry.get("quota_type") == 1:
        price = _number(entry.get("model_price"))
        if price is not None:
            yield "per_call", price
        return
    ratio = _number(entry.get("model_ratio"))
    if ratio is None:
        return
    base = ratio * _USD_PER_RATIO
    yield "input", base
    completion = _number(entry.get("completion_ratio"))
    if completion is not None:
        yield "output", base * completion
    for field, kind in _FACTORS.items():
        factor = _number(entry.get(field))
        if factor is not None:
            yield kind, base * factor
    audio = _number(entry.get("audio_ratio"))
    spoken = _number(entry.get("audio_completion_ratio"))
    if audio is not None and spoken is not None:
        yield "audio_out", base * audio * spoken


def _number(value: Any) -> Decimal | None:
    """From 0 on, as it was written."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = Decimal(repr(value))
    return number if number.is_finite() and 0 <= number <= 10**6 else None


def _table(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Decimal) -> str:
    text = f"{value.quantize(_PLACES):f}"
    return text.rstrip("0").rstrip(".")

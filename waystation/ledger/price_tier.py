"""One tier of a price, in integers: what each kind of token costs while it applies."""

from typing import Any

import msgspec

from waystation.kernel.money import format_decimal, parse_decimal
from waystation.ledger.price_row import PriceRow, PriceTier
from waystation.meter.usage import TOKEN_KINDS

ATOMS_PER_NANO = 1_000_000_000
"""Fine enough for twelve decimal places of USD per million tokens."""

_PLACES_PER_MILLION = 12  # USD / 10^6 tokens = 10^3 nanos = 10^12 atoms a token
_PLACES_PER_UNIT = 18  # USD a unit = 10^9 nanos = 10^18 atoms

ROW_FIELDS = (
    "input",
    "cached_input",
    "cache_write_5m",
    "cache_write_1h",
    "output",
    "reasoning",
    "audio_in",
    "audio_out",
    "image_in",
    "image_out",
)


class UnitPrice(msgspec.Struct, frozen=True, array_like=True):
    """atoms: of one token, call or unit. text: USD per million tokens, or per call or unit."""

    atoms: int
    text: str


class Tier(msgspec.Struct, frozen=True):
    """Applies to prompts of more than above_tokens. kinds: (kind of Usage, atoms, text) for every
    kind of token, in the order of TOKEN_KINDS. input_atoms, output_atoms: the dearest plausible
    token of each side."""

    above_tokens: int
    kinds: tuple[tuple[str, int, str], ...]
    input_atoms: int
    output_atoms: int
    media_in_atoms: int
    media_out_atoms: int


def unit_price(text: str) -> UnitPrice:
    """USD per call, second, character, … Raises ValueError: not a decimal, negative, too fine."""
    atoms = _amount(text, _PLACES_PER_UNIT)
    return UnitPrice(atoms=atoms, text=format_decimal(atoms, _PLACES_PER_UNIT))


def build_tier(row: PriceRow, tier: PriceTier | None) -> Tier:
    """The row's prices with the tier's laid over them and the defaults filled in."""
    told: dict[str, int] = {}
    for name in ROW_FIELDS:
        text = (tier and getattr(tier, name)) or getattr(row, name)
        if text is not None:
            told[name] = _amount(text, _PLACES_PER_MILLION)
    return _complete(told, tier.above_tokens if tier else 0)


def _amount(text: str, places: int) -> int:
    amount = parse_decimal(text, places)
    if amount < 0:
        raise ValueError(f"a price is never negative: {text!r}")
    return amount


def _complete(told: dict[str, int], above_tokens: int) -> Tier:
    input_atoms = told.get("input", 0)
    output_atoms = told.get("output", input_atoms)
    write_atoms = told.get("cache_write_5m", input_atoms)
    atoms: dict[str, int] = {
        "input_fresh": input_atoms,
        "input_cache_read": told.get("cached_input", input_atoms),
        "input_cache_write_5m": write_atoms,
        "input_cache_write_1h": told.get("cache_write_1h", write_atoms),
        "output_text": output_atoms,
        "output_reasoning": told.get("reasoning", output_atoms),
        "audio_in": told.get("audio_in", input_atoms),
        "audio_out": told.get("audio_out", output_atoms),
        "image_in": told.get("image_in", input_atoms),
        "image_out": told.get("image_out", output_atoms),
    }
    dearest_in = max(value for kind, value in atoms.items() if kind.startswith("input"))
    dearest_out = max(value for kind, value in atoms.items() if kind.startswith("output"))
    kinds: Any = ((kind, atoms[kind], _per_million(atoms[kind])) for kind in TOKEN_KINDS)
    return Tier(
        above_tokens=above_tokens,
        kinds=tuple(kinds),
        input_atoms=dearest_in,
        output_atoms=dearest_out,
        media_in_atoms=max(dearest_in, atoms["audio_in"], atoms["image_in"]),
        media_out_atoms=max(dearest_out, atoms["audio_out"], atoms["image_out"]),
    )


def _per_million(atoms: int) -> str:
    return format_decimal(atoms, _PLACES_PER_MILLION)

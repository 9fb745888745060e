"""The price of a model and the rate of a group, in integers so that a charge is exact."""

from collections.abc import Mapping
from hashlib import sha256

import msgspec

from waystation.kernel.money import format_decimal, parse_decimal
from waystation.ledger.picture_price import PicturePrice, picture_price
from waystation.ledger.price_row import PriceRow, PriceSource
from waystation.ledger.price_tier import ROW_FIELDS, Tier, UnitPrice, build_tier, unit_price
from waystation.ledger.sound_price import SoundPrice, sound_price
from waystation.meter.beside import ASSUMED

RATE_PLACES = 9
RATE_SCALE: int = 10**RATE_PLACES


class Rate(msgspec.Struct, frozen=True):
    """A factor of the official price. text: canonical decimal; scaled: × 10^9."""

    text: str
    scaled: int

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Raises ValueError: not a decimal, negative, more than nine places."""
        scaled = parse_decimal(text, RATE_PLACES)
        if scaled < 0:
            raise ValueError(f"a rate is never negative: {text!r}")
        return cls(text=format_decimal(scaled, RATE_PLACES), scaled=scaled)


ONE = Rate.parse("1")
SOUNDS = frozenset({"", "speech", "transcription", "translation"})
"""The operations that a price of sound is for; "": none in particular."""


TOOLS_ELSE = {
    "web_search": "0.014",
    "x_search": "0.005",
    "search_source": "0.025",
    "file_search": "0.0025",
    "code_interpreter": "0.03",
    "image_generation": "0.25",
    "maps": "0.025",
}
"""USD per call of what vendors charge beside tokens, for prices per token that do not name it: from
the makers' own price pages of November 2026, nothing is free by omission."""

SERVICE_TIERS_ELSE = {"priority": "2", "fast": "6"}
"""Factors of the tiers that are dearer than usual; every other is 1."""


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What a model costs, official, in atoms. tiers: by rising above_tokens, the first from 0.
    pictures, sound: None where none has a price. by_token: the row names token prices.
    service_tiers: factors by their name."""

    model: str
    version: str
    source: PriceSource
    effective_ms: int
    tiers: tuple[Tier, ...]
    per_call: UnitPrice | None
    tools: Mapping[str, UnitPrice]
    service_tiers: Mapping[str, Rate]
    pictures: PicturePrice | None = None
    sound: SoundPrice | None = None
    by_token: bool = True

    @classmethod
    def build(cls, row: PriceRow) -> "Price":
        """Raises ValueError for a row that says nothing, or nonsense."""
        _check(row)
        tiers = [build_tier(row, None)]
        tiers += [build_tier(row, t) for t in sorted(row.tiers, key=lambda t: t.above_tokens)]
        return cls(
            model=row.model,
            version=row.version or _digest(row),
            source=row.source,
            effective_ms=row.effective_ms,
            tiers=tuple(tiers),
            per_call=None if row.per_call is None else unit_price(row.per_call),
            tools={name: unit_price(text) for name, text in _tools(row).items()},
            service_tiers=_service_tiers(row),
            pictures=picture_price(row),
            sound=sound_price(row),
            by_token=row.input is not None,
        )

    def factor(self, tier: str) -> Rate:
        """Of a service tier. One that was only asked for makes nothing cheaper."""
        found = self.service_tiers.get(tier.removesuffix(ASSUMED), ONE)
        return ONE if tier.endswith(ASSUMED) and found.scaled < RATE_SCALE else found

    def pays(self, operation: str) -> bool:
        """False where this price would let an operation go for nothing: it is of sound alone."""
        if self.by_token or self.sound is None or operation in SOUNDS:
            return True
        return self.per_call is not None or self.pictures is not None

    def tier(self, prompt_tokens: int) -> Tier:
        """The one that a prompt of this length falls into."""
        tiers = self.tiers
        found = tiers[0]
        if len(tiers) > 1:
            for tier in tiers[1:]:
                if prompt_tokens <= tier.above_tokens:
                    break
                found = tier
        return found


def _tools(row: PriceRow) -> Mapping[str, str]:
    """What the row says, and what it leaves out where it sells tokens for money."""
    told = (row.input, row.output)
    sells = any(text is not None and text.strip("0.") for text in told)
    return {**TOOLS_ELSE, **row.tools} if sells else row.tools


def _service_tiers(row: PriceRow) -> dict[str, Rate]:
    factors = {**SERVICE_TIERS_ELSE, **row.service_tiers}
    return {tier: Rate.parse(text) for tier, text in factors.items()}


def _check(row: PriceRow) -> None:
    told = any(getattr(row, name) is not None for name in ROW_FIELDS)
    if told and row.input is None:
        raise ValueError(f"the price of {row.model!r} names token prices but no input price")
    pictured = row.per_image is not None or row.images
    sounded = row.per_character is not None or row.per_second is not None
    if not (told or row.per_call is not None or row.tools or pictured or sounded):
        raise ValueError(f"the price of {row.model!r} is empty")
    starts = [tier.above_tokens for tier in row.tiers]
    if any(start < 1 for start in starts) or len(set(starts)) != len(starts):
        raise ValueError(f"the tiers of {row.model!r} need different limits above 0")


def _digest(row: PriceRow) -> str:
    return sha256(msgspec.json.encode(row, order="deterministic")).hexdigest()[:12]


FREE = Price.build(PriceRow(model="*", version="free", source="catalogue", input="0"))
"""What vendors that are free by default cost where nobody set a price."""

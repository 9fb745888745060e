"""The price of a model and the rate of a group, in integers so that a charge is exact."""

from collections.abc import Mapping
from hashlib import sha256

import msgspec

from waystation.kernel.money import format_decimal, parse_decimal
from waystation.ledger.picture_price import PicturePrice, picture_price
from waystation.ledger.price_row import PriceRow, PriceSource
from waystation.ledger.price_tier import ROW_FIELDS, Tier, UnitPrice, build_tier, unit_price
from waystation.ledger.sound_price import SoundPrice, sound_price

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


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What a model costs, official, in atoms. tiers: by rising above_tokens, the first from 0.
    pictures, sound: None where none has a price. by_token: the row names token prices."""

    model: str
    version: str
    source: PriceSource
    effective_ms: int
    tiers: tuple[Tier, ...]
    per_call: UnitPrice | None
    tools: Mapping[str, UnitPrice]
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
            tools={name: unit_price(text) for name, text in row.tools.items()},
            pictures=picture_price(row),
            sound=sound_price(row),
            by_token=row.input is not None,
        )

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

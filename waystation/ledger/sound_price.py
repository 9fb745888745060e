"""What speech and listening cost, by characters and seconds."""

import msgspec

from waystation.ledger.price_row import PriceRow
from waystation.ledger.price_tier import UnitPrice, unit_price


class SoundPrice(msgspec.Struct, frozen=True):
    """At least one of the two."""

    per_character: UnitPrice | None
    per_second: UnitPrice | None

    def basis(self, characters: int) -> tuple[str, UnitPrice]:
        """The unit of `Usage.units` that is paid for, and its price; characters: of the usage."""
        if self.per_character is not None and (characters or self.per_second is None):
            return "characters", self.per_character
        assert self.per_second is not None
        return "seconds", self.per_second


def sound_price(row: PriceRow) -> SoundPrice | None:
    """None for a row without prices of sound. Raises ValueError."""
    if row.per_character is None and row.per_second is None:
        return None
    return SoundPrice(
        None if row.per_character is None else unit_price(row.per_character),
        None if row.per_second is None else unit_price(row.per_second),
    )

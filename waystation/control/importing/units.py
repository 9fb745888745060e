"""Their units of quota and our nano-USD."""

from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from waystation.kernel.money import NANOS_PER_USD

USUAL_PER_USD = 500_000


class Units(NamedTuple):
    """How many of theirs are one USD, as a fraction: QuotaPerUnit of their options."""

    per_usd: int = USUAL_PER_USD
    over: int = 1

    @classmethod
    def parse(cls, text: str) -> "Units":
        """Raises ValueError."""
        try:
            top, bottom = Decimal(text).as_integer_ratio()
        except (InvalidOperation, ValueError, OverflowError):
            raise ValueError(f"QuotaPerUnit is {text!r}, which is no number") from None
        if top <= 0:
            raise ValueError(f"QuotaPerUnit is {text!r}, which is not above 0")
        return cls(top, bottom)

    def nanos(self, units: int) -> int:
        """Rounded half away from zero; exact where 10⁹ is a multiple of what one USD is."""
        magnitude = (2 * abs(units) * NANOS_PER_USD * self.over + self.per_usd) // (
            2 * self.per_usd
        )
        return -magnitude if units < 0 else magnitude

    def units(self, nanos: int) -> int:
        """Back again, rounded likewise."""
        scale = NANOS_PER_USD * self.over
        magnitude = (2 * abs(nanos) * self.per_usd + scale) // (2 * scale)
        return -magnitude if nanos < 0 else magnitude

    def usd_per_million(self, ratio: Decimal) -> str:
        """A ratio of theirs, units a token, as our price."""
        return decimal_text(ratio * 1_000_000 * self.over / self.per_usd)


def decimal_text(value: Decimal) -> str:
    """At most nine places, as prices have, without an exponent."""
    rounded = value.quantize(Decimal("1e-9"))
    text = f"{rounded:f}".rstrip("0").rstrip(".")
    return text or "0"

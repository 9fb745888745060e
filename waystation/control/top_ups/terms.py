"""On which terms credit is sold: the settings, judged and made whole with those of the site."""

from fractions import Fraction

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.site import Site, TopUpTerms, setting_in
from waystation.control.top_ups.amounts import (
    credit_nanos,
    currency_code,
    format_amount,
    parse_amount,
    parse_rate,
)
from waystation.kernel.money import parse_usd

PACKAGES_MAX = 20
CREDIT_NANOS_MAX = 10**16


class Refused(Exception):
    """This is not sold. field, reason."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field, reason)
        self.field, self.reason = field, reason


class Terms(msgspec.Struct, frozen=True):
    """currency: "" where nothing can be paid. packages: smallest units → nano-USD."""

    currency: str
    rate_text: str
    rate: Fraction
    minimum: int
    maximum: int
    packages: dict[int, int]

    def credit(self, amount: str) -> tuple[int, int]:
        """(what is paid, in smallest units; nano-USD that it buys). Raises Refused."""
        try:
            minor = parse_amount(amount, self.currency)
        except ValueError as wrong:
            raise Refused("amount", str(wrong)) from None
        nanos = self.packages.get(minor) or self._by_rate(minor)
        if not 0 < nanos <= CREDIT_NANOS_MAX:
            raise Refused("amount", "it buys no credit, or more than can be")
        return minor, nanos

    def _by_rate(self, minor: int) -> int:
        if not self.minimum <= minor <= self.maximum:
            least, most = (format_amount(m, self.currency) for m in (self.minimum, self.maximum))
            raise Refused("amount", f"from {least} to {most} {self.currency}")
        return credit_nanos(minor, self.currency, self.rate)


def terms_of(said: TopUpTerms, site: Site) -> Terms:
    """Raises Refused."""
    currency = currency_code(said.currency or site.display_currency)
    if said.currency and not currency:
        raise Refused("currency", "three letters, like CNY")
    rate_text = said.rate or site.display_rate
    try:
        rate = parse_rate(rate_text)
    except ValueError as wrong:
        raise Refused("rate", str(wrong)) from None
    bounds = [_amount(name, getattr(said, name), currency) for name in ("minimum", "maximum")]
    if bounds[0] > bounds[1]:
        raise Refused("maximum", "less than the minimum")
    return Terms(currency, rate_text, rate, bounds[0], bounds[1], _packages(said, currency))


def _packages(said: TopUpTerms, currency: str) -> dict[int, int]:
    if len(said.packages) > PACKAGES_MAX:
        raise Refused("packages", f"at most {PACKAGES_MAX}")
    packages: dict[int, int] = {}
    for each in said.packages:
        try:
            nanos = parse_usd(each.credit)
        except ValueError as wrong:
            raise Refused("packages", str(wrong)) from None
        minor = _amount("packages", each.amount, currency)
        if not 0 < nanos <= CREDIT_NANOS_MAX or minor in packages:
            raise Refused("packages", "each amount once, and a credit above 0")
        packages[minor] = nanos
    return packages


def _amount(field: str, text: str, currency: str) -> int:
    try:
        return parse_amount(text, currency)
    except ValueError as wrong:
        raise Refused(field, str(wrong)) from None


async def read_terms(connection: AsyncConnection) -> Terms:
    """As they are now; a site whose currency changed since may sell nothing. Raises Refused."""
    site = await setting_in(connection, Site)
    return terms_of(await setting_in(connection, TopUpTerms), site)

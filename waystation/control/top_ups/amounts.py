"""What is paid, in whole smallest units of a currency, and the credit it buys. No floats."""

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import floor

from waystation.kernel.money import NANOS_PER_USD, format_decimal, parse_decimal

_PLACES = 2
_WHOLE = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF".split()  # noqa: SIM905
)
"""Currencies whose smallest unit is the unit itself."""
_SIGNS = {"¥": "CNY", "￥": "CNY", "RMB": "CNY", "元": "CNY", "$": "USD", "US$": "USD", "€": "EUR"}
MINOR_MAX = 10**12


def currency_code(shown: str) -> str:
    """ISO 4217 of a currency as the site shows it; "": it is none that one can pay in."""
    text = shown.strip()
    code = _SIGNS.get(text, text).upper()
    return code if len(code) == 3 and code.isascii() and code.isalpha() else ""


def _places(currency: str) -> int:
    return 0 if currency in _WHOLE else _PLACES


def parse_amount(text: str, currency: str) -> int:
    """Decimal text → smallest units. Raises ValueError."""
    minor = parse_decimal(text, _places(currency))
    if not 0 < minor <= MINOR_MAX:
        raise ValueError(f"not an amount that can be paid: {text!r}")
    return minor


def format_amount(minor: int, currency: str) -> str:
    """Always with all places, as providers write it: 1000 → "10.00"."""
    places = _places(currency)
    text = format_decimal(minor, places)
    if not places:
        return text
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction:0<{places}}"


def parse_rate(text: str) -> Fraction:
    """Units of the currency for one USD of credit. Raises ValueError."""
    try:
        rate = Decimal(text)
    except InvalidOperation:
        rate = Decimal(0)
    if not rate.is_finite() or not Decimal("0.000001") <= rate < 10**9 or len(text) > 32:
        raise ValueError("a decimal above 0")
    return Fraction(rate)


def credit_nanos(minor: int, currency: str, rate: Fraction) -> int:
    """Rounded half up."""
    return floor(Fraction(minor * NANOS_PER_USD, 10 ** _places(currency)) / rate + Fraction(1, 2))

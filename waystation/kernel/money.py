"""Money in whole nano-USD, and decimals as scaled integers. No floats anywhere."""

NANOS_PER_USD = 1_000_000_000
NANOS_PER_LEGACY_UNIT = NANOS_PER_USD // 500_000
_USD_PLACES = 9
_DIGITS_MAX = 30


def parse_decimal(text: str, places: int) -> int:
    """Decimal text as an integer, scaled by 10**places: ("1.65", 2) → 165.

    Takes digits with at most one point and a leading minus; neither exponent, blank nor sign "+".
    Raises ValueError for anything else and for a value that `places` cannot hold exactly."""
    digits = text[1:] if text.startswith("-") else text
    whole, _, fraction = digits.partition(".")
    if not (whole + fraction).isascii() or not whole.isdigit() or len(digits) > _DIGITS_MAX:
        raise ValueError(f"not a decimal number: {text!r}")
    if "." in digits and not fraction.isdigit():
        raise ValueError(f"not a decimal number: {text!r}")
    fraction = fraction.rstrip("0")
    if len(fraction) > places:
        raise ValueError(f"more than {places} decimal places: {text!r}")
    value = int(whole + fraction + "0" * (places - len(fraction)))
    return -value if digits is not text else value


def format_decimal(value: int, places: int) -> str:
    """The shortest decimal text of value / 10**places, never with an exponent."""
    sign, value = ("-", -value) if value < 0 else ("", value)
    whole, fraction = divmod(value, 10**places)
    if not fraction:
        return f"{sign}{whole}"
    return f"{sign}{whole}.{fraction:0{places}d}".rstrip("0")


def parse_usd(text: str) -> int:
    """USD as decimal text → nano-USD. Raises ValueError beyond nine places."""
    return parse_decimal(text, _USD_PLACES)


def format_usd(nanos: int) -> str:
    """nano-USD → USD as decimal text, also a JSON number: 8850 → "0.00000885"."""
    whole, fraction = divmod(nanos, NANOS_PER_USD)
    if nanos < 0:
        return format_decimal(nanos, _USD_PLACES)
    return f"{whole}.{fraction:09d}".rstrip("0") if fraction else str(whole)


def format_usd_up(nanos: int, places: int = 6) -> str:
    """USD rounded up to `places`, for messages that must not promise too little."""
    step = int(10 ** (_USD_PLACES - places))
    return format_decimal(-(-nanos // step), places)


def format_usd_down(nanos: int, places: int = 6) -> str:
    """USD rounded down to `places`, for messages that must not promise too much."""
    return format_decimal(nanos // 10 ** (_USD_PLACES - places), places)


def parse_cents(text: str) -> int:
    """US cents as decimal text → nano-USD."""
    return parse_decimal(text, 7)


def format_cents(nanos: int) -> str:
    """nano-USD → US cents as decimal text, exactly: 80_000_000 → "8"."""
    return format_decimal(nanos, 7)


def legacy_units(nanos: int) -> int:
    """Whole legacy quota units (500,000 = $1), rounded down: what is left is never overstated."""
    return nanos // NANOS_PER_LEGACY_UNIT


def nanos_of_legacy_units(units: int) -> int:
    return units * NANOS_PER_LEGACY_UNIT


def percent_of(nanos: int, percent: int) -> int:
    """`percent` whole percent of nanos, rounded half up."""
    return (nanos * percent + 50) // 100

"""Scalars out of raw slices, with the coercions that callers rely on.

Numeric strings count as numbers; booleans, fractions and negative or absurd counts do not. Every
refusal is a 400 that names the field.
"""

import msgspec

from waystation.errors import Fault
from waystation.kernel.strictjson import Fields

_decode = msgspec.json.Decoder().decode
_NULL = b"null"


def is_null(value: msgspec.Raw | None) -> bool:
    """Absent or null."""
    return value is None or (len(value) == 4 and bytes(value) == _NULL)


def kind(value: msgspec.Raw) -> str:
    """The first character: `{`, `[`, `"`, `t`, `f`, `n`, a digit or `-`."""
    return chr(memoryview(value)[0])


def text(fields: Fields, name: str) -> str | None:
    """A string field; None when absent or null. Other types: Fault invalid_value."""
    value = fields.get(name)
    if value is None or is_null(value):
        return None
    if kind(value) != '"':
        raise Fault("invalid_value", param=name, reason="expected a string")
    found: str = _decode(value)
    return found


def required_text(fields: Fields, name: str) -> str:
    """A string field that must be there and not be blank."""
    found = text(fields, name)
    if found is None or not found.strip():
        raise Fault("missing_field", param=name)
    return found


def flag(fields: Fields, name: str) -> bool:
    """A boolean field, false when absent or null; "true" and "false" count."""
    value = fields.get(name)
    if value is None:
        return False
    first = bytes(value)
    if first == b"true":
        return True
    if first in (b"false", _NULL):
        return False
    if first in (b'"true"', b'"false"'):
        fields[name] = msgspec.Raw(first[1:-1])
        return first == b'"true"'
    raise Fault("invalid_value", param=name, reason="expected true or false")


def coerce_number(fields: Fields, name: str) -> None:
    """Leave a number as written, turn a numeric string into its number; else Fault."""
    value = fields.get(name)
    if value is None:
        return
    first = memoryview(value)[0]
    if first == 0x22:
        literal = _number_literal(_decode(value))
        if literal is None:
            raise Fault("invalid_value", param=name, reason="expected a number")
        fields[name] = msgspec.Raw(literal)
    elif first not in b"-0123456789" and not is_null(value):
        raise Fault("invalid_value", param=name, reason="expected a number")


def count(fields: Fields, name: str, most: int, least: int = 1) -> int | None:
    """A whole number within bounds, or None; a float without fraction counts and is rewritten."""
    if fields.get(name) is None:
        return None
    coerce_number(fields, name)
    written = bytes(fields[name])
    if written == _NULL:
        return None
    if written.isdigit() and len(written) < 20:
        number = int(written)
    else:
        number = _whole(written, name)
        fields[name] = msgspec.Raw(str(number).encode())
    if not least <= number <= most:
        raise Fault("invalid_value", param=name, reason=f"expected {least} to {most}")
    return number


def _whole(written: bytes, name: str) -> int:
    number = float(written) if len(written) < 40 else float("inf")
    if number != number // 1 or abs(number) > 1e15:
        raise Fault("invalid_value", param=name, reason="expected a whole number")
    return int(number)


def _number_literal(written: str) -> bytes | None:
    stripped = written.strip()
    try:
        number = _decode(stripped.encode())
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    return stripped.encode() if abs(number) < 1e300 else None

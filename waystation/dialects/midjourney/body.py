"""Bodies of the family, read leniently: null is absent, ids may be numbers, a state a number."""

from collections.abc import Iterator
from typing import Any

import msgspec

from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.outcome import invalid
from waystation.errors import Fault
from waystation.kernel.strictjson import read_object

_decode = msgspec.json.Decoder().decode


class Body:
    """A JSON object by its top-level names."""

    __slots__ = ("_fields",)

    def __init__(self, body: bytes) -> None:
        """Raises Fault (400) for what is no JSON object."""
        try:
            self._fields = read_object(body)
        except Fault as fault:
            fault.extra = {"mj_description": "bind_request_body_failed"}
            raise

    def value(self, name: str) -> Any:
        """As plain values; None when absent, null, or nested beyond reason."""
        raw = self._fields.get(name)
        if raw is None:
            return None
        try:
            return _decode(raw)
        except RecursionError:
            raise invalid(texts.PARAMETERS_BAD) from None

    def text(self, name: str) -> str:
        """A string, or a number as one; "" when absent. Declined for anything else."""
        return text_of(self.value(name))

    def flag(self, name: str) -> bool | None:
        """None when not said; "true" and 1 count."""
        value = self.value(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            return value.lower() == "true"
        return bool(value)

    def whole(self, name: str) -> int | None:
        """A whole number, also as text; None when absent or not one."""
        value = self.value(name)
        if isinstance(value, str):
            value = value.strip()
            return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else None
        if isinstance(value, bool):
            return None
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e9:
            return int(value)
        return value if isinstance(value, int) else None

    def strings(self, name: str) -> tuple[str, ...]:
        """A list of strings, nulls and blanks left out; one string is a list of one."""
        return tuple(_strings(self.value(name)))

    def object(self, name: str) -> dict[str, Any]:
        value = self.value(name)
        return value if isinstance(value, dict) else {}


def text_of(value: Any) -> str:
    """Raises Declined for a list, an object, a boolean."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e17:
        return str(int(value))
    raise invalid(texts.PARAMETERS_BAD)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            if each is not None and each != "":
                yield text_of(each)
    elif value is not None and value != "":
        yield text_of(value)

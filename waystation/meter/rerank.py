"""What a rerank answer says of its usage: tokens, search units, or both.

Seen on the wire: `usage` with prompt_tokens, total_tokens or search_units (Jina, Together, Zhipu,
OpenRouter); `meta.billed_units.search_units` (Cohere); `meta.tokens.input_tokens` and
`meta.billed_units.input_tokens` (SiliconFlow).
"""

from collections.abc import Callable, Mapping
from typing import Any

from waystation.meter.told import Told

_TOKENS = ("prompt_tokens", "input_tokens", "total_tokens")


def reader(units_most: int) -> Callable[[Mapping[str, Any]], Told]:
    """A reading for `Tally`, of {"usage": …, "meta": …}. units_most: search units beyond it are
    not believed."""

    def read(fields: Mapping[str, Any]) -> Told:
        usage, meta = _object(fields, "usage"), _object(fields, "meta")
        billed, counted = _object(meta, "billed_units"), _object(meta, "tokens")
        places = (usage, counted, billed)
        prompt = next((n for place in places for n in _numbers(place, _TOKENS) if n), None)
        units = next(
            (n for place in (usage, billed) for n in _numbers(place, ("search_units",))), 0
        )
        flags: tuple[str, ...] = ()
        if units > units_most:
            units, flags = units_most, ("implausible:search_units",)
        told = {"search_units": units, "calls": units} if units else {}
        return Told(prompt=prompt, completion=0, units=told, flags=flags)

    return read


def _object(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = fields.get(name)
    return found if isinstance(found, dict) else {}


def _numbers(fields: Mapping[str, Any], names: tuple[str, ...]) -> list[int]:
    """Whole numbers from 0 up; Cohere's own are written with a point."""
    found = (fields.get(name) for name in names)
    return [
        int(number)
        for number in found
        if isinstance(number, int | float) and not isinstance(number, bool) and 0 <= number < 1e15
    ]

"""Numbers within a schema's bounds, exactly: multiples and open ends are fractions' business."""

from fractions import Fraction
from math import ceil, floor, isfinite
from typing import Any

_CHOICES = 100


def number(schema: dict[str, Any], seed: int, *, whole: bool) -> int | float:
    """One of the numbers that the schema allows, chosen by the seed; the nearest where its bounds
    leave none."""
    low, low_open = _bound(schema, "minimum", "exclusiveMinimum", max)
    high, high_open = _bound(schema, "maximum", "exclusiveMaximum", min)
    step = _fraction(schema.get("multipleOf"))
    if step is None or step <= 0:
        step = None
    if whole:
        step = Fraction(step.numerator) if step is not None else Fraction(1)
    if step is None and low is not None and high is not None and low < high:
        chosen = low + (high - low) * (1 + seed % (_CHOICES - 1)) / _CHOICES
    else:
        chosen = _multiple(step or Fraction(1), low, low_open, high, high_open, seed)
        if step is None and high is not None and chosen > high:
            chosen = high  # no whole number lies between
    # A whole number is written as one: callers that say "number" often mean it.
    return int(chosen) if whole or chosen.denominator == 1 else float(chosen)


def _multiple(
    step: Fraction,
    low: Fraction | None,
    low_open: bool,
    high: Fraction | None,
    high_open: bool,
    seed: int,
) -> Fraction:
    last = None if high is None else floor(high / step)
    if last is not None and high_open and last * step == high:
        last -= 1
    if low is None:
        first = 0 if last is None or last >= 0 else last - _CHOICES
    else:
        first = ceil(low / step)
        if low_open and first * step == low:
            first += 1
    count = _CHOICES if last is None else min(last - first + 1, _CHOICES)
    return (first + seed % max(count, 1)) * step


def _bound(schema: dict[str, Any], closed: str, opened: str, tighter: Any) -> Any:
    """(bound or None, whether the bound itself is excluded)"""
    inclusive, exclusive = _fraction(schema.get(closed)), _fraction(schema.get(opened))
    if exclusive is None:
        return inclusive, schema.get(opened) is True  # as older drafts say it
    if inclusive is None or tighter(inclusive, exclusive) == exclusive:
        return exclusive, True
    return inclusive, False


def _fraction(value: Any) -> Fraction | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return Fraction(str(value))


def count_of(schema: dict[str, Any], name: str, default: int) -> int:
    """A length or number of items that a schema names; the default where it is none."""
    value = schema.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        return default
    return int(value)

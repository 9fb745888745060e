"""Tokens of a picture answer, where the upstream tells them.

The shape is OpenAI's for its token-priced picture models: `input_tokens` of text and pictures
(told apart in `input_tokens_details`), `output_tokens` that are picture unless details say text.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from waystation.meter.usage import Usage

TOKENS_MOST = 10_000_000
"""More than any real answer; beyond it the numbers are taken for a lie."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def read_picture_usage(raw: bytes | msgspec.Raw) -> Usage | None:
    """The usage of such an object, exact when it is plausible; None for null, nonsense, or an
    object that names no tokens."""
    try:
        fields = _decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    flags: list[str] = []
    given = _count(fields, "input_tokens", "prompt_tokens", flags)
    made = _count(fields, "output_tokens", "completion_tokens", flags)
    if not given and not made:
        return None
    inside = _object(fields, "input_tokens_details", "prompt_tokens_details")
    outside = _object(fields, "output_tokens_details", "completion_tokens_details")
    pictures_in = min(given, _count(inside, "image_tokens", "", flags))
    cached = min(given - pictures_in, _count(inside, "cached_tokens", "", flags))
    text_out = min(made, _count(outside, "text_tokens", "", flags))
    reasoning = min(made - text_out, _count(outside, "reasoning_tokens", "", flags))
    return Usage(
        input_fresh=given - pictures_in - cached,
        input_cache_read=cached,
        image_in=pictures_in,
        output_text=text_out,
        output_reasoning=reasoning,
        image_out=made - text_out - reasoning,
        exact=not flags,
        raw=None if flags else fields,
        flags=tuple(flags),
    )


def summed(usages: Sequence[Usage]) -> Usage:
    """Of several calls together; exact when all are."""
    if len(usages) == 1:
        return usages[0]
    return Usage(
        input_fresh=sum(one.input_fresh for one in usages),
        input_cache_read=sum(one.input_cache_read for one in usages),
        image_in=sum(one.image_in for one in usages),
        output_text=sum(one.output_text for one in usages),
        output_reasoning=sum(one.output_reasoning for one in usages),
        image_out=sum(one.image_out for one in usages),
        exact=all(one.exact for one in usages),
        raw={"parts": [one.raw for one in usages]},
        flags=tuple(flag for one in usages for flag in one.flags),
    )


def _count(fields: dict[str, Any], name: str, other: str, flags: list[str]) -> int:
    value = fields.get(name, fields.get(other))
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int):
        flags.append(f"malformed:{name}")
        return 0
    if value < 0:
        flags.append(f"negative:{name}")
        return 0
    if value > TOKENS_MOST:
        flags.append(f"implausible:{name}")
        return 0
    return value


def _object(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    for name in names:
        found = fields.get(name)
        if isinstance(found, dict):
            return found
    return {}

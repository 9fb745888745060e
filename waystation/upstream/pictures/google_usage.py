"""Gemini's `usageMetadata` as usage: tokens of text, thoughts and pictures apart."""

from typing import Any

from waystation.meter.pictures import TOKENS_MOST
from waystation.meter.usage import Usage


def read_usage(told: dict[str, Any]) -> Usage | None:
    """Exact when it is plausible; None when it tells no tokens."""
    flags: list[str] = []
    given = _count(told, "promptTokenCount", flags) + _count(told, "toolUsePromptTokenCount", flags)
    made = _count(told, "candidatesTokenCount", flags)
    thoughts = _count(told, "thoughtsTokenCount", flags)
    if not given and not made:
        return None
    cached = min(given, _count(told, "cachedContentTokenCount", flags))
    pictures_in = min(given - cached, _of_pictures(told.get("promptTokensDetails"), flags))
    details = told.get("candidatesTokensDetails")
    # An answer whose tokens are not told apart is a picture: its few words are worth no guess.
    pictures_out = min(made, _of_pictures(details, flags)) if details else made
    return Usage(
        input_fresh=given - cached - pictures_in,
        input_cache_read=cached,
        image_in=pictures_in,
        output_text=made - pictures_out,
        output_reasoning=thoughts,
        image_out=pictures_out,
        exact=not flags,
        raw=None if flags else told,
        flags=tuple(flags),
    )


def _of_pictures(details: object, flags: list[str]) -> int:
    if not isinstance(details, list):
        return 0
    return sum(
        _count(one, "tokenCount", flags)
        for one in details
        if isinstance(one, dict) and one.get("modality") == "IMAGE"
    )


def _count(fields: dict[str, Any], name: str, flags: list[str]) -> int:
    value = fields.get(name)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int):
        flags.append(f"malformed:{name}")
    elif value < 0:
        flags.append(f"negative:{name}")
    elif value > TOKENS_MOST:
        flags.append(f"implausible:{name}")
    else:
        return value
    return 0

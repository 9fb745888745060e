"""The usage object that nearly every answer has, read at once: whole numbers that add up.

Anything else (other names, other types, sums that do not fit) is None here and read with care by
`meter/openai.py`; both give the same for what this one takes.
"""

from collections.abc import Mapping
from typing import Any

from waystation.meter.told import Told

_MOST = 1 << 53
_TOP = frozenset(
    (
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "prompt_tokens_details",
        "completion_tokens_details",
    )
)
_NONE: Mapping[str, int] = {}


def read_plain(fields: Mapping[str, Any]) -> Told | None:
    """The numbers, when nothing about them is odd."""
    prompt = fields.get("prompt_tokens")
    completion = fields.get("completion_tokens")
    if type(prompt) is not int or type(completion) is not int or not fields.keys() <= _TOP:
        return None
    if prompt < 0 or completion < 0 or fields.get("total_tokens") != prompt + completion:
        return None
    if prompt + completion > _MOST:
        return None
    given = _details(fields.get("prompt_tokens_details"), _GIVEN)
    made = _details(fields.get("completion_tokens_details"), _MADE)
    if given is None or made is None:
        return None
    if not given and not made:
        return Told(prompt=prompt, completion=completion)
    return Told(
        prompt=prompt,
        completion=completion,
        cached=given.get("cached_tokens", 0),
        audio_in=given.get("audio_tokens", 0),
        reasoning=made.get("reasoning_tokens", 0),
        audio_out=made.get("audio_tokens", 0),
    )


_GIVEN = frozenset(("cached_tokens", "audio_tokens"))
_MADE = frozenset(
    (
        "reasoning_tokens",
        "audio_tokens",
        "accepted_prediction_tokens",
        "rejected_prediction_tokens",
    )
)


def _details(found: Any, known: frozenset[str]) -> Mapping[str, int] | None:
    """The details when all are known names and small whole numbers; None when one is odd."""
    if found is None:
        return _NONE
    if type(found) is not dict or not found.keys() <= known:
        return None
    for value in found.values():
        if type(value) is not int or not 0 <= value <= _MOST:
            return None
    return found

"""Gemini's `usageMetadata` as disjoint kinds.

Seen on the wire: thoughts stand beside the candidates, never inside them; what tools brought in
stands beside the prompt; what was cached stands inside it; modalities are told as lists. A
stream's early chunks tell some fields only, or none.
"""

from collections.abc import Mapping
from typing import Any

from waystation.meter.beside import tier_of
from waystation.meter.told import Told

_MOST = 1 << 53


def read_told(fields: Mapping[str, Any]) -> Told:
    """The numbers of a usageMetadata object."""
    flags: list[str] = []
    prompt = _count(fields, "promptTokenCount", flags)
    tools = _count(fields, "toolUsePromptTokenCount", flags) or 0
    answer = _count(fields, "candidatesTokenCount", flags)
    if answer is None:
        answer = _count(fields, "responseTokenCount", flags)
    thoughts = _count(fields, "thoughtsTokenCount", flags)
    given = _modalities(fields, ("promptTokensDetails", "toolUsePromptTokensDetails"))
    made = _modalities(fields, ("candidatesTokensDetails", "responseTokensDetails"))
    return Told(
        prompt=None if prompt is None else prompt + tools,
        completion=None if answer is None and thoughts is None else (answer or 0) + (thoughts or 0),
        cached=_count(fields, "cachedContentTokenCount", flags) or 0,
        audio_in=given.get("AUDIO", 0),
        image_in=given.get("IMAGE", 0) + given.get("VIDEO", 0),
        reasoning=thoughts or 0,
        audio_out=made.get("AUDIO", 0),
        image_out=made.get("IMAGE", 0),
        tier=tier_of(fields.get("serviceTier") or fields.get("trafficType")),
        flags=tuple(flags),
    )


def _count(fields: Mapping[str, Any], name: str, flags: list[str]) -> int | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        is_negative = isinstance(value, int) and not isinstance(value, bool) and value < 0
        flags.append(f"{'negative' if is_negative else 'malformed'}:{name}")
        return None
    return value


def _modalities(fields: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, int]:
    """Tokens by modality, over all these lists."""
    found: dict[str, int] = {}
    for name in names:
        listed = fields.get(name)
        for entry in listed if isinstance(listed, list) else ():
            if not isinstance(entry, dict):
                continue
            modality, count = entry.get("modality"), entry.get("tokenCount")
            if isinstance(modality, str) and type(count) is int and 0 <= count <= _MOST:
                found[modality] = found.get(modality, 0) + count
    return found

"""Reasoning suffixes of model names: gpt-5-high, claude-sonnet-4-5-thinking, gemini-2.5-flash:none.

A name that somebody serves is never read this way; only where nobody does, and the name without
the suffix is served, the suffix says how much to think. What it becomes is the dialect's matter.
"""

from collections.abc import Mapping
from typing import Literal

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]

EFFORTS: Mapping[str, Effort] = {
    "nothinking": "none",
    "none": "none",
    "minimal": "minimal",
    "low": "low",
    "medium": "medium",
    "thinking": "medium",
    "high": "high",
    "xhigh": "xhigh",
}
THINKERS = frozenset({"chat", "messages", "responses", "generate"})
"""The operations that have something to say it with."""


def without_suffix(model: str) -> tuple[str, Effort] | None:
    """(the bare name, how much to think); None without a suffix.

    The bare name must have a figure in it, as versions have: `mistral-medium` is a name of its own
    and not a way to ask for `mistral`."""
    for mark in "-:":
        bare, _, suffix = model.rpartition(mark)
        effort = EFFORTS.get(suffix.lower())
        if effort is not None and any(map(str.isdigit, bare)):
            return bare, effort
    return None

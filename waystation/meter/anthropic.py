"""Anthropic's usage objects as disjoint kinds.

Here `input_tokens` are the fresh ones alone; cache reads and writes stand beside them. A stream
tells usage twice or more (message_start, each message_delta), as running totals, each time with
some of the fields. What the model spent beside the answer itself (compaction, advisors) is told in
`iterations` only, and is ours to pay.
"""

from collections.abc import Mapping
from typing import Any

from waystation.meter.beside import tier_of
from waystation.meter.openai import plausible_units
from waystation.meter.told import Told

_INPUT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_MOST = 1 << 53
_TOOLS = {
    "web_search_requests": "web_search",
    "web_fetch_requests": "web_fetch",
    "code_execution_requests": "code_execution",
}
_NONE: Mapping[str, Any] = {}


def opening(usage: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a stream's beginning tells, without its output: that is what was there by then, a token
    or two, and believed it would be the bill of a stream that is cut before it tells the rest."""
    return {name: value for name, value in (usage or _NONE).items() if name != "output_tokens"}


def merged(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """What two tellings of one answer's usage say together. The later one wins, save where it says
    nothing: null, or an input side of zeros after one that was counted."""
    told = {name: value for name, value in later.items() if value is not None}
    if any(earlier.get(name) for name in _INPUT) and not any(told.get(name) for name in _INPUT):
        for name in _INPUT:
            told.pop(name, None)
    return {**earlier, **told}


def read_told(fields: Mapping[str, Any]) -> Told:
    """The numbers of a usage object of this shape."""
    flags: list[str] = []
    fresh = _count(fields, "input_tokens", flags)
    output = _count(fields, "output_tokens", flags)
    cached, written_5m, written_1h = _cache(fields, flags)
    reasoning = _count(_inside(fields, "output_tokens_details"), "thinking_tokens", flags) or 0
    beside = fields.get("iterations")
    for each in beside if isinstance(beside, list) else ():
        if isinstance(each, dict) and each.get("type") != "message":
            fresh = (fresh or 0) + (_count(each, "input_tokens", flags) or 0)
            output = (output or 0) + (_count(each, "output_tokens", flags) or 0)
            more = _cache(each, flags)
            cached += more[0]
            written_5m += more[1]
            written_1h += more[2]
    inputs = cached + written_5m + written_1h
    return Told(
        prompt=None if fresh is None and not inputs else (fresh or 0) + inputs,
        completion=output,
        cached=cached,
        written_5m=written_5m,
        written_1h=written_1h,
        reasoning=reasoning,
        units=_tools(fields, flags),
        tier=_tier(fields),
        flags=tuple(flags),
    )


def _cache(fields: Mapping[str, Any], flags: list[str]) -> tuple[int, int, int]:
    """(read, written for 5 minutes, written for an hour)"""
    cached = _count(fields, "cache_read_input_tokens", flags) or 0
    written = _count(fields, "cache_creation_input_tokens", flags) or 0
    told = _inside(fields, "cache_creation")
    if not told:
        return cached, written, 0
    hour = _count(told, "ephemeral_1h_input_tokens", flags) or 0
    minutes = _count(told, "ephemeral_5m_input_tokens", flags) or 0
    return cached, max(written - hour, minutes), hour


def _tools(fields: Mapping[str, Any], flags: list[str]) -> dict[str, int]:
    """Calls of the vendor's own tools, by the names that prices have."""
    told = _inside(fields, "server_tool_use")
    if not told:
        return {}
    found = {unit: _count(told, name, flags) or 0 for name, unit in _TOOLS.items() if name in told}
    return plausible_units(found, flags)


def _tier(fields: Mapping[str, Any]) -> str | None:
    """Speed is what is dearer here; priority capacity was paid for beforehand, whoever uses it."""
    if fields.get("speed") == "fast":
        return "fast"
    tier = tier_of(fields.get("service_tier"))
    if tier is None and "speed" in fields:
        return ""
    return "committed" if tier == "priority" else tier


def _inside(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = fields.get(name)
    return found if isinstance(found, dict) else _NONE


def _count(fields: Mapping[str, Any], name: str, flags: list[str]) -> int | None:
    """A whole number that is not negative; anything else is flagged and counts as not told."""
    value = fields.get(name)
    if type(value) is int and 0 <= value <= _MOST:
        return value
    if value is None:
        return None
    flags.append(f"malformed:{name}")
    return None

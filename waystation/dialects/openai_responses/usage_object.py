"""The `usage` of a response, as a caller sees it."""

from typing import Any

import msgspec

from waystation.dialects.shown_usage import believed
from waystation.meter.tally import Tally
from waystation.meter.usage import Usage

_UNITS = {
    "web_search_call": "web_search",
    "file_search_call": "file_search",
    "code_interpreter_call": "code_interpreter",
    "image_generation_call": "image_generation",
    "mcp_call": "mcp",
    "computer_call": "computer_use",
    "shell_call": "shell",
}


def shown_usage(usage: Usage, told: msgspec.Raw | None, cost: str | None) -> msgspec.Raw:
    """See `believed`."""
    return believed(usage, told, cost, usage_fields)


def usage_fields(usage: Usage) -> dict[str, Any]:
    """Our kinds in the dialect's form."""
    given, made = usage.input_tokens, usage.output_tokens
    return {
        "input_tokens": given,
        "input_tokens_details": {
            "cached_tokens": usage.input_cache_read,
            "cache_write_tokens": usage.input_cache_write_5m + usage.input_cache_write_1h,
        },
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": usage.output_reasoning},
        "total_tokens": given + made,
    }


def count_call(kind: object, tally: Tally) -> None:
    """Counts an output item that is a call of a hosted tool. kind: the item's type."""
    unit = _UNITS.get(kind) if isinstance(kind, str) else None
    if unit is not None:
        tally.call(unit)

"""The `usage` object of a translated answer, as a caller of this dialect sees it."""

from typing import Any

import msgspec

from waystation.meter.usage import Usage


def usage_fields(usage: Usage, cost: str | None = None) -> dict[str, Any]:
    """Anthropic's form of our kinds; `cost` is a decimal JSON number in USD."""
    written = usage.input_cache_write_5m + usage.input_cache_write_1h
    fresh = usage.input_tokens - usage.input_cache_read - written
    fields: dict[str, Any] = {
        "input_tokens": fresh,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": usage.input_cache_read,
        "output_tokens": usage.output_tokens,
    }
    if written:
        fields["cache_creation"] = {
            "ephemeral_5m_input_tokens": usage.input_cache_write_5m,
            "ephemeral_1h_input_tokens": usage.input_cache_write_1h,
        }
    if usage.output_reasoning:
        fields["output_tokens_details"] = {"thinking_tokens": usage.output_reasoning}
    if cost is not None:
        fields["cost"] = msgspec.Raw(cost.encode())
    return fields

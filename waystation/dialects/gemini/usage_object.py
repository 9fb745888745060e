"""`usageMetadata` as a caller sees it, where the upstream told none that can be shown."""

from typing import Any

from waystation.meter.usage import Usage


def usage_fields(usage: Usage) -> dict[str, Any]:
    """Our kinds in the dialect's form; what is zero and may be left out is left out."""
    thoughts = usage.output_reasoning
    fields: dict[str, Any] = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": usage.output_tokens - thoughts,
        "totalTokenCount": usage.input_tokens + usage.output_tokens,
    }
    if usage.input_cache_read:
        fields["cachedContentTokenCount"] = usage.input_cache_read
    if thoughts:
        fields["thoughtsTokenCount"] = thoughts
    return fields

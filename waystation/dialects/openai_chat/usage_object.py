"""The `usage` object as a caller sees it."""

import msgspec

from waystation.dialects.shown_usage import believed
from waystation.meter.usage import Usage


def shown_usage(usage: Usage, told: msgspec.Raw | None, cost: str | None) -> msgspec.Raw:
    """See `believed`."""
    return believed(usage, told, cost, usage_fields)


def usage_fields(usage: Usage) -> dict[str, object]:
    """OpenAI's form of our kinds; details only where they say something."""
    prompt, completion = usage.input_tokens, usage.output_tokens
    fields: dict[str, object] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    if usage.input_cache_read or usage.audio_in:
        fields["prompt_tokens_details"] = {
            "cached_tokens": usage.input_cache_read,
            "audio_tokens": usage.audio_in,
        }
    if usage.output_reasoning or usage.audio_out:
        fields["completion_tokens_details"] = {
            "reasoning_tokens": usage.output_reasoning,
            "audio_tokens": usage.audio_out,
        }
    return fields

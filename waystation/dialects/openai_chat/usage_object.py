"""The `usage` object as a caller sees it."""

import msgspec

from waystation.kernel.strictjson import raw_of
from waystation.meter.usage import Usage


def shown_usage(usage: Usage, told: msgspec.Raw | None, cost: str | None) -> msgspec.Raw:
    """The upstream's own object where it can be believed, else ours; `cost` (a decimal JSON number
    in USD) joins it."""
    shown = told if told is not None and not usage.flags else raw_of(usage_fields(usage))
    if cost is None:
        return shown
    written = bytes(shown).rstrip()
    if len(written) <= 2 or b'"cost"' in written:
        fields = msgspec.json.decode(written, type=dict[str, msgspec.Raw])
        return raw_of({**fields, "cost": msgspec.Raw(cost.encode())})
    return msgspec.Raw(written[:-1] + b',"cost":' + cost.encode() + b"}")


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

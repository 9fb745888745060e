"""What an upstream tells of a sound it made or heard: tokens, or seconds.

`{"type": "tokens", "input_tokens": …, "input_token_details": {"text_tokens", "audio_tokens"},
"output_tokens": …}` or `{"type": "duration", "seconds": …}`.
"""

from typing import Any, NamedTuple

import msgspec

from waystation.meter.usage import Usage

TOKENS_MOST = 10_000_000
"""More than any real answer."""
_SPARE_TOKENS = 1_000
SPOKEN_TOKENS_PER_SECOND = 21
"""Of speech that a token-priced model makes: its maker's estimate by the minute over its price."""
HEARD_TOKENS_PER_SECOND = 10
"""Of sound that a token-priced model hears: one for each tenth of a second."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Told(NamedTuple):
    """tokens: None where none were told. seconds: likewise, as told, not yet believed."""

    tokens: Usage | None
    seconds: float | None


_NOTHING = Told(None, None)


def read_sound_usage(raw: bytes | msgspec.Raw, *, spoken: bool) -> Told:
    """spoken: the output tokens are sound; else those of the input are, as far as nothing else is
    said."""
    try:
        fields = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _NOTHING
    told = _seconds(fields.get("seconds", fields.get("prompt_audio_seconds")))
    flags: list[str] = []
    given = _count(fields, "input_tokens", flags)
    made = _count(fields, "output_tokens", flags)
    if not given and not made:
        return Told(None, told)
    details = fields.get("input_token_details", fields.get("input_tokens_details"))
    inside = details if isinstance(details, dict) else {}
    text = min(given, _count(inside, "text_tokens", flags))
    if spoken:
        tokens = Usage(input_fresh=given, audio_out=made, exact=not flags, flags=tuple(flags))
    else:
        tokens = Usage(
            input_fresh=text,
            audio_in=given - text,
            output_text=made,
            exact=not flags,
            flags=tuple(flags),
        )
    return Told(msgspec.structs.replace(tokens, raw=None if flags else fields), told)


def believed(told: Usage | None, most: Usage) -> tuple[Usage | None, tuple[str, ...]]:
    """Tokens as told where they can be true, else None and why. most: what was feared."""
    if told is None or told.flags:
        return None, () if told is None else told.flags
    if told.input_tokens > 4 * most.input_tokens + _SPARE_TOKENS:
        return None, ("implausible:input_tokens",)
    if told.output_tokens > 4 * most.output_tokens + _SPARE_TOKENS:
        return None, ("implausible:output_tokens",)
    return told, ()


def plausible_seconds(told: float | None, measured: float) -> float | None:
    """What an upstream says of a file that we measured; None where that cannot be."""
    if told is None or not 0 < told <= measured * 1.25 + 15:
        return None
    return told


def whole_seconds(seconds: float) -> int:
    """As they are paid for: rounded half up, at least one."""
    return max(1, int(seconds + 0.5))


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 1e9 else None


def _count(fields: dict[str, Any], name: str, flags: list[str]) -> int:
    value = fields.get(name)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int):
        flags.append(f"malformed:{name}")
        return 0
    if value < 0:
        flags.append(f"negative:{name}")
        return 0
    if value > TOKENS_MOST:
        flags.append(f"implausible:{name}")
        return 0
    return value

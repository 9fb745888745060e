"""What a request consumed, normalised once.

The kinds are disjoint: a token stands in exactly one of them, so the charge is the plain sum of
kind × price. `input_fresh` excludes cache reads, cache writes, audio and images; `output_text`
excludes reasoning, audio and images.
"""

from typing import Any

import msgspec

TOKEN_KINDS = (
    "input_fresh",
    "input_cache_read",
    "input_cache_write_5m",
    "input_cache_write_1h",
    "output_text",
    "output_reasoning",
    "audio_in",
    "audio_out",
    "image_in",
    "image_out",
)


class Usage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Tokens by disjoint kind, further units, and how sure we are.

    units: calls, images, seconds, characters, web_search, … size, quality: of the pictures, as
    prices name them, "" unknown. tier: the service tier, "" the usual one; "flex?": asked for, and
    not told by the upstream. exact: counted by the upstream, and
    plausible. raw: the upstream's own usage object, kept for disputes. flags: what was clamped
    ("negative:prompt_tokens", "shrank", …); a usage with flags is never exact.
    """

    input_fresh: int = 0
    input_cache_read: int = 0
    input_cache_write_5m: int = 0
    input_cache_write_1h: int = 0
    output_text: int = 0
    output_reasoning: int = 0
    audio_in: int = 0
    audio_out: int = 0
    image_in: int = 0
    image_out: int = 0
    units: dict[str, int] = msgspec.field(default_factory=dict)
    size: str = ""
    quality: str = ""
    tier: str = ""
    exact: bool = False
    raw: dict[str, Any] | None = None
    flags: tuple[str, ...] = ()

    @property
    def input_tokens(self) -> int:
        """All tokens of the prompt side."""
        return (
            self.input_fresh
            + self.input_cache_read
            + self.input_cache_write_5m
            + self.input_cache_write_1h
            + self.audio_in
            + self.image_in
        )

    @property
    def output_tokens(self) -> int:
        """All tokens of the answer side."""
        return self.output_text + self.output_reasoning + self.audio_out + self.image_out

"""The upstream's body out of the caller's slices and a short list of edits."""

from collections.abc import Mapping

import msgspec

from waystation.dialects.operation import Target
from waystation.kernel.strictjson import raw_of, rebuild

# Models that refuse `max_tokens` and take `max_completion_tokens` alone. By the name's start, after
# an optional vendor part ("openai/o3").
_COMPLETION_LIMIT_ONLY = ("o1", "o3", "o4", "gpt-5", "gpt-6")


class TokenLimits(msgspec.Struct, frozen=True):
    """What the caller wrote, by either name."""

    max_tokens: int | None = None
    max_completion_tokens: int | None = None

    @property
    def asked(self) -> int | None:
        """The newer name wins where both are there."""
        if self.max_completion_tokens is not None:
            return self.max_completion_tokens
        return self.max_tokens


def write_body(
    fields: Mapping[str, msgspec.Raw],
    target: Target,
    limits: TokenLimits,
    stream_options: msgspec.Raw | None,
) -> bytes:
    """The body for an attempt. stream_options: written when given; the target's overrides win."""
    edits: dict[str, msgspec.Raw | None] = {"model": raw_of(target.upstream_model)}
    if stream_options is not None and "stream_options" not in target.refuses:
        edits["stream_options"] = stream_options
    if target.n is not None and ("n" in fields or target.n != 1):
        edits["n"] = raw_of(target.n)
    _write_limit(edits, fields, target, limits)
    if target.overrides:
        edits.update(target.overrides)
    return rebuild(fields, edits)


def takes_completion_limit_only(model: str) -> bool:
    """Whether the upstream's model takes its limit as `max_completion_tokens` alone."""
    bare = model.rpartition("/")[2]
    if not bare.startswith(_COMPLETION_LIMIT_ONLY):
        return False
    return bare.startswith("gpt-") or len(bare) == 2 or bare[2] in "-:"


def _write_limit(
    edits: dict[str, msgspec.Raw | None],
    fields: Mapping[str, msgspec.Raw],
    target: Target,
    limits: TokenLimits,
) -> None:
    asked = limits.asked
    limit = asked
    if target.output_limit is not None:
        limit = target.output_limit if asked is None else min(asked, target.output_limit)
    if limit is None:
        return
    is_newer = limits.max_completion_tokens is not None
    if is_newer or takes_completion_limit_only(target.upstream_model):
        name, other = "max_completion_tokens", "max_tokens"
    else:
        name, other = "max_tokens", "max_completion_tokens"
    if limit != asked or name not in fields or asked is None:
        edits[name] = raw_of(limit)
    if other in fields:
        edits[other] = None

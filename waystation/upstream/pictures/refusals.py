"""What a vendor's no means on the picture path."""

from collections.abc import Iterable
from typing import Any

import msgspec

from waystation.dialects.faults import scrubbed
from waystation.errors import Fault
from waystation.upstream.attempt import AttemptFailed

_MODERATED = frozenset(
    {
        "content_policy_violation",
        "moderation_blocked",
        "content_filter",
        "contentfilter",
        "content_filtered",
        "content_moderation",
        "responsibleaipolicyviolation",
    }
)


def moderated(reason: str = "", secrets: Iterable[str] = ()) -> AttemptFailed:
    """The vendor refuses the prompt or the picture: 400 content_policy_violation, unbilled, and
    no other channel is asked."""
    return AttemptFailed(_moderation(reason, secrets), status=400)


def nonsense(reason: str) -> AttemptFailed:
    """A good status with nothing of use: 502, another channel may do better."""
    return AttemptFailed(Fault("bad_upstream_response", reason=reason), status=200)


class _Error(msgspec.Struct):
    message: Any = None
    code: Any = None
    type: Any = None


class _Refusal(msgspec.Struct):
    error: _Error


_decode = msgspec.json.Decoder(_Refusal).decode


def judge_openai(status: int, body: bytes, secrets: Iterable[str] = ()) -> Fault | None:
    """The fault of an OpenAI-shaped refusal where it is moderation, else None. status: of HTTP; in
    a 200 the body's words alone count."""
    if status >= 500 or status in (401, 402, 403, 429):
        return None
    try:
        error = _decode(body).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    words = {str(word).lower().replace(" ", "_") for word in (error.code, error.type)}
    if not words & _MODERATED:
        return None
    return _moderation(error.message if isinstance(error.message, str) else "", secrets)


def _moderation(reason: str, secrets: Iterable[str]) -> Fault:
    message = scrubbed(reason, secrets) if reason else None
    return Fault("content_policy_violation", message=message or None)

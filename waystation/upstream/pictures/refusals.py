"""What a vendor's no means on the picture path."""

from collections.abc import Iterable
from typing import Any

from waystation.dialects.faults import read_error, scrubbed
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
    message = scrubbed(reason, secrets) if reason else None
    return AttemptFailed(Fault("content_policy_violation", message=message or None), status=400)


def nonsense(reason: str) -> AttemptFailed:
    """A good status with nothing of use: 502, another channel may do better."""
    return AttemptFailed(Fault("bad_upstream_response", reason=reason), status=200)


def judge_openai(status: int, body: bytes, secrets: Iterable[str] = ()) -> Fault | None:
    """The fault of an OpenAI-shaped refusal where it is moderation, else None."""
    if status >= 500 and status != 200:
        return None
    fault = read_error(status, body, secrets)
    extra: dict[str, Any] = dict(fault.extra)
    words = {str(extra.get(name, "")).lower().replace(" ", "_") for name in ("code", "type")}
    if not words & _MODERATED:
        return None
    return Fault("content_policy_violation", message=fault.message)

"""What an upstream's refusal means, and to whom.

The caller's own 4xx keep their status and words. A refusal of our account (401, 402, 403, spent
quota, billing) is told as 503, never as the caller's 401 or 402. Limits stay 429, overload and
breakage become 5xx. Words are kept, scrubbed.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from waystation.dialects.error_shapes import write_error
from waystation.dialects.scrub import scrubbed
from waystation.errors import Fault

__all__ = ["read_error", "read_error_event", "scrubbed", "write_error"]

_decode = msgspec.json.Decoder().decode
_BODY_BYTES_MAX = 256 * 1024

_ACCOUNT_CODES = frozenset(
    {
        "insufficient_quota",
        "insufficient_user_quota",
        "token_quota_exhausted",
        "billing_hard_limit_reached",
        "billing_not_active",
        "account_deactivated",
        "access_terminated",
        "invalid_api_key",
        "invalid_authentication",
        "invalid_authentication_error",
        "authentication_error",
        "permission_error",
        "permission_denied",
        "billing_error",
        "unauthorized",
        "account_suspended",
        "arrearage",
        "insufficient_balance",
        "exceeded_current_quota_error",
        "organization_deactivated",
        "pre_consume_token_quota_failed",
    }
)
_RATE_CODES = frozenset(
    {
        "rate_limit_exceeded",
        "rate_limit_error",
        "rate_limit_reached_error",
        "requests",
        "tokens",
        "too_many_requests",
        "throttling",
        "throttled",
        "resource_exhausted",
        "upstream_saturated",
    }
)
_OVERLOAD_CODES = frozenset(
    {
        "overloaded_error",
        "engine_overloaded",
        "engine_overloaded_error",
        "server_overloaded",
        "overloaded",
        "service_unavailable",
        "unavailable",
    }
)
_ACCOUNT_WORDS = (
    "insufficient balance",
    "insufficient_quota",
    "exceeded your current quota",
    "credit balance is too low",
    "insufficient credits",
    "billing details",
    "余额不足",
    "额度已用尽",
    "欠费",
)
_STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "not_found_error": 404,
    "request_too_large": 413,
    "timeout_error": 504,
    "server_error": 500,
    "api_error": 500,
}


def read_error(
    status: int, body: bytes, secrets: Iterable[str] = (), retry_after: int | None = None
) -> Fault:
    """The fault of an upstream's error answer. status: of HTTP; 200 when an error stands in a good
    answer, then the body tells. secrets: our keys, which never reach a caller."""
    told = _Told.of(body)
    text = scrubbed(told.text, secrets)
    if status < 400:
        status = told.status or 502
        if not (text or told.status or told.code or told.type):
            reason = "neither an answer nor an error"
            return Fault("bad_upstream_response", reason=reason)
    kind = _kind(status, told)
    if kind == "account":
        reason = text or "no reason given"
        return Fault("upstream_account_unavailable", retry_after=retry_after or 30, reason=reason)
    if kind == "rate":
        message = text or None
        return Fault("upstream_saturated", message=message, retry_after=retry_after or 5)
    if kind == "overload":
        shown = 529 if status == 529 else 503
        reason = text or "overloaded"
        return Fault("upstream_error", status=shown, retry_after=retry_after or 5, reason=reason)
    if kind == "timeout":
        return Fault("upstream_timeout", message=text or None)
    if kind == "caller":
        return _callers_own(status, told, text, secrets)
    return Fault("upstream_error", reason=text or f"status {status}")


def read_error_event(value: bytes | msgspec.Raw, secrets: Iterable[str] = ()) -> Fault:
    """The fault of an error object inside a good answer or a stream: `{"error": value}`."""
    return read_error(200, b'{"error":' + bytes(value) + b"}", secrets)


def _callers_own(status: int, told: "_Told", text: str, secrets: Iterable[str]) -> Fault:
    extra: dict[str, Any] = {}
    # OpenAI's names and those of its kin; a status in the place of one is another dialect's.
    if told.code and not _is_status(told.code):
        extra["code"] = scrubbed(told.code, secrets)
    if told.type and not told.type.isupper():
        extra["type"] = scrubbed(told.type, secrets)
    param = scrubbed(told.param, secrets) if told.param else None
    return Fault(
        "invalid_request",
        status=status,
        message=text or f"The upstream refused the request (status {status}).",
        param=param,
        extra=extra,
    )


def _kind(status: int, told: "_Told") -> str:
    names = {told.code.lower(), told.type.lower()}
    if status in (401, 402, 403) or names & _ACCOUNT_CODES:
        return "account"
    lowered = told.text.lower()
    if any(word in lowered for word in _ACCOUNT_WORDS):
        return "account"
    if status == 429 or (names & _RATE_CODES and status not in (400, 404, 413, 422)):
        return "rate"
    if status in (503, 529) or names & _OVERLOAD_CODES:
        return "overload"
    if status in (408, 504):
        return "timeout"
    # 499 is a proxy's word for whoever called it, and that was us.
    return "caller" if status < 500 and status != 499 else "broken"


class _Told(msgspec.Struct, frozen=True):
    """What an error body says. status: read out of the body, None when it says none."""

    text: str = ""
    type: str = ""
    code: str = ""
    param: str = ""
    status: int | None = None

    @classmethod
    def of(cls, body: bytes) -> "_Told":
        """JSON of any of the vendors' shapes; HTML and other text says nothing we would repeat."""
        try:
            value = _decode(body[:_BODY_BYTES_MAX])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return cls()
        if isinstance(value, list) and value:
            value = value[0]
        if not isinstance(value, dict):
            return cls(text=value if isinstance(value, str) else "")
        error = value.get("error")
        if isinstance(error, dict):
            return cls._of_fields(error)
        fields = {**value, "message": error} if isinstance(error, str) else value
        return cls._of_fields(fields)

    @classmethod
    def _of_fields(cls, error: dict[str, Any]) -> "_Told":
        text = _word(error, "message", "msg", "detail", "description", "error_msg")
        kind = _word(error, "type", "status")
        if kind == "error":  # an event's own type, no name of what is wrong
            kind = ""
        code = _word(error, "code", "error_code")
        found = next((error[n] for n in ("code", "status") if _is_status(error.get(n))), None)
        named = _STATUS_OF_TYPE.get(kind) or _STATUS_OF_TYPE.get(code)
        status = int(found) if found is not None else named
        if status is None:
            status = _implied(kind, code)
        return cls(text=text, type=kind, code=code, param=_word(error, "param"), status=status)


def _word(error: dict[str, Any], *names: str) -> str:
    for name in names:
        value = error.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, list | dict) and value:
            return msgspec.json.encode(value).decode()
    return ""


def _is_status(value: object) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return 400 <= value < 600
    return isinstance(value, str) and len(value) == 3 and value.isdecimal() and value[0] in "45"


def _implied(kind: str, code: str) -> int | None:
    names = {kind.lower(), code.lower()}
    if names & _RATE_CODES:
        return 429
    if names & _OVERLOAD_CODES:
        return 503
    if names & {"content_filter", "content_policy_violation", "context_length_exceeded"}:
        return 400
    return None

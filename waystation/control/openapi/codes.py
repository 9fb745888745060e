"""Error codes by the stage of the request that answers them; endpoints add these up."""

AUTH = (
    "missing_api_key",
    "empty_api_key",
    "invalid_api_key",
    "token_expired",
    "token_disabled",
    "user_banned",
    "ip_not_allowed",
)
BODY = (
    "invalid_json",
    "invalid_request",
    "invalid_value",
    "missing_field",
    "multipart_boundary_missing",
    "body_too_slow",
    "request_too_large",
    "unsupported_media_type",
)
PICTURES_IN = ("image_fetch_failed", "invalid_image")
"""Calls that take pictures."""
PICTURES_OUT = (*PICTURES_IN, "invalid_size", "content_policy_violation")
"""Calls that draw."""
ROUTING = (
    "model_not_allowed",
    "group_not_allowed",
    "channel_not_allowed",
    "model_not_found",
    "model_not_available_in_group",
    "upstream_saturated",
    "no_channel_alive",
    "price_not_configured",
)
MONEY = ("insufficient_user_quota", "token_quota_exhausted", "rate_limit_exceeded")
IDEMPOTENCY = ("idempotency_in_progress", "idempotency_replayed", "idempotency_key_reused")
UPSTREAM = (
    "bad_upstream_response",
    "upstream_error",
    "upstream_account_unavailable",
    "upstream_timeout",
)
SERVER = (
    "method_not_allowed",
    "internal_error",
    "temporarily_unavailable",
    "overloaded",
    "draining",
)
RELAY = (*BODY, *AUTH, *MONEY, *ROUTING, *IDEMPOTENCY, *UPSTREAM, *SERVER)
"""Every call that is sent on to an upstream."""
LOOK_UP = (*AUTH, *SERVER)
"""Calls about the caller's own things."""

UNSEEN = frozenset({"client_closed_request"})
"""Nobody is left to read it (it stands in the log)."""

"""Sign-in of people."""

from typing import Any

from waystation.control.openapi.endpoint import Body, Endpoint, Example, Reply
from waystation.control.openapi.fields import Schema, integer, record, ref, string

_SERVER = ("temporarily_unavailable", "internal_error", "method_not_allowed")

SCHEMAS: dict[str, Schema] = {
    "SignIn": record(
        {
            "email": string("The account's address.", "账户邮箱。", maxLength=254),
            "password": string("Its password.", "密码。", maxLength=1024),
        },
        ["email", "password"],
        additionalProperties=False,
    ),
    "Account": record(
        {
            "id": integer(),
            "email": string(),
            "role": string(enum=["user", "operator"]),
        },
        ["id", "email", "role"],
    ),
    "Session": record(
        {
            "token": string("Shown this once.", "仅显示一次。"),
            "expires_at": string("RFC 3339.", "RFC 3339 时间。", format="date-time"),
            "account": ref("Account"),
        },
        ["expires_at", "account"],
    ),
}

_ACCOUNT = {"id": 1, "email": "ada@example.com", "role": "user"}
_SESSION: dict[str, Any] = {"expires_at": "2026-01-01T12:00:00+00:00", "account": _ACCOUNT}

ENDPOINTS = (
    Endpoint(
        id="beginSession",
        method="post",
        path="/api/v1/session",
        tag="Session",
        summary="Sign in",
        summary_zh="登录",
        security=(),
        body=Body(
            ref("SignIn"),
            (Example("plain", {"email": "ada@example.com", "password": "correct horse"}),),
        ),
        replies=(
            Reply(
                201,
                "Signed in.",
                "已登录。",
                {
                    "application/json": (
                        ref("Session"),
                        (Example("plain", {"token": "wsn_…"} | _SESSION),),
                    )
                },
            ),
        ),
        codes=(
            "invalid_json",
            "invalid_request",
            "invalid_value",
            "invalid_credentials",
            "request_too_large",
            "too_many_attempts",
            "overloaded",
            *_SERVER,
        ),
        shape="management",
    ),
    Endpoint(
        id="getSession",
        method="get",
        path="/api/v1/session",
        tag="Session",
        summary="Who is signed in",
        summary_zh="当前会话",
        security=("session",),
        replies=(
            Reply(
                200,
                "The session.",
                "会话。",
                {"application/json": (ref("Session"), (Example("plain", _SESSION),))},
            ),
        ),
        codes=("session_required", *_SERVER),
        shape="management",
    ),
    Endpoint(
        id="endSession",
        method="delete",
        path="/api/v1/session",
        tag="Session",
        summary="Sign out",
        summary_zh="退出登录",
        security=("session",),
        replies=(Reply(204, "Signed out.", "已退出。"),),
        codes=("session_required", *_SERVER),
        shape="management",
    ),
)

"""What a key may read about itself: usage and log, also when expired or spent."""

from waystation.control.openapi.endpoint import Endpoint, Example, Parameter, Reply
from waystation.control.openapi.fields import (
    Schema,
    array,
    boolean,
    const,
    integer,
    record,
    ref,
    string,
)

_CODES = (
    "missing_api_key",
    "empty_api_key",
    "invalid_api_key",
    "token_disabled",
    "user_banned",
    "temporarily_unavailable",
    "internal_error",
    "method_not_allowed",
)

SCHEMAS: dict[str, Schema] = {
    "TokenUsage": record(
        {
            "code": boolean(const=True),
            "message": string(),
            "data": record(
                {
                    "object": const("token_usage"),
                    "name": string("The token's name.", "令牌名称。"),
                    "total_granted": integer(
                        "Used and available together, in units of 1/500,000 USD.",
                        "已用与可用之和，单位 1/500000 美元。",
                    ),
                    "total_used": integer("In the same units.", "已用，单位同上。"),
                    "total_available": integer(
                        "In the same units; of the account where the token has no budget.",
                        "可用，单位同上；令牌无限额时为账户余额。",
                    ),
                    "unlimited_quota": boolean("No budget of its own.", "令牌无独立限额。"),
                    "model_limits": {"type": "object", "additionalProperties": {"type": "boolean"}},
                    "model_limits_enabled": boolean(),
                    "expires_at": integer("Unix seconds; 0: never.", "Unix 秒，0 为永久。"),
                },
                ["object", "name", "total_granted", "total_used", "total_available"],
            ),
        },
        ["code", "message", "data"],
    ),
    "TokenLog": record(
        {
            "success": boolean(const=True),
            "message": string(),
            "data": array(ref("TokenLogLine")),
        },
        ["success", "message", "data"],
    ),
    "TokenLogLine": record(
        {
            "request_id": string(),
            "created_at": integer("Unix seconds.", "Unix 秒。"),
            "type": integer("2: a request; 5: a failed one.", "2 为请求，5 为失败的请求。"),
            "content": string("Why it failed.", "失败原因。"),
            "token_name": string(),
            "model_name": string(),
            "group": string(),
            "quota": integer("The charge in units of 1/500,000 USD.", "扣费，单位 1/500000 美元。"),
            "nanos": string("The charge in nano-USD.", "扣费（纳美元）。"),
            "prompt_tokens": integer(),
            "completion_tokens": integer(),
            "use_time": integer("Whole seconds.", "耗时（秒）。"),
            "is_stream": boolean(),
        },
        ["request_id", "created_at", "type", "model_name", "quota"],
    ),
}

ENDPOINTS = (
    Endpoint(
        id="getTokenUsage",
        method="get",
        path="/api/usage/token/",
        aliases=("/api/usage/token",),
        tag="Receipts",
        summary="What the key was granted, used and has left",
        summary_zh="查询令牌用量",
        replies=(
            Reply(
                200,
                "The amounts.",
                "用量。",
                {
                    "application/json": (
                        ref("TokenUsage"),
                        (
                            Example(
                                "limited",
                                {
                                    "code": True,
                                    "message": "ok",
                                    "data": {
                                        "object": "token_usage",
                                        "name": "ci-runner",
                                        "total_granted": 2500000,
                                        "total_used": 40000,
                                        "total_available": 2460000,
                                        "unlimited_quota": False,
                                        "model_limits": {"gpt-4o-mini": True},
                                        "model_limits_enabled": True,
                                        "expires_at": 0,
                                    },
                                },
                            ),
                        ),
                    )
                },
            ),
        ),
        codes=_CODES,
        shape="family",
    ),
    Endpoint(
        id="getTokenLog",
        method="get",
        path="/api/log/token",
        aliases=("/api/log/token/",),
        tag="Receipts",
        summary="The key's latest requests",
        summary_zh="查询令牌日志",
        description="Newest first.",
        description_zh="按时间倒序。",
        parameters=(
            Parameter(
                "page_size", "query", integer(minimum=1, maximum=100, default=50), example=50
            ),
        ),
        replies=(
            Reply(
                200,
                "The requests.",
                "请求记录。",
                {
                    "application/json": (
                        ref("TokenLog"),
                        (
                            Example(
                                "one",
                                {
                                    "success": True,
                                    "message": "",
                                    "data": [
                                        {
                                            "request_id": "0Qb3xK2mZk3s9dJq7LhT5a",
                                            "created_at": 1731000000,
                                            "type": 2,
                                            "content": "",
                                            "token_name": "ci-runner",
                                            "model_name": "gpt-4o-mini",
                                            "group": "default",
                                            "quota": 1,
                                            "nanos": "2550",
                                            "prompt_tokens": 13,
                                            "completion_tokens": 1,
                                            "use_time": 1,
                                            "is_stream": False,
                                        }
                                    ],
                                },
                            ),
                        ),
                    )
                },
            ),
        ),
        codes=("invalid_value", *_CODES),
        shape="family",
    ),
)

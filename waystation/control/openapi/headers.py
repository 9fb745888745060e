"""The reply headers that Waystation adds, and the request headers it reads."""

from typing import Any

from waystation.control.openapi.endpoint import Parameter
from waystation.control.openapi.fields import integer, string


def _header(en: str, zh: str, schema: dict[str, Any], example: str) -> dict[str, Any]:
    return {"description": en, "x-description-zh": zh, "schema": schema, "example": example}


HEADERS: dict[str, dict[str, Any]] = {
    "x-request-id": _header(
        "The request's id; also for GET /v1/generation.",
        "请求 ID，也可用于 GET /v1/generation。",
        string(),
        "0Qb3xK2mZk3s9dJq7LhT5a",
    ),
    "x-oneapi-request-id": _header(
        "The same id, for clients of older relays.",
        "同一 ID，供旧版客户端读取。",
        string(),
        "0Qb3xK2mZk3s9dJq7LhT5a",
    ),
    "x-waystation-cost": _header(
        "What the request cost, USD as a decimal. Not on streams, whose cost is known at the end.",
        "本次请求的费用（美元）。流式响应结束时才知道费用，因此没有此响应头。",
        string(),
        "0.00000885",
    ),
    "x-waystation-output-limit": _header(
        "The output limit in tokens that the balance allowed, when lower than what was asked.",
        "余额允许的输出 token 上限（低于请求值时出现）。",
        integer(),
        "512",
    ),
    "x-waystation-dropped": _header(
        "Request fields that the channel could not take and that were left out, comma-separated.",
        "因渠道不支持而被省略的请求字段，以逗号分隔。",
        string(),
        "logit_bias",
    ),
    "x-waystation-second": _header(
        "The id of another request that was made for this one, with its own charge (translations "
        "made of a transcript and a chat).",
        "为本次请求另外发起的请求的 ID，单独计费（由转录加聊天组成的翻译）。",
        string(),
        "0Qb3xK2mZk3s9dJq7LhT5b",
    ),
    "x-waystation-repeats": _header(
        "Pictures and sound, asked for again with the same Idempotency-Key: the id of the request "
        "whose reply this is. A repeat costs nothing.",
        "使用相同 Idempotency-Key 重复请求图片或音频时出现：原请求的 ID。重复请求不计费。",
        string(),
        "0Qb3xK2mZk3s9dJq7LhT5a",
    ),
    "x-waystation-estimate": _header(
        "1: the number is our own estimate.", "1：该数值为本站估算。", string(), "1"
    ),
    "server-timing": _header(
        "`relay;dur=` is the relay's own share in milliseconds.",
        "`relay;dur=` 为中转自身耗时（毫秒）。",
        string(),
        "relay;dur=0.4",
    ),
    "retry-after": _header("Whole seconds to wait.", "建议等待的秒数。", integer(minimum=0), "2"),
    "x-ratelimit-limit-requests": _header(
        "Requests per minute, of the tightest limit.",
        "每分钟请求数上限（最严格的一项）。",
        integer(),
        "60",
    ),
    "x-ratelimit-remaining-requests": _header(
        "Requests left of it.", "剩余请求数。", integer(), "59"
    ),
    "x-ratelimit-reset-requests": _header(
        "Until the limit is full again.", "额度完全恢复所需时间。", string(), "1s"
    ),
    "x-ratelimit-limit-tokens": _header(
        "Tokens per minute, of the tightest limit.",
        "每分钟 token 上限（最严格的一项）。",
        integer(),
        "100000",
    ),
    "x-ratelimit-remaining-tokens": _header(
        "Tokens left of it.", "剩余 token 数。", integer(), "99000"
    ),
    "x-ratelimit-reset-tokens": _header(
        "Until the limit is full again.", "额度完全恢复所需时间。", string(), "600ms"
    ),
}

ALWAYS = ("x-request-id", "x-oneapi-request-id")
LIMITS = tuple(name for name in HEADERS if name.startswith("x-ratelimit-"))
WHOLE = (
    *ALWAYS,
    "x-waystation-cost",
    "x-waystation-output-limit",
    "x-waystation-dropped",
    "server-timing",
    *LIMITS,
)
REPEATED = (*WHOLE, "x-waystation-repeats")
"""Of what a repeat with the same Idempotency-Key gets again."""

IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key",
    "header",
    string(
        "A key of yours for this request. Within 24 hours the same token with the same key does "
        "not run it again: 409 while it runs, 422 for another body. After it ran, pictures, sound "
        "and tasks are answered as the first time; everything else is told 409, with the id of the "
        "first request.",
        "自定义幂等键。24 小时内同一令牌使用相同的键不会重复执行："
        "进行中返回 409，请求体不同返回 422。完成后，图片、音频和任务返回与首次相同的结果；"
        "其余请求返回 409 并给出首次请求的 ID。",
        maxLength=255,
    ),
    example="order-118",
)
ACCEPT_LANGUAGE = Parameter(
    "Accept-Language",
    "header",
    string(
        "The language of error messages: en or zh. Codes do not change.",
        "错误信息的语言：en 或 zh；错误代码不变。",
    ),
    example="en",
)

"""Error replies: one response a status, with every code an endpoint can answer as an example."""

from collections.abc import Iterable
from typing import Any
from zlib import crc32

import msgspec

from waystation.control.openapi.endpoint import Shape
from waystation.control.openapi.fields import Schema, array, nullable, record, ref, string
from waystation.dialects.error_shapes import shown_status, write_error
from waystation.errors import TEXTS, Fault, Language

REQUEST_ID = "0Qb3xK2mZk3s9dJq7LhT5a"

_SHAPES = {
    "openai": "openai",
    "anthropic": "anthropic",
    "gemini": "gemini",
    "management": "console",
    "family": "management",
    "midjourney": "midjourney",
    "suno": "suno",
}
_ERRORS = {
    "openai": "Error",
    "anthropic": "MessagesError",
    "gemini": "GeminiError",
    "management": "ManagementError",
    "family": "FamilyError",
    "midjourney": "MidjourneyError",
    "suno": "SunoError",
}

_VALUES: dict[str, Any] = {
    "param": "messages",
    "needed": "0.012",
    "available": "0.004",
    "period": "day",
    "model": "gpt-4o-mini",
    "group": "default",
    "method": "PATCH",
    "path": "/v1/xyz",
    "hint": "",
    "allowed": "GET, POST",
    "id": "0Qb3xK2mZk3s9dJq7LhT5a",
    "seconds": 60,
    "limit": 33554432,
    "received": 41943040,
    "reason": "The body must be a JSON object.",
    "kind": "channel",
    "name": "the channel north",
}
_OWN_VALUES: dict[str, dict[str, Any]] = {
    "invalid_json": {"reason": "unexpected end of data (line 3 column 1)"},
    "invalid_value": {"param": "temperature", "reason": "a number from 0 to 2"},
    "image_fetch_failed": {"param": "messages.0.content.1", "reason": "it answers 404"},
    "unknown_url": {"method": "POST"},
    "invalid_size": {"size": "640x480", "model": "dall-e-3", "valid": "1024x1024, 1792x1024"},
    "invalid_image": {"param": "image", "reason": "it is of an unknown type"},
    "rate_limit_exceeded": {"limit": "token requests per minute"},
    "model_not_available_in_group": {"available": "official, pure-azure"},
    "unsupported_media_type": {"reason": "Content-Encoding 'zip' is not known: gzip, br, zstd"},
    "bad_upstream_response": {"reason": "HTML instead of JSON"},
    "upstream_error": {"reason": "the connection was reset"},
    "upstream_account_unavailable": {"reason": "quota exceeded"},
}
_RETRY = {429: 8, 503: 2}

_STATUS_TEXTS = {
    400: ("The request is wrong.", "请求有误。"),
    401: ("Not authenticated.", "未通过身份验证。"),
    402: ("Not enough money.", "余额或额度不足。"),
    403: ("Not allowed.", "没有权限。"),
    404: ("Not found.", "未找到。"),
    405: ("Another method is needed.", "请求方法不支持。"),
    408: ("The body came too slowly.", "请求体接收超时。"),
    409: ("The Idempotency-Key is known.", "幂等键已被使用。"),
    413: ("The body is too large.", "请求体过大。"),
    415: ("The body's form is not supported.", "不支持的请求体格式。"),
    422: ("The Idempotency-Key belongs to another body.", "幂等键对应不同的请求体。"),
    429: ("Too many at once; wait for Retry-After.", "请求过多，请按 Retry-After 等待。"),
    500: ("A fault of ours.", "服务器内部错误。"),
    502: ("The upstream failed; nothing is charged.", "上游出错，不计费。"),
    503: (
        "Not available at the moment; wait for Retry-After.",
        "暂不可用，请按 Retry-After 等待。",
    ),
    504: ("The upstream was too slow; nothing is charged.", "上游超时，不计费。"),
}


def error_body(code: str, shape: Shape, language: Language = "en") -> dict[str, Any]:
    """An example as it comes over the wire."""
    fault = example_fault(code)
    _, _, body = write_error(fault, _SHAPES[shape], REQUEST_ID, language)
    told: dict[str, Any] = msgspec.json.decode(body)
    return told


def _status(code: str, shape: Shape) -> int:
    """The status that goes out: the family's calls tell most failures in a 200."""
    return shown_status(Fault(code), _SHAPES[shape])


def example_fault(code: str) -> Fault:
    values = _VALUES | _OWN_VALUES.get(code, {})
    named = values.pop("param")
    param = named if "{param}" in TEXTS[code][1] else None
    extra = {}
    if code == "model_not_available_in_group":
        extra = {"available_groups": ["official", "pure-azure"]}
    status = TEXTS[code][0]
    return Fault(code, param=param, extra=extra, retry_after=_RETRY.get(status), **values)


def references(codes: Iterable[str], shape: Shape) -> dict[str, Any]:
    """status → reference to the shared response with these codes."""
    return {
        str(status): {"$ref": f"#/components/responses/{_name(status, told, shape)}"}
        for status, told in _by_status(codes, shape).items()
    }


def responses(codes: Iterable[str], shape: Shape) -> dict[str, Any]:
    """name → the shared responses that `references` points to."""
    return {
        _name(status, told, shape): _response(status, told, shape)
        for status, told in _by_status(codes, shape).items()
    }


def told_as_success(codes: Iterable[str], shape: Shape) -> list[str]:
    """Those that go out with status 200 and `success: false`."""
    return [code for code in codes if _status(code, shape) == 200]


def _by_status(codes: Iterable[str], shape: Shape) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for code in codes:
        if _status(code, shape) == 200:
            continue
        found.setdefault(_status(code, shape), []).append(code)
    return dict(sorted(found.items()))


def _name(status: int, codes: list[str], shape: Shape) -> str:
    digest = crc32(" ".join(codes).encode()) & 0xFFFF
    return f"{shape}_{status}_{digest:04x}"


def _response(status: int, codes: list[str], shape: Shape) -> dict[str, Any]:
    en, zh = _STATUS_TEXTS[status]
    headers = ["x-request-id", "x-oneapi-request-id"]
    if status in _RETRY:
        headers.append("retry-after")
    return {
        "description": en,
        "x-description-zh": zh,
        "x-error-codes": codes,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
        "content": {
            "application/json": {
                "schema": ref(_ERRORS[shape]),
                "examples": {code: example(code, shape) for code in codes},
            }
        },
    }


def example(code: str, shape: Shape) -> dict[str, Any]:
    zh = error_body(code, shape, "zh")
    return {
        "summary": TEXTS[code][1] if "{" not in TEXTS[code][1] else code,
        "value": error_body(code, shape),
        "x-value-zh": zh,
    }


SCHEMAS: dict[str, Schema] = {
    "Error": record(
        {
            "error": record(
                {
                    "message": string(
                        "For people, in the caller's language.", "供阅读的错误信息。"
                    ),
                    "type": string("The class of the error.", "错误类别。"),
                    "param": nullable(string("The request field at fault.", "出错的请求字段。")),
                    "code": nullable(
                        string("Stable, never translated.", "稳定的错误代码，不随语言变化。")
                    ),
                    "available_groups": array(
                        string(),
                        "With model_not_available_in_group: where the model is.",
                        "可提供该模型的分组。",
                    ),
                },
                ["message", "type", "param", "code"],
            )
        },
        ["error"],
    ),
    "ManagementError": record(
        {
            "error": record(
                {
                    "code": string(),
                    "message": string(),
                    "hint": string("What to do about it.", "处理建议。"),
                    "field": nullable(string()),
                    "fields": {
                        "type": "object",
                        "additionalProperties": {"type": "string"},
                        "description": "What is wrong with each field, where that is known.",
                        "x-description-zh": "各字段的错误（若已知）。",
                    },
                    "request_id": string(),
                },
                ["code", "message", "hint", "field", "request_id"],
            )
        },
        ["error"],
    ),
    "FamilyError": record(
        {
            "success": {"type": "boolean", "const": False},
            "message": string(),
        },
        ["success", "message"],
    ),
    "SunoError": record(
        {
            "code": string("Stable, never translated.", "稳定的错误代码，不随语言变化。"),
            "message": string("For people.", "供阅读的错误信息。"),
            "data": {"type": "null"},
        },
        ["code", "message", "data"],
    ),
    "StreamError": record(
        {"error": ref("StreamErrorBody")},
        ["error"],
        "A failure after the headers were sent: the last event of the stream, without [DONE].",
        "响应头发出之后的错误：流的最后一个事件，之后没有 [DONE]。",
    ),
    "StreamErrorBody": record(
        {"message": string(), "type": string(), "code": nullable(string())},
        ["message", "type", "code"],
    ),
}

"""GET /v1/models and GET /v1/models/{model}, in three shapes."""

from waystation.control.openapi.codes import LOOK_UP
from waystation.control.openapi.endpoint import Endpoint, Example, Parameter, Reply
from waystation.control.openapi.fields import (
    Schema,
    array,
    boolean,
    const,
    integer,
    nullable,
    one_of,
    record,
    ref,
    string,
)

SCHEMAS: dict[str, Schema] = {
    "Model": record(
        {
            "id": string(
                "A name, or a pattern that ends in `*`.", "模型名，或以 `*` 结尾的通配名。"
            ),
            "object": const("model"),
            "created": integer("Unix seconds.", "Unix 秒。"),
            "owned_by": string(),
            "supported_endpoint_types": array(
                string(), "Protocols that serve it.", "支持的接口类型。"
            ),
        },
        ["id", "object", "created", "owned_by"],
    ),
    "ModelList": record(
        {
            "object": const("list"),
            "success": boolean("For clients of older relays.", "供旧版客户端读取。", const=True),
            "data": array(ref("Model")),
        },
        ["object", "success", "data"],
        "The OpenAI shape.",
        "OpenAI 格式。",
    ),
    "AnthropicModel": record(
        {
            "type": const("model"),
            "id": string(),
            "display_name": string(),
            "created_at": string("RFC 3339.", "RFC 3339 时间。", format="date-time"),
            "supported_endpoint_types": array(
                string(), "Protocols that serve it.", "支持的接口类型。"
            ),
        },
        ["type", "id", "display_name", "created_at"],
    ),
    "AnthropicModelList": record(
        {
            "data": array(ref("AnthropicModel")),
            "has_more": boolean(),
            "first_id": nullable(string()),
            "last_id": nullable(string()),
        },
        ["data", "has_more", "first_id", "last_id"],
        "With the header anthropic-version.",
        "请求带 anthropic-version 时。",
    ),
    "GeminiModel": record(
        {
            "name": string("`models/` and the id.", "`models/` 加模型名。"),
            "displayName": string(),
            "supportedGenerationMethods": array(string()),
            "supported_endpoint_types": array(
                string(), "Protocols that serve it.", "支持的接口类型。"
            ),
        },
        ["name", "supportedGenerationMethods"],
    ),
    "GeminiModelList": record(
        {"models": array(ref("GeminiModel")), "nextPageToken": string()},
        ["models", "nextPageToken"],
        "When x-goog-api-key or `key` carries the token.",
        "令牌通过 x-goog-api-key 或 `key` 参数传入时。",
    ),
}

_MODEL = {
    "id": "gpt-4o-mini",
    "object": "model",
    "created": 1626777600,
    "owned_by": "openai",
    "supported_endpoint_types": ["openai"],
}
_ANTHROPIC = {
    "type": "model",
    "id": "gpt-4o-mini",
    "display_name": "gpt-4o-mini",
    "created_at": "2021-07-20T10:40:00Z",
    "supported_endpoint_types": ["openai"],
}
_GEMINI = {
    "name": "models/gpt-4o-mini",
    "displayName": "gpt-4o-mini",
    "supportedGenerationMethods": ["generateContent"],
    "supported_endpoint_types": ["openai"],
}
_VERSION = Parameter(
    "anthropic-version",
    "header",
    string("Present: the Anthropic shape.", "存在时返回 Anthropic 格式。"),
    example="2023-06-01",
)

ENDPOINTS = (
    Endpoint(
        id="listModels",
        method="get",
        path="/v1/models",
        aliases=("/models",),
        tag="Models",
        summary="List the models that the token may call",
        summary_zh="列出令牌可用的模型",
        description=(
            "Filtered by the token's groups and model limits. The shape follows the request: "
            "`anthropic-version` → Anthropic; the token in `x-goog-api-key` or `?key=` → Gemini; "
            "else OpenAI. `limit` and `after_id` page the Anthropic shape."
        ),
        description_zh=(
            "按令牌的分组和模型限制过滤。返回格式取决于请求："
            "带 `anthropic-version` 为 Anthropic 格式；"
            "令牌位于 `x-goog-api-key` 或 `?key=` 为 Gemini 格式；其余为 OpenAI 格式。"
            "`limit` 与 `after_id` 仅用于 Anthropic 格式翻页。"
        ),
        parameters=(
            _VERSION,
            Parameter("limit", "query", integer(minimum=1, maximum=1000, default=20), example=100),
            Parameter("after_id", "query", string(), example="gpt-4o-mini"),
        ),
        replies=(
            Reply(
                200,
                "The models.",
                "模型列表。",
                {
                    "application/json": (
                        one_of(
                            [ref("ModelList"), ref("AnthropicModelList"), ref("GeminiModelList")]
                        ),
                        (
                            Example(
                                "openai", {"object": "list", "success": True, "data": [_MODEL]}
                            ),
                            Example(
                                "anthropic",
                                {
                                    "data": [_ANTHROPIC],
                                    "has_more": False,
                                    "first_id": "gpt-4o-mini",
                                    "last_id": "gpt-4o-mini",
                                },
                            ),
                            Example("gemini", {"models": [_GEMINI], "nextPageToken": ""}),
                        ),
                    )
                },
            ),
        ),
        codes=LOOK_UP,
    ),
    Endpoint(
        id="retrieveModel",
        method="get",
        path="/v1/models/{model}",
        aliases=("/models/{model}",),
        tag="Models",
        summary="Look one model up",
        summary_zh="查询单个模型",
        parameters=(
            Parameter("model", "path", string(), required=True, example="gpt-4o-mini"),
            _VERSION,
        ),
        replies=(
            Reply(
                200,
                "The model.",
                "模型。",
                {
                    "application/json": (
                        one_of([ref("Model"), ref("AnthropicModel"), ref("GeminiModel")]),
                        (
                            Example("openai", _MODEL),
                            Example("anthropic", _ANTHROPIC),
                            Example("gemini", _GEMINI),
                        ),
                    )
                },
            ),
        ),
        codes=("model_not_found", *LOOK_UP),
    ),
)

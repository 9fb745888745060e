"""What everybody may read: prices and status."""

from waystation.control.openapi.endpoint import Endpoint, Example, Reply
from waystation.control.openapi.fields import (
    Schema,
    array,
    boolean,
    integer,
    number,
    record,
    ref,
    string,
)

_CODES = ("temporarily_unavailable", "internal_error", "method_not_allowed")

SCHEMAS: dict[str, Schema] = {
    "OfficialPrice": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "USD per 1,000,000 tokens by kind, or `per_call` in USD; decimal text.",
        "x-description-zh": "每 1000000 token 的美元价格（按类别），或按次价格 `per_call`。",
    },
    "PricedModel": record(
        {
            "model_name": string("A name or a pattern.", "模型名或通配名。"),
            "quota_type": integer("0: by tokens; 1: per call.", "0 按量，1 按次。", enum=[0, 1]),
            "model_ratio": number(
                "Input price in units of 2 USD per 1,000,000 tokens.",
                "输入价格，以每 1000000 token 2 美元为 1。",
            ),
            "model_price": number("USD per call.", "每次调用的美元价格。"),
            "completion_ratio": number("Output price over input price.", "输出价与输入价之比。"),
            "enable_groups": array(string(), "Groups that have it.", "可用分组。"),
            "supported_endpoint_types": array(string()),
            "official_price": ref("OfficialPrice"),
            "group_prices": {
                "type": "object",
                "additionalProperties": ref("OfficialPrice"),
                "description": "What it costs in each group: official price × rate.",
                "x-description-zh": "各分组的最终价格：官方价 × 倍率。",
            },
        },
        ["model_name", "quota_type", "enable_groups"],
    ),
    "Pricing": record(
        {
            "success": boolean(const=True),
            "data": array(ref("PricedModel")),
            "group_ratio": {"type": "object", "additionalProperties": {"type": "number"}},
            "usable_group": {"type": "object", "additionalProperties": {"type": "string"}},
            "auto_groups": array(string()),
        },
        ["success", "data", "group_ratio", "usable_group", "auto_groups"],
    ),
    "Status": record(
        {
            "success": boolean(const=True),
            "message": string(),
            "data": record(
                {
                    "system_name": string(),
                    "version": string(),
                    "start_time": integer("Unix seconds.", "Unix 秒。"),
                    "server_address": string(),
                    "quota_per_unit": integer("Units in one USD.", "1 美元对应的额度单位。"),
                },
                ["system_name", "version", "start_time", "quota_per_unit"],
            ),
        },
        ["success", "message", "data"],
    ),
}

ENDPOINTS = (
    Endpoint(
        id="getPricing",
        method="get",
        path="/api/pricing",
        aliases=("/api/pricing/",),
        tag="Catalogue",
        summary="Models, groups and prices",
        summary_zh="模型、分组与价格",
        description="Visible groups only. What a call costs is official price × the group's rate.",
        description_zh="仅包含可见分组。费用 = 官方价 × 分组倍率。",
        security=(),
        replies=(
            Reply(
                200,
                "The catalogue.",
                "价格目录。",
                {
                    "application/json": (
                        ref("Pricing"),
                        (
                            Example(
                                "one",
                                {
                                    "success": True,
                                    "data": [
                                        {
                                            "model_name": "gpt-4o-mini",
                                            "quota_type": 0,
                                            "model_ratio": 0.075,
                                            "model_price": 0,
                                            "completion_ratio": 4,
                                            "enable_groups": ["default"],
                                            "supported_endpoint_types": ["openai"],
                                            "official_price": {"input": "0.15", "output": "0.6"},
                                            "group_prices": {
                                                "default": {"input": "0.15", "output": "0.6"}
                                            },
                                        }
                                    ],
                                    "group_ratio": {"default": 1},
                                    "usable_group": {"default": "The default group"},
                                    "auto_groups": [],
                                },
                            ),
                        ),
                    )
                },
            ),
        ),
        codes=("session_required", *_CODES),
        shape="family",
    ),
    Endpoint(
        id="getStatus",
        method="get",
        path="/api/status",
        aliases=("/api/status/",),
        tag="Catalogue",
        summary="What this site is",
        summary_zh="站点状态",
        security=(),
        replies=(
            Reply(
                200,
                "The status.",
                "状态。",
                {
                    "application/json": (
                        ref("Status"),
                        (
                            Example(
                                "plain",
                                {
                                    "success": True,
                                    "message": "",
                                    "data": {
                                        "system_name": "Waystation",
                                        "version": "0.1.0",
                                        "start_time": 1731000000,
                                        "server_address": "https://relay.example",
                                        "quota_per_unit": 500000,
                                    },
                                },
                            ),
                        ),
                    )
                },
            ),
        ),
        codes=("internal_error", "method_not_allowed"),
        shape="family",
    ),
)

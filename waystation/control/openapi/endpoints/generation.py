"""GET /v1/generation: the receipt of one request."""

from waystation.control.openapi.codes import LOOK_UP
from waystation.control.openapi.endpoint import Endpoint, Example, Parameter, Reply
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

SCHEMAS: dict[str, Schema] = {
    "Generation": record(
        {
            "id": string("The request's id.", "请求 ID。"),
            "model": string("As the request named it.", "请求中的模型名。"),
            "status": integer("The HTTP status that was answered.", "返回的 HTTP 状态码。"),
            "created_at": string("RFC 3339.", "RFC 3339 时间。", format="date-time"),
            "total_cost": number("What was charged, in USD.", "实际扣费（美元）。", minimum=0),
            "nanos": string("The same in nano-USD.", "以纳美元计的同一金额。"),
            "group": string("The group that served.", "实际服务的分组。"),
            "rate": string("Its rate.", "该分组的倍率。"),
            "price_version": string("Of the price that was used.", "使用的价格版本。"),
            "exact": boolean(
                "Counted by the upstream; false: by us, from the text.",
                "true 为上游计数；false 为按文本估算。",
            ),
            "attempts": array(
                record(
                    {
                        "outcome": string("answered, or an error code.", "answered 或错误代码。"),
                        "millis": integer(minimum=0),
                    },
                    ["outcome"],
                )
            ),
        },
        ["id", "model", "status", "total_cost", "nanos"],
    ),
    "GenerationReply": record({"data": ref("Generation")}, ["data"]),
}

ENDPOINTS = (
    Endpoint(
        id="getGeneration",
        method="get",
        path="/v1/generation",
        tag="Receipts",
        summary="The receipt of a request",
        summary_zh="查询单次请求的账单",
        description=(
            "Attempts, tokens, price version, group rate, hold, charge and refund of a request of "
            "this account, by the id from `x-request-id`."
        ),
        description_zh=(
            "按 `x-request-id` 查询本账户某次请求的尝试、token、价格版本、"
            "分组倍率、预扣、扣费与退款。"
        ),
        parameters=(
            Parameter("id", "query", string(), required=True, example="0Qb3xK2mZk3s9dJq7LhT5a"),
        ),
        replies=(
            Reply(
                200,
                "The receipt.",
                "账单。",
                {
                    "application/json": (
                        ref("GenerationReply"),
                        (
                            Example(
                                "answered",
                                {
                                    "data": {
                                        "id": "0Qb3xK2mZk3s9dJq7LhT5a",
                                        "model": "gpt-4o-mini",
                                        "status": 200,
                                        "created_at": "2024-11-07T17:20:00Z",
                                        "total_cost": 0.00000255,
                                        "nanos": "2550",
                                        "group": "default",
                                        "rate": "1",
                                        "price_version": "2024-11-01",
                                        "exact": True,
                                        "attempts": [{"outcome": "answered", "millis": 420}],
                                    }
                                },
                            ),
                        ),
                    )
                },
            ),
        ),
        codes=("missing_field", "generation_not_found", *LOOK_UP),
    ),
)

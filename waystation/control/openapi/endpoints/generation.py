"""GET /v1/generation: the receipt of one request."""

from waystation.control.openapi.codes import LOOK_UP
from waystation.control.openapi.endpoint import Endpoint, Example, Parameter, Reply
from waystation.control.openapi.fields import (
    Schema,
    array,
    boolean,
    integer,
    nullable,
    number,
    record,
    ref,
    string,
)

_ATTEMPT = record(
    {
        "group": string("The group it was made in.", "所在分组。"),
        "outcome": string("answered, or an error code.", "answered 或错误代码。"),
        "status": nullable(integer("The upstream's HTTP status.", "上游状态码。")),
        "reason": nullable(string("Scrubbed.", "已脱敏的原因。")),
        "started_ms": integer("Unix milliseconds.", "Unix 毫秒。"),
        "ms": integer("How long it took, milliseconds.", "耗时（毫秒）。"),
    },
    ["outcome"],
)

SCHEMAS: dict[str, Schema] = {
    "Generation": record(
        {
            "id": string("The request's id.", "请求 ID。"),
            "status": string(
                "pending: still running, the amount is held.",
                "pending 表示仍在进行，金额处于预扣状态。",
                enum=["pending", "settled"],
            ),
            "transfers": array(
                record(
                    {
                        "kind": string(
                            "pending (the hold), extend, post (the charge), void, expire, refund.",
                            "pending（预扣）、extend、post（扣费）、void、expire、refund。",
                        ),
                        "nanos": string("Nano-USD.", "纳美元。"),
                        "created_ms": integer("Unix milliseconds.", "Unix 毫秒。"),
                    },
                    ["kind", "nanos", "created_ms"],
                ),
                "All money that moved for it, in order.",
                "按时间顺序的全部资金变动。",
            ),
            "created_ms": integer("Unix milliseconds.", "Unix 毫秒。"),
            "model": string("As the request named it.", "请求中的模型名。"),
            "operation": string(
                "chat, completion, embedding, …", "chat、completion、embedding 等。"
            ),
            "stream": boolean(),
            "token_name": string(),
            "http_status": integer("What was answered.", "返回的状态码。"),
            "end": string("complete, client_gone, upstream_failed, …", "结束方式。"),
            "code": nullable(string("The error code.", "错误代码。")),
            "reason": nullable(string("Why it failed, scrubbed.", "失败原因（已脱敏）。")),
            "group": string("The group that served.", "实际服务的分组。"),
            "rate": string("Its rate.", "该分组的倍率。"),
            "price_version": string("Of the price that was used.", "使用的价格版本。"),
            "formula": array(
                array({}, "[kind, count, unit price]", "[类别, 数量, 单价]"),
                "How the charge came about: the sum of count × unit price, times the rate.",
                "费用构成：数量 × 单价之和，再乘以倍率。",
            ),
            "usage": nullable(
                {
                    "type": "object",
                    "description": "Tokens by disjoint kind.",
                    "x-description-zh": "各类 token 的数量，互不重叠。",
                }
            ),
            "exact": boolean(
                "Counted by the upstream; false: by us, from the text.",
                "true 为上游计数；false 为按文本估算。",
            ),
            "cost_nanos": string("The charge in nano-USD.", "扣费（纳美元）。"),
            "cost_usd": number("The charge in USD.", "扣费（美元）。", minimum=0),
            "loss_nanos": string(
                "Beyond the balance; borne by the house.", "超出余额、由平台承担的部分。"
            ),
            "first_token_ms": nullable(
                integer("To the first content, milliseconds.", "首字耗时（毫秒）。")
            ),
            "total_ms": integer("In all, milliseconds.", "总耗时（毫秒）。"),
            "disconnect_rule": nullable(
                string("abort or drain: the channel's.", "断开规则：abort 或 drain。")
            ),
            "upstream_id": nullable(string("The upstream's id of the reply.", "上游回答 ID。")),
            "attempts": array(_ATTEMPT),
        },
        ["id", "status", "transfers"],
        "Fields beyond the first three are there once it is settled.",
        "除前三项外，其余字段在结算后才有。",
    ),
    "GenerationReply": record({"data": ref("Generation")}, ["data"]),
}

_RECEIPT = {
    "id": "0Qb3xK2mZk3s9dJq7LhT5a",
    "status": "settled",
    "transfers": [
        {"kind": "pending", "nanos": "1231950", "created_ms": 1731000000000},
        {"kind": "post", "nanos": "2550", "created_ms": 1731000000420},
    ],
    "created_ms": 1731000000000,
    "model": "gpt-4o-mini",
    "operation": "chat",
    "stream": False,
    "token_name": "laptop",
    "http_status": 200,
    "end": "complete",
    "code": None,
    "reason": None,
    "group": "default",
    "rate": "1",
    "price_version": "2f1c",
    "formula": [["input_fresh", 13, "0.15"], ["output_text", 1, "0.6"]],
    "usage": {"input_fresh": 13, "output_text": 1, "exact": True},
    "exact": True,
    "cost_nanos": "2550",
    "cost_usd": 0.00000255,
    "loss_nanos": "0",
    "first_token_ms": None,
    "total_ms": 420,
    "disconnect_rule": None,
    "upstream_id": "chatcmpl-7Qd2",
    "attempts": [
        {
            "group": "default",
            "outcome": "answered",
            "status": 200,
            "reason": None,
            "started_ms": 1731000000001,
            "ms": 419,
        }
    ],
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
                        (Example("answered", {"data": _RECEIPT}),),
                    )
                },
            ),
        ),
        codes=("missing_field", "generation_not_found", *LOOK_UP),
    ),
)

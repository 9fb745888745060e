"""The billing probes that many clients read."""

from waystation.control.openapi.codes import LOOK_UP
from waystation.control.openapi.endpoint import Endpoint, Example, Parameter, Reply
from waystation.control.openapi.fields import (
    Schema,
    boolean,
    const,
    integer,
    number,
    record,
    ref,
    string,
)

SCHEMAS: dict[str, Schema] = {
    "Subscription": record(
        {
            "object": const("billing_subscription"),
            "has_payment_method": boolean(),
            "soft_limit_usd": number("The same as hard_limit_usd.", "与 hard_limit_usd 相同。"),
            "hard_limit_usd": number(
                "What the token was granted in all, in USD; 100000000: no limit of its own.",
                "令牌总额度（美元）；无限额度为 100000000。",
            ),
            "system_hard_limit_usd": number(
                "The same as hard_limit_usd.", "与 hard_limit_usd 相同。"
            ),
            "access_until": integer(
                "Expiry in Unix seconds; 0: never.", "到期时间（Unix 秒），0 为永久。"
            ),
        },
        ["object", "soft_limit_usd", "hard_limit_usd", "system_hard_limit_usd", "access_until"],
    ),
    "BillingUsage": record(
        {
            "object": const("list"),
            "total_usage": number("US cents.", "单位为美分。", minimum=0),
        },
        ["object", "total_usage"],
    ),
}

ENDPOINTS = (
    Endpoint(
        id="getSubscription",
        method="get",
        path="/v1/dashboard/billing/subscription",
        aliases=("/dashboard/billing/subscription",),
        tag="Receipts",
        summary="The token's limit",
        summary_zh="令牌额度",
        replies=(
            Reply(
                200,
                "The limit, in USD.",
                "额度（美元）。",
                {
                    "application/json": (
                        ref("Subscription"),
                        (
                            Example(
                                "limited",
                                {
                                    "object": "billing_subscription",
                                    "has_payment_method": True,
                                    "soft_limit_usd": 5.0,
                                    "hard_limit_usd": 5.0,
                                    "system_hard_limit_usd": 5.0,
                                    "access_until": 0,
                                },
                            ),
                        ),
                    )
                },
            ),
        ),
        codes=LOOK_UP,
    ),
    Endpoint(
        id="getBillingUsage",
        method="get",
        path="/v1/dashboard/billing/usage",
        aliases=("/dashboard/billing/usage",),
        tag="Receipts",
        summary="What the token spent",
        summary_zh="令牌用量",
        description="In US cents. With both dates within them, the last day included; else in all.",
        description_zh="单位为美分。提供两个日期时返回该区间（含末日），否则返回全部。",
        parameters=(
            Parameter("start_date", "query", string(format="date"), example="2024-11-01"),
            Parameter("end_date", "query", string(format="date"), example="2024-12-01"),
        ),
        replies=(
            Reply(
                200,
                "The amount, in US cents.",
                "金额（美分）。",
                {
                    "application/json": (
                        ref("BillingUsage"),
                        (Example("some", {"object": "list", "total_usage": 8.0}),),
                    )
                },
            ),
        ),
        codes=("invalid_value", *LOOK_UP),
    ),
)

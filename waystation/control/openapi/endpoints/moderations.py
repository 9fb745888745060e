"""POST /v1/moderations."""

from waystation.control.openapi.codes import RELAY
from waystation.control.openapi.endpoint import Body, Endpoint, Example, Reply
from waystation.control.openapi.fields import Schema, array, boolean, one_of, record, ref, string
from waystation.control.openapi.headers import IDEMPOTENCY_KEY, WHOLE

SCHEMAS: dict[str, Schema] = {
    "ModerationRequest": record(
        {
            "model": string("The model's name.", "模型名。"),
            "input": one_of(
                [string(), array(string(), minItems=1), array(ref("ContentPart"), minItems=1)],
                "A text, several, or parts with images.",
                "一段或多段文本，或带图片的内容片段。",
            ),
        },
        ["input"],
    ),
    "Moderation": record(
        {
            "id": string(),
            "model": string("As the request named it.", "与请求一致。"),
            "results": array(
                record(
                    {
                        "flagged": boolean("Any category applies.", "命中任一类别。"),
                        "categories": {
                            "type": "object",
                            "additionalProperties": {"type": "boolean"},
                        },
                        "category_scores": {
                            "type": "object",
                            "additionalProperties": {"type": "number"},
                        },
                    },
                    ["flagged", "categories", "category_scores"],
                )
            ),
        },
        ["id", "model", "results"],
    ),
}

ENDPOINTS = (
    Endpoint(
        id="createModeration",
        method="post",
        path="/v1/moderations",
        aliases=("/moderations",),
        tag="Moderations",
        summary="Classify texts and images",
        summary_zh="内容审核",
        parameters=(IDEMPOTENCY_KEY,),
        body=Body(
            ref("ModerationRequest"),
            (
                Example(
                    "text",
                    {"model": "omni-moderation-latest", "input": "A walk along the harbour."},
                ),
            ),
        ),
        replies=(
            Reply(
                200,
                "One result per input.",
                "每个输入一个结果。",
                {
                    "application/json": (
                        ref("Moderation"),
                        (
                            Example(
                                "text",
                                {
                                    "id": "modr-31",
                                    "model": "omni-moderation-latest",
                                    "results": [
                                        {
                                            "flagged": False,
                                            "categories": {"violence": False},
                                            "category_scores": {"violence": 0.0001},
                                        }
                                    ],
                                },
                            ),
                        ),
                    )
                },
                WHOLE,
            ),
        ),
        codes=RELAY,
    ),
)

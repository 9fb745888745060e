"""POST /v1/embeddings."""

from waystation.control.openapi.codes import RELAY
from waystation.control.openapi.endpoint import Body, Endpoint, Example, Reply
from waystation.control.openapi.fields import (
    Schema,
    array,
    const,
    integer,
    number,
    one_of,
    record,
    ref,
    string,
)
from waystation.control.openapi.headers import IDEMPOTENCY_KEY, WHOLE

SCHEMAS: dict[str, Schema] = {
    "EmbeddingRequest": record(
        {
            "model": string("The model's name.", "模型名。"),
            "input": one_of(
                [
                    string(),
                    array(string(), minItems=1, maxItems=2048),
                    array(integer(), minItems=1),
                    array(array(integer()), minItems=1, maxItems=2048),
                ],
                "A text, up to 2,048 of them, or token ids.",
                "一段文本、最多 2048 段文本，或 token 数组。",
            ),
            "encoding_format": string(
                "base64: little-endian 32-bit floats, as the official SDKs ask for.",
                "base64 为小端 32 位浮点数，官方 SDK 默认使用。",
                enum=["float", "base64"],
                default="float",
            ),
            "dimensions": integer(
                "For models that can shorten.", "输出维度（模型支持时）。", minimum=1
            ),
            "user": string("Your end user, passed on.", "终端用户标识，原样转发。"),
        },
        ["model", "input"],
    ),
    "EmbeddingList": record(
        {
            "object": const("list"),
            "data": array(
                record(
                    {
                        "object": const("embedding"),
                        "index": integer("Of the input.", "对应输入的序号。", minimum=0),
                        "embedding": one_of(
                            [array(number()), string("With base64.", "base64 时为字符串。")]
                        ),
                    },
                    ["object", "index", "embedding"],
                )
            ),
            "model": string("As the request named it.", "与请求一致。"),
            "usage": ref("Usage"),
        },
        ["object", "data", "model", "usage"],
    ),
}

_REQUEST = {"model": "text-embedding-3-small", "input": ["a paper boat", "a tin ship"]}


def _reply(first: object, second: object) -> dict[str, object]:
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": 0, "embedding": first},
            {"object": "embedding", "index": 1, "embedding": second},
        ],
        "model": "text-embedding-3-small",
        "usage": {"prompt_tokens": 6, "total_tokens": 6, "cost": 0.00000012},
    }


ENDPOINTS = (
    Endpoint(
        id="createEmbedding",
        method="post",
        path="/v1/embeddings",
        aliases=("/embeddings",),
        tag="Embeddings",
        summary="Create embeddings",
        summary_zh="创建嵌入",
        description="Vectors in the order of the inputs.",
        description_zh="按输入顺序返回向量。",
        parameters=(IDEMPOTENCY_KEY,),
        body=Body(
            ref("EmbeddingRequest"),
            (
                Example("texts", _REQUEST),
                Example("base64", _REQUEST | {"encoding_format": "base64"}),
            ),
        ),
        replies=(
            Reply(
                200,
                "The vectors.",
                "向量。",
                {
                    "application/json": (
                        ref("EmbeddingList"),
                        (
                            Example("texts", _reply([0.6, -0.8], [0.8, 0.6])),
                            Example("base64", _reply("mpkZP83MTL8=", "zcxMP5qZGT8=")),
                        ),
                    )
                },
                WHOLE,
            ),
        ),
        codes=RELAY,
    ),
)

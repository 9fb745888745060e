"""POST /v1/rerank."""

from waystation.control.openapi.codes import RELAY
from waystation.control.openapi.endpoint import Body, Endpoint, Example, Reply
from waystation.control.openapi.fields import (
    Schema,
    array,
    boolean,
    integer,
    number,
    one_of,
    record,
    ref,
    string,
)
from waystation.control.openapi.headers import IDEMPOTENCY_KEY, WHOLE

_DOCUMENT: Schema = one_of([string(), {"type": "object"}])

SCHEMAS: dict[str, Schema] = {
    "RerankRequest": record(
        {
            "model": string("The model's name.", "模型名。"),
            "query": one_of(
                [string(minLength=1), {"type": "object"}],
                "What the documents are compared with.",
                "用来与各文档比较的查询。",
            ),
            "documents": array(_DOCUMENT, minItems=1, maxItems=10_000),
            "top_n": integer(
                "How many results to give; left out: all.",
                "返回多少条结果；省略则全部返回。",
                minimum=1,
            ),
            "return_documents": boolean(
                "Give each result its document.", "在每条结果中附上原文档。"
            ),
        },
        ["model", "query", "documents"],
    ),
    "Rerank": record(
        {
            "id": string(),
            "model": string("As the request named it.", "与请求一致。"),
            "results": array(
                record(
                    {
                        "index": integer("Of the document, from 0.", "文档的序号，从 0 开始。"),
                        "relevance_score": number(),
                        "document": _DOCUMENT,
                    },
                    ["index", "relevance_score"],
                )
            ),
            "usage": record(
                {
                    "prompt_tokens": integer(minimum=0),
                    "total_tokens": integer(minimum=0),
                    "search_units": number(minimum=0),
                    "cost": number("What the request cost, in USD.", "本次请求的费用（美元）。"),
                },
                [],
            ),
            "meta": {"type": "object"},
        },
        ["results", "usage"],
    ),
}

ENDPOINTS = (
    Endpoint(
        id="rerank",
        method="post",
        path="/v1/rerank",
        aliases=("/rerank", "/v2/rerank"),
        tag="Rerank",
        summary="Order documents by relevance",
        summary_zh="文档重排序",
        description=(
            "The shape of Cohere and Jina. A price per call counts search units where the vendor "
            "tells them."
        ),
        description_zh="与 Cohere、Jina 的格式一致。上游给出搜索单位数时，按次计价以搜索单位为准。",
        parameters=(IDEMPOTENCY_KEY,),
        body=Body(
            ref("RerankRequest"),
            (
                Example(
                    "texts",
                    {
                        "model": "rerank-v3.5",
                        "query": "Where do ships land?",
                        "documents": ["A harbour is where ships land.", "Bread is baked."],
                        "top_n": 1,
                    },
                ),
            ),
        ),
        replies=(
            Reply(
                200,
                "The most relevant first.",
                "按相关度从高到低排列。",
                {
                    "application/json": (
                        ref("Rerank"),
                        (
                            Example(
                                "texts",
                                {
                                    "id": "rerank-31",
                                    "model": "rerank-v3.5",
                                    "results": [{"index": 0, "relevance_score": 0.91}],
                                    "usage": {
                                        "prompt_tokens": 26,
                                        "completion_tokens": 0,
                                        "total_tokens": 26,
                                    },
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

"""POST /v1/completions."""

from typing import Any

from waystation.control.openapi.codes import RELAY
from waystation.control.openapi.endpoint import Body, Endpoint, Example, Reply
from waystation.control.openapi.fields import (
    Schema,
    array,
    boolean,
    const,
    events,
    integer,
    nullable,
    number,
    one_of,
    record,
    ref,
    string,
)
from waystation.control.openapi.headers import IDEMPOTENCY_KEY, WHOLE

SCHEMAS: dict[str, Schema] = {
    "CompletionRequest": record(
        {
            "model": string("The model's name.", "模型名。"),
            "prompt": one_of(
                [
                    string(),
                    array(string(), minItems=1),
                    array(integer(), minItems=1),
                    array(array(integer()), minItems=1),
                ],
                "A text, several, or token ids.",
                "一段或多段文本，或 token 数组。",
            ),
            "best_of": integer(minimum=1, default=1),
            "echo": boolean("Repeat the prompt in front.", "在结果前附带提示词。", default=False),
            "frequency_penalty": number(minimum=-2, maximum=2, default=0),
            "logit_bias": nullable({"type": "object", "additionalProperties": {"type": "number"}}),
            "logprobs": nullable(integer(minimum=0, maximum=5)),
            "max_tokens": integer("Per answer.", "每个回答的上限。", minimum=1, default=16),
            "n": integer("Answers per prompt.", "每个提示词的回答数。", minimum=1, default=1),
            "presence_penalty": number(minimum=-2, maximum=2, default=0),
            "seed": integer(),
            "stop": nullable(one_of([string(), array(string(), maxItems=4)])),
            "stream": boolean("Answer as server-sent events.", "流式返回。", default=False),
            "stream_options": record({"include_usage": boolean(default=False)}, []),
            "suffix": nullable(string("What comes after the gap.", "插入位置之后的文本。")),
            "temperature": number(minimum=0, maximum=2, default=1),
            "top_p": number(minimum=0, maximum=1, default=1),
            "user": string("Your end user, passed on.", "终端用户标识，原样转发。"),
        },
        ["model", "prompt"],
    ),
    "Completion": record(
        {
            "id": string(),
            "object": const("text_completion"),
            "created": integer("Unix seconds.", "Unix 秒。"),
            "model": string("As the request named it.", "与请求一致。"),
            "choices": array(
                record(
                    {
                        "index": integer(
                            "n × prompts of them, the first prompt's first.",
                            "共 n × 提示词数 个，按提示词顺序排列。",
                            minimum=0,
                        ),
                        "text": string(),
                        "logprobs": nullable({"type": "object"}),
                        "finish_reason": nullable(
                            string(enum=["stop", "length", "content_filter", None])
                        ),
                    },
                    ["index", "text", "finish_reason"],
                )
            ),
            "usage": ref("UsageOrNull"),
        },
        ["id", "object", "created", "model", "choices"],
        "A stream's chunks have the same form.",
        "流式块采用相同结构。",
    ),
}

_REQUEST = {"model": "gpt-3.5-turbo-instruct", "prompt": "It grew cold,", "max_tokens": 30}
_REPLY: dict[str, Any] = {
    "id": "cmpl-5f",
    "object": "text_completion",
    "created": 1731000200,
    "model": "gpt-3.5-turbo-instruct",
    "choices": [
        {"index": 0, "text": " and then it snowed.", "logprobs": None, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 4, "completion_tokens": 6, "total_tokens": 10, "cost": 0.000018},
}
_STREAM = (
    'data: {"id":"cmpl-5f","object":"text_completion","created":1731000200,'
    '"model":"gpt-3.5-turbo-instruct","choices":[{"index":0,"text":" and then it snowed.",'
    '"logprobs":null,"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)

ENDPOINTS = (
    Endpoint(
        id="createCompletion",
        method="post",
        path="/v1/completions",
        aliases=("/completions",),
        tag="Completions",
        summary="Create a completion",
        summary_zh="创建补全",
        description="Continues one or several prompts; `n` × prompts choices come back. Channels "
        "that only chat serve one text, without `echo`, `suffix`, `logprobs` and `best_of`.",
        description_zh="续写一个或多个提示词，返回 `n` × 提示词数 个结果。"
        "仅支持聊天的渠道只处理单段文本，不支持 `echo`、`suffix`、`logprobs` 和 `best_of`。",
        parameters=(IDEMPOTENCY_KEY,),
        body=Body(
            ref("CompletionRequest"),
            (Example("plain", _REQUEST), Example("streamed", _REQUEST | {"stream": True})),
        ),
        replies=(
            Reply(
                200,
                "The texts, whole or as a stream.",
                "完整或流式文本。",
                {
                    "application/json": (ref("Completion"), (Example("plain", _REPLY),)),
                    "text/event-stream": (
                        string(
                            "Events of Completion, or StreamError at a broken end.",
                            "Completion 事件；中途出错时以 StreamError 结束。",
                            **events(ref("Completion")),
                        ),
                        (Example("streamed", _STREAM),),
                    ),
                },
                WHOLE,
            ),
        ),
        codes=RELAY,
    ),
)

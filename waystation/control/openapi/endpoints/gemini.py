"""Google's own addresses: …/models/{model}:verb."""

from typing import Any

from waystation.control.openapi.codes import RELAY
from waystation.control.openapi.endpoint import Body, Endpoint, Example, Parameter, Reply
from waystation.control.openapi.fields import (
    Schema,
    array,
    events,
    integer,
    number,
    record,
    ref,
    string,
)
from waystation.control.openapi.headers import IDEMPOTENCY_KEY, WHOLE

_PART = record(
    {"text": string("Or inlineData, fileData, functionCall, functionResponse.", "或其它类型。")},
    [],
)
SCHEMAS: dict[str, Schema] = {
    "GeminiContent": record(
        {
            "role": string("user or model.", "user 或 model。"),
            "parts": array(_PART, "What is said.", "内容。"),
        },
        ["parts"],
    ),
    "GeminiRequest": record(
        {
            "contents": array(ref("GeminiContent"), "The conversation.", "对话内容。", minItems=1),
            "systemInstruction": ref("GeminiContent"),
            "generationConfig": record(
                {
                    "temperature": number(minimum=0, maximum=2),
                    "topP": number(minimum=0, maximum=1),
                    "topK": integer(minimum=1),
                    "candidateCount": integer(minimum=1),
                    "maxOutputTokens": integer(minimum=1),
                    "stopSequences": array(string()),
                    "responseMimeType": string(),
                    "responseSchema": record({}, []),
                    "thinkingConfig": record({}, []),
                },
                [],
                "Settings of the answer; all fields pass.",
                "生成参数，均原样转发。",
            ),
            "safetySettings": array(record({}, [])),
            "tools": array(record({}, [])),
            "toolConfig": record({}, []),
        },
        ["contents"],
        "snake_case spellings are read too. Further fields pass to upstreams of this protocol.",
        "也接受 snake_case 写法；其它字段会转发给支持该协议的上游。",
    ),
    "GeminiAnswer": record(
        {
            "candidates": array(
                record(
                    {
                        "content": ref("GeminiContent"),
                        "finishReason": string("STOP, MAX_TOKENS, SAFETY, …", "结束原因。"),
                        "index": integer(minimum=0),
                    },
                    [],
                )
            ),
            "usageMetadata": record(
                {
                    "promptTokenCount": integer(minimum=0),
                    "candidatesTokenCount": integer(minimum=0),
                    "thoughtsTokenCount": integer(minimum=0),
                    "totalTokenCount": integer(minimum=0),
                },
                [],
                "The cost is in the header x-waystation-cost.",
                "费用见响应头 x-waystation-cost。",
            ),
            "modelVersion": string("As the request named it.", "与请求一致。"),
            "responseId": string(),
        },
        [],
    ),
    "GeminiError": record(
        {
            "error": record(
                {
                    "code": integer("The HTTP status.", "HTTP 状态码。"),
                    "message": string("For people.", "供阅读的错误信息。"),
                    "status": string("INVALID_ARGUMENT, NOT_FOUND, …", "错误类别。"),
                    "details": array(record({}, [])),
                },
                ["code", "message", "status"],
            )
        },
        ["error"],
    ),
}

_REQUEST: dict[str, Any] = {
    "contents": [{"role": "user", "parts": [{"text": "Answer with the word ready."}]}]
}
_ANSWER: dict[str, Any] = {
    "candidates": [
        {
            "content": {"role": "model", "parts": [{"text": "ready"}]},
            "finishReason": "STOP",
            "index": 0,
        }
    ],
    "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 1, "totalTokenCount": 8},
    "modelVersion": "gemini-2.5-flash",
    "responseId": "0Vbhm",
}
_STREAM = (
    'data: {"candidates":[{"content":{"role":"model","parts":[{"text":"ready"}]},"index":0}],'
    '"modelVersion":"gemini-2.5-flash"}\n\n'
    'data: {"candidates":[{"content":{"role":"model","parts":[{"text":""}]},'
    '"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":7,'
    '"candidatesTokenCount":1,"totalTokenCount":8},"modelVersion":"gemini-2.5-flash"}\n\n'
)
_EMBEDS = "gemini-embedding-001"


def _model(example: str) -> Parameter:
    return Parameter("model", "path", string("The model.", "模型名。"), True, example)


_VALUES = record({"values": array(number())}, ["values"])


def _alias(verb: str) -> tuple[str, ...]:
    return tuple(f"/{version}/models/{{model}}:{verb}" for version in ("v1", "v1alpha"))


def _call(
    verb: str,
    en: str,
    zh: str,
    body: Body,
    content: dict[str, Any],
    *,
    described: tuple[str, str] = ("", ""),
    more: tuple[Parameter, ...] = (),
    model: str = "gemini-2.5-flash",
) -> Endpoint:
    return Endpoint(
        id=verb,
        method="post",
        path=f"/v1beta/models/{{model}}:{verb}",
        aliases=_alias(verb),
        tag="Gemini",
        summary=en,
        summary_zh=zh,
        description=described[0],
        description_zh=described[1],
        parameters=(_model(model), *more, IDEMPOTENCY_KEY),
        body=body,
        replies=(Reply(200, "The answer.", "结果。", content, WHOLE),),
        codes=RELAY,
        shape="gemini",
    )


_WHOLE_BODY = Body(ref("GeminiRequest"), (Example("plain", _REQUEST),))
_CONTENT = {"parts": [{"text": "a paper boat"}]}
_EMBED = record(
    {
        "content": ref("GeminiContent"),
        "taskType": string(),
        "title": string(),
        "outputDimensionality": integer(minimum=1),
    },
    ["content"],
)

ENDPOINTS = (
    _call(
        "generateContent",
        "Generate an answer",
        "生成内容",
        _WHOLE_BODY,
        {"application/json": (ref("GeminiAnswer"), (Example("plain", _ANSWER),))},
        described=(
            "Works with every chat model: where the channel speaks this protocol the body passes "
            "unchanged below its top level, else it is translated. A prompt that the vendor blocks "
            "comes back as `promptFeedback`; what was counted of it is charged. "
            "`cachedContent` is not offered.",
            "适用于所有聊天模型：渠道支持该协议时请求体顶层以下原样转发，否则自动转换。"
            "被供应商拦截的提示以 `promptFeedback` 返回，按供应商计入的提示用量收费。"
            "不支持 `cachedContent`。",
        ),
    ),
    _call(
        "streamGenerateContent",
        "Generate an answer, streamed",
        "流式生成内容",
        _WHOLE_BODY,
        {
            "application/json": (
                array(ref("GeminiAnswer")),
                (Example("array", [_ANSWER]),),
            ),
            "text/event-stream": (
                string(
                    "Events of GeminiAnswer.",
                    "GeminiAnswer 事件。",
                    **events(ref("GeminiAnswer")),
                ),
                (Example("streamed", _STREAM),),
            ),
        },
        described=(
            "With `alt=sse` as events without `[DONE]`; without it as one JSON array that comes "
            "piece by piece.",
            "`alt=sse` 时为事件流（没有 `[DONE]`），否则为逐段返回的 JSON 数组。",
        ),
        more=(Parameter("alt", "query", string("sse for events.", "sse 表示事件流。")),),
    ),
    _call(
        "countTokens",
        "Count a request's tokens",
        "统计 token",
        Body(ref("GeminiRequest"), (Example("plain", _REQUEST),)),
        {
            "application/json": (
                record({"totalTokens": integer(minimum=0)}, ["totalTokens"]),
                (Example("counted", {"totalTokens": 7}),),
            )
        },
        described=(
            "Free. Where the channel does not have it the count is an estimate, and the header "
            "x-waystation-estimate says so.",
            "免费；渠道不支持时为估算值，并带有响应头 x-waystation-estimate。",
        ),
    ),
    _call(
        "embedContent",
        "Embed a text",
        "文本嵌入",
        Body(_EMBED, (Example("one", {"content": _CONTENT}),)),
        {
            "application/json": (
                record({"embedding": _VALUES}, ["embedding"]),
                (Example("one", {"embedding": {"values": [0.6, -0.8]}}),),
            )
        },
        model=_EMBEDS,
    ),
    _call(
        "batchEmbedContents",
        "Embed several texts",
        "批量文本嵌入",
        Body(
            record({"requests": array(_EMBED, minItems=1)}, ["requests"]),
            (
                Example(
                    "two",
                    {"requests": [{"model": f"models/{_EMBEDS}", "content": _CONTENT}]},
                ),
            ),
        ),
        {
            "application/json": (
                record({"embeddings": array(_VALUES)}, ["embeddings"]),
                (Example("two", {"embeddings": [{"values": [0.6, -0.8]}]}),),
            )
        },
        model=_EMBEDS,
    ),
)

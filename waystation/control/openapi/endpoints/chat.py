"""POST /v1/chat/completions."""

from typing import Any

from waystation.control.openapi.codes import PICTURES_IN, RELAY
from waystation.control.openapi.endpoint import Body, Endpoint, Example, Reply
from waystation.control.openapi.endpoints import chat_examples
from waystation.control.openapi.fields import events, ref, string
from waystation.control.openapi.headers import IDEMPOTENCY_KEY, WHOLE

_PLAIN: dict[str, Any] = {
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "Answer with the word ready."}],
    "temperature": 0.7,
}
_TOOLS: dict[str, Any] = {
    "model": "gpt-4o-mini",
    "messages": [
        {"role": "system", "content": "You answer questions about parcels."},
        {"role": "user", "content": "Where is parcel P-118?"},
    ],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "locate_parcel",
                "description": "Current place of a parcel.",
                "parameters": {
                    "type": "object",
                    "properties": {"parcel_id": {"type": "string"}},
                    "required": ["parcel_id"],
                    "additionalProperties": False,
                },
            },
        }
    ],
}
_STRUCTURED: dict[str, Any] = {
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "Is the bridge open?"}],
    "response_format": {
        "type": "json_schema",
        "json_schema": {
            "name": "verdict",
            "strict": True,
            "schema": {
                "type": "object",
                "properties": {"open": {"type": "boolean"}},
                "required": ["open"],
                "additionalProperties": False,
            },
        },
    },
}


def _completion(message: dict[str, Any], finish: str) -> dict[str, Any]:
    return {
        "id": "chatcmpl-7Qd2",
        "object": "chat.completion",
        "created": 1731000000,
        "model": "gpt-4o-mini",
        "system_fingerprint": None,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", **message},
                "logprobs": None,
                "finish_reason": finish,
            }
        ],
        "usage": {
            "prompt_tokens": 13,
            "completion_tokens": 1,
            "total_tokens": 14,
            "cost": 0.00000255,
        },
    }


_CALLED = {
    "content": None,
    "tool_calls": [
        {
            "id": "call_a1",
            "type": "function",
            "function": {"name": "locate_parcel", "arguments": '{"parcel_id":"P-118"}'},
        }
    ],
}

_HEAD = (
    '{"id":"chatcmpl-9aL","object":"chat.completion.chunk","created":1731000101,'
    '"model":"gpt-4o-mini",'
)
_STREAM = (
    "".join(
        f"data: {_HEAD}{rest}\n\n"
        for rest in (
            '"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}',
            '"choices":[{"index":0,"delta":{"content":"ready"},"finish_reason":null}]}',
            '"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
            '"choices":[],"usage":{"prompt_tokens":13,"completion_tokens":1,"total_tokens":14,'
            '"cost":0.00000255}}',
        )
    )
    + "data: [DONE]\n\n"
)
_BROKEN = (
    f'data: {_HEAD}"choices":[{{"index":0,"delta":{{"content":"rea"}},"finish_reason":null}}]}}\n\n'
    'data: {"error":{"message":"The upstream failed: the connection was reset",'
    '"type":"upstream_error","code":"upstream_error"}}\n\n'
)

ENDPOINTS = (
    Endpoint(
        id="createChatCompletion",
        method="post",
        path="/v1/chat/completions",
        aliases=("/chat/completions",),
        tag="Chat",
        summary="Create a chat completion",
        summary_zh="创建聊天补全",
        description=(
            "Plain or streamed, with images, tools, structured output and several answers.\n\n"
            "With `stream: true` the reply is `text/event-stream`: one `data:` event a chunk "
            "(ChatCompletionChunk), one `finish_reason` per choice, then `data: [DONE]`. A "
            "failure in the middle is a last event with `error` and no `[DONE]`. In a silence of "
            "{{keep_alive_seconds}} an empty chunk keeps the connection alive.\n\n"
            "Money is held before the upstream is called and settled to what was used; a request "
            "that failed before any answer costs nothing. Who hangs up in a stream pays for what "
            "was generated."
        ),
        description_zh=(
            "支持流式与非流式、图片、工具、结构化输出和多个回答。\n\n"
            "`stream: true` 时返回 `text/event-stream`：每个 `data:` 事件为一个块，"
            "每个选项只有一个 `finish_reason`，最后为 `data: [DONE]`。"
            "中途出错时最后一个事件为 `error`，且没有 "
            "`[DONE]`。空闲 {{keep_alive_seconds}}会发送空块保持连接。\n\n"
            "调用上游之前预扣费用，结束后按实际用量结算；未得到任何回答的失败请求不收费。"
            "流式过程中断开连接，按已生成的内容计费。"
        ),
        parameters=(IDEMPOTENCY_KEY,),
        body=Body(
            ref("ChatRequest"),
            (
                Example("plain", _PLAIN),
                Example(
                    "streamed", _PLAIN | {"stream": True, "stream_options": {"include_usage": True}}
                ),
                Example("tools", _TOOLS),
                Example("vision", chat_examples.VISION),
                Example("structured", _STRUCTURED),
                *chat_examples.EXAMPLES,
            ),
        ),
        replies=(
            Reply(
                200,
                "The answer, whole or as a stream.",
                "完整回答或流式回答。",
                {
                    "application/json": (
                        ref("ChatCompletion"),
                        (
                            Example("plain", _completion({"content": "ready"}, "stop")),
                            Example("tools", _completion(_CALLED, "tool_calls")),
                        ),
                    ),
                    "text/event-stream": (
                        string(
                            "Events of ChatCompletionChunk, or StreamError at a broken end.",
                            "ChatCompletionChunk 事件；中途出错时以 StreamError 结束。",
                            **events(ref("ChatCompletionChunk")),
                        ),
                        (Example("streamed", _STREAM), Example("broken", _BROKEN)),
                    ),
                },
                WHOLE,
            ),
        ),
        codes=(*RELAY, *PICTURES_IN),
    ),
)

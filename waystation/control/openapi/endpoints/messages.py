"""POST /v1/messages and /v1/messages/count_tokens."""

import json
from typing import Any

from waystation.control.openapi.codes import AUTH, BODY, RELAY, ROUTING, SERVER
from waystation.control.openapi.endpoint import Body, Endpoint, Example, Parameter, Reply
from waystation.control.openapi.endpoints.messages_schemas import SCHEMAS
from waystation.control.openapi.fields import ref, string
from waystation.control.openapi.headers import ALWAYS, IDEMPOTENCY_KEY, WHOLE

__all__ = ["ENDPOINTS", "SCHEMAS"]

_MODEL = "claude-sonnet-4-5"
_PLAIN: dict[str, Any] = {
    "model": _MODEL,
    "max_tokens": 300,
    "messages": [{"role": "user", "content": "Answer with the word ready."}],
}
_TOOLS: dict[str, Any] = {
    "model": _MODEL,
    "max_tokens": 300,
    "system": "You answer questions about parcels.",
    "messages": [{"role": "user", "content": "Where is parcel P-118?"}],
    "tools": [
        {
            "name": "locate_parcel",
            "description": "Current place of a parcel.",
            "input_schema": {
                "type": "object",
                "properties": {"parcel_id": {"type": "string"}},
                "required": ["parcel_id"],
            },
        }
    ],
}
_USAGE: dict[str, Any] = {
    "input_tokens": 13,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "output_tokens": 4,
}


def _message(content: list[dict[str, Any]], reason: str) -> dict[str, Any]:
    return {
        "id": "msg_7Qd2",
        "type": "message",
        "role": "assistant",
        "model": _MODEL,
        "content": content,
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {**_USAGE, "cost": 0.000099},
    }


def _events(*told: dict[str, Any]) -> str:
    return "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in told)


_BEGUN = _message([], "end_turn") | {"stop_reason": None, "usage": _USAGE | {"output_tokens": 1}}
_OPENED: tuple[dict[str, Any], ...] = (
    {"type": "message_start", "message": _BEGUN},
    {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "text", "text": ""},
    },
    {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "text_delta", "text": "ready"},
    },
)
_STREAM = _events(
    *_OPENED,
    {"type": "content_block_stop", "index": 0},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": _USAGE | {"cost": 0.000099},
    },
    {"type": "message_stop"},
)
_BROKEN = _events(
    *_OPENED,
    {
        "type": "error",
        "error": {"type": "api_error", "message": "The upstream failed: the connection was reset"},
        "request_id": "0Qb3xK2mZk3s9dJq7LhT5a",
    },
)
_CALLED = {
    "type": "tool_use",
    "id": "toolu_1",
    "name": "locate_parcel",
    "input": {"parcel_id": "P-118"},
}

_HEADERS = (
    Parameter(
        "anthropic-version",
        "header",
        string("The version of the protocol.", "协议版本。", default="2023-06-01"),
    ),
    Parameter(
        "anthropic-beta",
        "header",
        string("Names of betas; passed on unchanged.", "Beta 功能名，原样转发。"),
    ),
)

ENDPOINTS = (
    Endpoint(
        id="createMessage",
        method="post",
        path="/v1/messages",
        aliases=("/messages",),
        tag="Messages",
        summary="Create a message (Anthropic's protocol)",
        summary_zh="创建消息（Anthropic 协议）",
        description=(
            "For every chat model. A channel that speaks this protocol gets the body as it is, "
            "save the model's name; at any other channel it is translated. Settings that the "
            "channel has no word for are left out and named in `x-waystation-dropped`; content "
            "that it has no word for is a 400.\n\n"
            "With `stream: true` the events come in the protocol's order, message_start to "
            "message_stop; `ping` in a silence of {{keep_alive_seconds}}; "
            "`error` is the last event of a stream that failed."
        ),
        description_zh=(
            "适用于所有聊天模型。支持此协议的渠道会原样收到请求体（仅替换模型名），"
            "其他渠道则自动转换。渠道无法表达的设置会被省略，并列在 `x-waystation-dropped` 中；"
            "无法表达的内容返回 400。\n\n"
            "`stream: true` 时事件按协议顺序发送，从 message_start 到 message_stop；"
            "空闲 {{keep_alive_seconds}}发送 `ping`；中途出错时最后一个事件为 `error`。"
        ),
        parameters=(*_HEADERS, IDEMPOTENCY_KEY),
        body=Body(
            ref("MessageRequest"),
            (
                Example("plain", _PLAIN),
                Example("streamed", _PLAIN | {"stream": True}),
                Example("tools", _TOOLS),
            ),
        ),
        replies=(
            Reply(
                200,
                "The message, whole or as a stream.",
                "完整消息或流式消息。",
                {
                    "application/json": (
                        ref("MessagesReply"),
                        (
                            Example(
                                "plain", _message([{"type": "text", "text": "ready"}], "end_turn")
                            ),
                            Example("tools", _message([_CALLED], "tool_use")),
                        ),
                    ),
                    "text/event-stream": (
                        string(
                            "Events of MessageEvent, or MessagesError at a broken end.",
                            "MessageEvent 事件；中途出错时以 MessagesError 结束。",
                            **{"x-event-schemas": [ref("MessageEvent"), ref("MessagesError")]},
                        ),
                        (Example("streamed", _STREAM), Example("broken", _BROKEN)),
                    ),
                },
                WHOLE,
            ),
        ),
        codes=RELAY,
        shape="anthropic",
    ),
    Endpoint(
        id="countMessageTokens",
        method="post",
        path="/v1/messages/count_tokens",
        aliases=("/messages/count_tokens",),
        tag="Messages",
        summary="Count the tokens of a message request",
        summary_zh="计算消息请求的 token 数",
        description=(
            "Free. Asked of a channel that can count; where there is none the number is an "
            "estimate, and the header `x-waystation-estimate: 1` says so."
        ),
        description_zh=(
            "免费。由支持计数的渠道计算；没有时为估算值，并带有响应头 `x-waystation-estimate: 1`。"
        ),
        parameters=_HEADERS,
        body=Body(
            ref("CountTokensRequest"),
            (Example("plain", {name: _PLAIN[name] for name in ("model", "messages")}),),
        ),
        replies=(
            Reply(
                200,
                "The number of tokens.",
                "token 数。",
                {
                    "application/json": (
                        ref("CountedTokens"),
                        (Example("plain", {"input_tokens": 13}),),
                    )
                },
                (*ALWAYS, "x-waystation-estimate"),
            ),
        ),
        codes=(*BODY, *AUTH, *ROUTING, *SERVER),
        shape="anthropic",
    ),
)

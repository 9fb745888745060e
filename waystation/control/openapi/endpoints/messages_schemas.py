"""What a message request, its answer and its stream are made of."""

from typing import Any

from waystation.control.openapi.fields import (
    Schema,
    array,
    boolean,
    const,
    integer,
    nullable,
    number,
    one_of,
    record,
    ref,
    string,
)

_ANY: dict[str, Any] = {"type": "object"}


def _enum(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


_BLOCKS = array(ref("MessageBlock"), "Content blocks.", "内容块。")
_CONTENT = one_of([string(), _BLOCKS], "A text, or content blocks.", "文本或内容块。")
_COMMON: dict[str, Schema] = {
    "model": string("The model's name.", "模型名。"),
    "messages": array(
        record(
            {"role": _enum("user", "assistant", "system"), "content": _CONTENT}, ["role", "content"]
        ),
        "The turns, the oldest first.",
        "对话内容，按时间顺序。",
        minItems=1,
    ),
    "system": one_of([string(), _BLOCKS], "Instructions.", "系统指令。"),
    "tools": array(
        _ANY,
        "Functions (`name`, `description`, `input_schema`); the vendor's own tools in the native "
        "lane.",
        "函数（`name`、`description`、`input_schema`）；直通时也可使用厂商内置工具。",
    ),
    "tool_choice": record(
        {
            "type": _enum("auto", "any", "tool", "none"),
            "name": string(),
            "disable_parallel_tool_use": boolean(),
        },
        ["type"],
    ),
    "thinking": record(
        {
            "type": _enum("enabled", "disabled", "adaptive"),
            "budget_tokens": integer("At least 1024.", "至少 1024。"),
        },
        ["type"],
        "How much to think.",
        "思考方式。",
    ),
}

SCHEMAS: dict[str, Schema] = {
    "MessageBlock": record(
        {
            "type": string(
                "text, image, document, tool_use, tool_result, thinking, redacted_thinking, or one "
                "of the vendor's own.",
                "text、image、document、tool_use、tool_result、thinking、redacted_thinking 等。",
            ),
            "text": string(),
            "source": _ANY,
            "id": string(),
            "name": string(),
            "input": _ANY,
            "tool_use_id": string(),
            "is_error": boolean(),
            "thinking": string(),
            "signature": string("Send it back as it came.", "需原样回传。"),
            "cache_control": _ANY,
        },
        ["type"],
    ),
    "MessageRequest": record(
        {
            **_COMMON,
            "max_tokens": integer("The most to generate.", "最多生成的 token 数。", minimum=1),
            "temperature": number("0 to 1.", "0 到 1。"),
            "top_p": number(),
            "top_k": integer(),
            "stop_sequences": array(string()),
            "stream": boolean("As server-sent events.", "以流式返回。"),
            "metadata": record({"user_id": string("Whom you serve.", "最终用户标识。")}, []),
            "output_config": record(
                {
                    "effort": _enum("low", "medium", "high", "xhigh", "max"),
                    "format": record({"type": const("json_schema"), "schema": _ANY}, ["type"]),
                },
                [],
            ),
        },
        ["model", "max_tokens", "messages"],
    ),
    "CountTokensRequest": record(dict(_COMMON), ["model", "messages"]),
    "CountedTokens": record({"input_tokens": integer()}, ["input_tokens"]),
    "MessageUsage": record(
        {
            "input_tokens": integer("Without cached ones.", "不含缓存部分。"),
            "cache_creation_input_tokens": nullable(integer()),
            "cache_read_input_tokens": nullable(integer()),
            "output_tokens": integer(),
            "cost": number("What the request cost, USD.", "本次请求的费用（美元）。"),
        },
        ["output_tokens"],
    ),
    "MessagesReply": record(
        {
            "id": string(),
            "type": const("message"),
            "role": const("assistant"),
            "model": string("As the request named it.", "与请求一致。"),
            "content": array(ref("MessageBlock")),
            "stop_reason": nullable(
                string(
                    "end_turn, max_tokens, stop_sequence, tool_use, pause_turn, refusal.",
                    "end_turn、max_tokens、stop_sequence、tool_use、pause_turn、refusal。",
                )
            ),
            "stop_sequence": nullable(string()),
            "usage": ref("MessageUsage"),
        },
        ["id", "type", "role", "model", "content", "stop_reason", "usage"],
    ),
    "MessageEvent": record(
        {
            "type": _enum(
                "message_start",
                "content_block_start",
                "content_block_delta",
                "content_block_stop",
                "message_delta",
                "message_stop",
                "ping",
            ),
            "index": integer(),
            "message": ref("MessagesReply"),
            "content_block": ref("MessageBlock"),
            "delta": _ANY,
            "usage": ref("MessageUsage"),
        },
        ["type"],
    ),
    "MessagesError": record(
        {
            "type": const("error"),
            "error": record({"type": string(), "message": string()}, ["type", "message"]),
            "request_id": string(),
        },
        ["type", "error"],
    ),
}

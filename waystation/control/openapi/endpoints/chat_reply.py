"""The reply of a chat completion, whole and in chunks."""

from waystation.control.openapi.fields import (
    Schema,
    array,
    const,
    integer,
    nullable,
    record,
    ref,
    string,
)

_FINISH = nullable(
    string(
        "Why it ended.",
        "结束原因。",
        enum=["stop", "length", "tool_calls", "content_filter", "function_call", None],
    )
)

SCHEMAS: dict[str, Schema] = {
    "ChatCompletion": record(
        {
            "id": string("The upstream's id of the reply.", "回答的 ID。"),
            "object": const("chat.completion"),
            "created": integer("Unix seconds.", "Unix 秒。"),
            "model": string("As the request named it.", "与请求中的模型名一致。"),
            "system_fingerprint": nullable(string()),
            "choices": array(
                record(
                    {
                        "index": integer(minimum=0),
                        "message": ref("AssistantMessage"),
                        "logprobs": nullable({"type": "object"}),
                        "finish_reason": _FINISH,
                    },
                    ["index", "message", "finish_reason"],
                )
            ),
            "usage": ref("Usage"),
        },
        ["id", "object", "created", "model", "choices", "usage"],
    ),
    "AssistantMessage": record(
        {
            "role": const("assistant"),
            "content": nullable(string("null beside tool_calls.", "有 tool_calls 时为 null。")),
            "refusal": nullable(string("Why the model declined.", "拒绝原因。")),
            "reasoning_content": string("The model's thoughts.", "思考内容。"),
            "tool_calls": array(ref("ToolCall")),
        },
        ["role", "content"],
    ),
    "ChatCompletionChunk": record(
        {
            "id": string("The same in all chunks of a reply.", "同一回答的所有块相同。"),
            "object": const("chat.completion.chunk"),
            "created": integer(
                "Unix seconds, the same in all chunks of a reply.",
                "Unix 秒，同一回答的所有块相同。",
            ),
            "model": string(),
            "system_fingerprint": nullable(string()),
            "choices": array(
                record(
                    {
                        "index": integer(minimum=0),
                        "delta": ref("Delta"),
                        "logprobs": nullable({"type": "object"}),
                        "finish_reason": _FINISH,
                    },
                    ["index", "delta"],
                ),
                "Empty in the usage chunk.",
                "usage 块中为空。",
            ),
            "usage": ref("UsageOrNull"),
        },
        ["id", "object", "created", "model", "choices"],
    ),
    "Delta": record(
        {
            "role": string("In the first chunk of a choice.", "仅出现在首块。"),
            "content": nullable(string("The next piece of text.", "文本增量。")),
            "refusal": nullable(string()),
            "reasoning_content": string("The next piece of thought.", "思考增量。"),
            "tool_calls": array(
                record(
                    {
                        "index": integer("Which call this piece belongs to.", "所属调用的序号。"),
                        "id": string("In a call's first piece.", "仅出现在该调用的首个片段。"),
                        "type": const("function"),
                        "function": record(
                            {
                                "name": string("In a call's first piece.", "仅出现在首个片段。"),
                                "arguments": string(
                                    "To be joined with the others of this index.",
                                    "同一序号的片段依次拼接。",
                                ),
                            },
                            [],
                        ),
                    },
                    ["index"],
                )
            ),
        },
        [],
    ),
}

"""The body of a chat completion."""

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

_PARTS: dict[str, Schema] = {
    "TextPart": record({"type": const("text"), "text": string()}, ["type", "text"]),
    "ImagePart": record(
        {
            "type": const("image_url"),
            "image_url": one_of(
                [
                    record(
                        {
                            "url": string(
                                "An https address or a data URL (png, jpeg, webp, gif).",
                                "https 地址或 data URL（png、jpeg、webp、gif）。",
                            ),
                            "detail": string(enum=["auto", "low", "high"], default="auto"),
                        },
                        ["url"],
                    ),
                    string("The address alone.", "仅地址。"),
                ]
            ),
        },
        ["type", "image_url"],
    ),
    "AudioPart": record(
        {
            "type": const("input_audio"),
            "input_audio": record(
                {
                    "data": string("Base64.", "Base64 编码。"),
                    "format": string("wav or mp3.", "wav 或 mp3。"),
                },
                ["data", "format"],
            ),
        },
        ["type", "input_audio"],
    ),
    "FilePart": record(
        {
            "type": const("file"),
            "file": record(
                {
                    "file_id": string(),
                    "filename": string(),
                    "file_data": string("A data URL.", "data URL 形式的文件内容。"),
                },
                [],
            ),
        },
        ["type", "file"],
    ),
    "RefusalPart": record({"type": const("refusal"), "refusal": string()}, ["type", "refusal"]),
    "ContentPart": {
        "oneOf": [
            ref(name) for name in ("TextPart", "ImagePart", "AudioPart", "FilePart", "RefusalPart")
        ]
    },
}

_TOOLS: dict[str, Schema] = {
    "Tool": record(
        {
            "type": const("function"),
            "function": record(
                {
                    "name": string("The function's name.", "函数名。", maxLength=64),
                    "description": string("When to call it.", "何时调用。"),
                    "parameters": {
                        "type": "object",
                        "description": "A JSON Schema of its arguments.",
                        "x-description-zh": "参数的 JSON Schema。",
                    },
                    "strict": boolean(
                        "Arguments keep to the schema.", "参数严格符合 schema。", default=False
                    ),
                },
                ["name"],
            ),
        },
        ["type", "function"],
    ),
    "ToolCall": record(
        {
            "id": string(),
            "type": const("function"),
            "function": record(
                {
                    "name": string(),
                    "arguments": string("JSON, as text.", "JSON 文本。"),
                },
                ["name", "arguments"],
            ),
        },
        ["id", "type", "function"],
    ),
    "ToolChoice": one_of(
        [
            string(enum=["none", "auto", "required"]),
            record(
                {
                    "type": const("function"),
                    "function": record({"name": string()}, ["name"]),
                },
                ["type", "function"],
            ),
        ],
        "Whether and which tool is called.",
        "是否调用以及调用哪个工具。",
    ),
    "ResponseFormat": one_of(
        [
            record({"type": const("text")}, ["type"]),
            record({"type": const("json_object")}, ["type"]),
            record(
                {
                    "type": const("json_schema"),
                    "json_schema": record(
                        {
                            "name": string(pattern="^[A-Za-z0-9_-]{1,64}$"),
                            "description": string(),
                            "strict": boolean(default=False),
                            "schema": {"type": "object"},
                        },
                        ["name"],
                    ),
                },
                ["type", "json_schema"],
            ),
        ],
        "The form of the answer.",
        "回答的格式。",
    ),
}

_MESSAGE: dict[str, Schema] = {
    "Message": record(
        {
            "role": string(
                "Who speaks.",
                "角色。",
                enum=["system", "developer", "user", "assistant", "tool", "function"],
            ),
            "content": one_of(
                [string(), array(ref("ContentPart")), {"type": "null"}],
                "Text, parts, or null beside tool_calls.",
                "文本、内容片段数组，或在有 tool_calls 时为 null。",
            ),
            "name": string("Tells speakers of one role apart.", "区分同一角色的不同发言者。"),
            "tool_calls": array(ref("ToolCall"), "Of an assistant's turn.", "助手发起的工具调用。"),
            "tool_call_id": string("Which call a tool's turn answers.", "工具结果对应的调用 ID。"),
            "reasoning_content": string(
                "An assistant's earlier thoughts, for vendors that want them back.",
                "助手先前的思考内容，供需要回传的厂商使用。",
            ),
        },
        ["role"],
    ),
}

_TUNING: dict[str, Schema] = {
    "temperature": number(
        "Higher is more varied; a decimal number.", "采样温度，允许小数。", minimum=0, maximum=2
    ),
    "top_p": number("Nucleus sampling.", "核采样。", minimum=0, maximum=1),
    "n": integer(
        "How many answers. Where the upstream cannot, the relay asks it n times. Each answer's "
        "tokens are billed; the operator sets the highest n.",
        "回答数量。上游不支持时由中转并发请求；每个回答的 token 都会计费，最大值由管理员设置。",
        minimum=1,
        default=1,
    ),
    "stop": nullable(
        one_of(
            [string(), array(string(), maxItems=4)],
            "Up to four texts at which to stop.",
            "最多四个停止序列。",
        )
    ),
    "max_tokens": integer(
        "The output limit per answer in tokens; the same as max_completion_tokens.",
        "每个回答的输出上限，与 max_completion_tokens 等价。",
        minimum=1,
    ),
    "max_completion_tokens": integer(
        "The output limit per answer in tokens, thoughts included.",
        "每个回答的输出上限（含思考）。",
        minimum=1,
    ),
    "presence_penalty": number(minimum=-2, maximum=2),
    "frequency_penalty": number(minimum=-2, maximum=2),
    "logit_bias": nullable(
        {
            "type": "object",
            "additionalProperties": {"type": "number", "minimum": -100, "maximum": 100},
        }
    ),
    "logprobs": boolean("Tell log probabilities.", "返回对数概率。"),
    "top_logprobs": integer(minimum=0, maximum=20),
    "seed": integer("For repeatable sampling, as far as the upstream can.", "随机种子。"),
    "seen": integer(
        "Read as `seed`, a spelling that circulates; `seed` wins when both are sent.",
        "等价于 `seed`（流传的笔误写法）；两者同时出现时以 `seed` 为准。",
        deprecated=True,
    ),
    "reasoning_effort": string(
        "How long to think, for models that do.", "思考强度（适用于推理模型）。"
    ),
    "user": string("Your end user, passed on.", "终端用户标识，原样转发。"),
}

SCHEMAS: dict[str, Schema] = (
    _PARTS
    | _TOOLS
    | _MESSAGE
    | {
        "ChatRequest": record(
            {
                "model": string("The model's name, as GET /v1/models lists it.", "模型名。"),
                "messages": array(ref("Message"), "The conversation.", "对话消息。", minItems=1),
                "stream": boolean(
                    "Answer as server-sent events.", "以 SSE 流式返回。", default=False
                ),
                "stream_options": record(
                    {
                        "include_usage": boolean(
                            "End the stream with a chunk that has no choices but `usage`.",
                            "在流末尾附带仅含 `usage` 的块。",
                            default=False,
                        )
                    },
                    [],
                ),
                **_TUNING,
                "response_format": ref("ResponseFormat"),
                "tools": array(
                    ref("Tool"),
                    "Functions that the model may call; [] is as good as absent.",
                    "模型可调用的函数；空数组等于未提供。",
                ),
                "tool_choice": ref("ToolChoice"),
                "parallel_tool_calls": boolean(default=True),
                "functions": array(
                    {"type": "object"}, "The older form of tools.", "旧式 tools。", deprecated=True
                ),
                "function_call": one_of(
                    [string(), {"type": "object"}],
                    "The older form of tool_choice.",
                    "旧式 tool_choice。",
                    deprecated=True,
                ),
            },
            ["model", "messages"],
            "Fields that are not listed are passed on to the upstream unchanged. Numbers may also "
            'come as text ("0.7").',
            '未列出的字段原样转发给上游；数字也可以字符串形式给出（"0.7"）。',
        )
    }
)

"""POST /v1/responses and what goes with it."""

from typing import Any

from waystation.control.openapi.codes import LOOK_UP, RELAY, UPSTREAM
from waystation.control.openapi.endpoint import Body, Endpoint, Example, Parameter, Reply
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

ITEM = record(
    {
        "type": string(
            "message, function_call, function_call_output, reasoning, or a hosted tool's.",
            "message、function_call、function_call_output、reasoning 或托管工具的类型。",
        )
    },
    [],
    "An item. Fields as the type has them; all pass.",
    "条目，字段随类型而定，均原样转发。",
)

SCHEMAS: dict[str, Schema] = {
    "ResponseRequest": record(
        {
            "model": string("The model's name.", "模型名。"),
            "input": one_of(
                [string(), array(ITEM)],
                "A text, or items. Needed unless previous_response_id says enough.",
                "文本或条目列表；仅使用 previous_response_id 时可省略。",
            ),
            "instructions": nullable(string("What a system turn would say.", "系统指令。")),
            "max_output_tokens": nullable(
                integer("Of thoughts and answer together.", "思考与回答合计上限。", minimum=1)
            ),
            "stream": boolean("Answer as events.", "以事件流返回。", default=False),
            "store": boolean(
                "Keep the answer, so that previous_response_id can name it.",
                "保存响应，供 previous_response_id 引用。",
                default=True,
            ),
            "previous_response_id": nullable(
                string("The stored response that this one follows.", "所接续的已保存响应 ID。")
            ),
            "tools": array(
                record({"type": string()}, ["type"]),
                "Functions, flat (type, name, parameters), or the vendor's hosted tools.",
                "函数工具（扁平结构）或供应商托管工具。",
            ),
            "tool_choice": one_of([string(), record({}, [])], "As OpenAI.", "与 OpenAI 相同。"),
            "parallel_tool_calls": boolean(),
            "text": record(
                {"format": record({"type": string()}, ["type"])},
                [],
                "format: text, json_object or json_schema.",
                "format：text、json_object 或 json_schema。",
            ),
            "reasoning": nullable(
                record(
                    {"effort": nullable(string()), "summary": nullable(string())},
                    [],
                    "How much to think, and whether to tell.",
                    "思考强度与摘要。",
                )
            ),
            "temperature": nullable(number(minimum=0, maximum=2)),
            "top_p": nullable(number(minimum=0, maximum=1)),
            "include": array(string()),
            "metadata": nullable(record({}, [])),
            "truncation": nullable(string()),
            "user": string(),
        },
        ["model"],
        "Further fields pass to upstreams that speak this protocol.",
        "其它字段会转发给支持该协议的上游。",
    ),
    "Response": record(
        {
            "id": string(),
            "object": const("response"),
            "created_at": integer("Unix seconds.", "Unix 秒。"),
            "status": string(enum=["completed", "incomplete", "in_progress", "failed"]),
            "model": string("As the request named it.", "与请求一致。"),
            "output": array(ITEM),
            "error": nullable(record({"code": string(), "message": string()}, [])),
            "incomplete_details": nullable(record({"reason": string()}, [])),
            "usage": nullable(
                record(
                    {
                        "input_tokens": integer(minimum=0),
                        "output_tokens": integer(minimum=0),
                        "total_tokens": integer(minimum=0),
                        "cost": number("USD.", "美元。", minimum=0),
                    },
                    ["input_tokens", "output_tokens", "total_tokens"],
                )
            ),
        },
        ["id", "object", "created_at", "status", "model", "output"],
    ),
    "ResponseEvent": record(
        {
            "type": string("response.created … response.completed.", "事件类型。"),
            "sequence_number": integer("Rises.", "递增序号。", minimum=0),
        },
        ["type", "sequence_number"],
    ),
}

_REQUEST: dict[str, Any] = {
    "model": "gpt-4o-mini",
    "input": "Answer with the word ready.",
    "store": False,
}
_TEXT = {"type": "output_text", "text": "ready", "annotations": []}
_RESPONSE: dict[str, Any] = {
    "id": "resp_0Vbhm",
    "object": "response",
    "created_at": 1731000400,
    "status": "completed",
    "model": "gpt-4o-mini",
    "output": [
        {
            "type": "message",
            "id": "msg_0Vbhm",
            "status": "completed",
            "role": "assistant",
            "content": [_TEXT],
        }
    ],
    "usage": {"input_tokens": 9, "output_tokens": 1, "total_tokens": 10, "cost": 0.00000195},
    "error": None,
    "incomplete_details": None,
}
_HEAD = '"response":{"id":"resp_0Vbhm","object":"response","status":"in_progress"}'
_PLACE = '"item_id":"msg_0Vbhm","output_index":0,"content_index":0'
_STREAM = "".join(
    f'event: {kind}\ndata: {{"type":"{kind}","sequence_number":{number},{rest}}}\n\n'
    for number, (kind, rest) in enumerate(
        (
            ("response.created", _HEAD),
            ("response.in_progress", _HEAD),
            (
                "response.output_item.added",
                '"output_index":0,"item":{"id":"msg_0Vbhm","type":"message","content":[]}',
            ),
            ("response.output_text.delta", f'{_PLACE},"delta":"ready"'),
            ("response.output_text.done", f'{_PLACE},"text":"ready"'),
            (
                "response.completed",
                '"response":{"id":"resp_0Vbhm","object":"response","status":"completed",'
                '"usage":{"input_tokens":9,"output_tokens":1,"total_tokens":10}}',
            ),
        )
    )
)

_CODES = (*RELAY, "response_not_found")
ID = Parameter("response", "path", string("Its id.", "响应 ID。"), True, "resp_0Vbhm")


def _json(schema: Schema, name: str, value: Any) -> dict[str, Any]:
    return {"application/json": (schema, (Example(name, value),))}


_COUNT = {"object": "response.input_tokens", "input_tokens": 9}
_DELETED = {"id": "resp_0Vbhm", "object": "response", "deleted": True}
_COMPACTED = {"id": "resp_0Vbhn", "object": "response.compaction", "output": []}

ENDPOINTS = (
    Endpoint(
        id="createResponse",
        method="post",
        path="/v1/responses",
        aliases=("/responses",),
        tag="Responses",
        summary="Create a response",
        summary_zh="创建响应",
        description=(
            "Works with every chat model: where the channel speaks Responses the body passes "
            "unchanged below its top level, else it is translated.\n\n"
            "With `stream: true` the reply is typed events with rising `sequence_number`, the "
            "last one `response.completed` or `response.incomplete`; a failure is `error` and "
            "`response.failed`. There is no `[DONE]`. In a silence of "
            "{{keep_alive_seconds}} a further `response.in_progress` keeps the connection "
            "alive.\n\n"
            "Stored responses are kept for the account alone, for {{response_days}}: "
            "sealed here, or by the upstream that made them. `background` and "
            "`conversation` are not offered."
        ),
        description_zh=(
            "适用于所有聊天模型：渠道支持 Responses 时请求体顶层以下原样转发，否则自动转换。\n\n"
            "`stream: true` 时返回带递增 `sequence_number` 的事件，最后为 `response.completed` 或 "
            "`response.incomplete`；出错时为 `error` 与 `response.failed`。没有 `[DONE]`。"
            "空闲 {{keep_alive_seconds}}会再次发送 `response.in_progress` 保持连接。\n\n"
            "已保存的响应仅本账户可用，保留 {{response_days}}，由本站加密保存或由上游保存。"
            "不支持 `background` 与 `conversation`。"
        ),
        parameters=(IDEMPOTENCY_KEY,),
        body=Body(
            ref("ResponseRequest"),
            (
                Example("plain", _REQUEST),
                Example("streamed", _REQUEST | {"stream": True}),
                Example(
                    "followed",
                    {
                        "model": "gpt-4o-mini",
                        "input": "And in French?",
                        "previous_response_id": "resp_0Vbhm",
                    },
                ),
            ),
        ),
        replies=(
            Reply(
                200,
                "The answer, whole or as a stream.",
                "完整回答或流式回答。",
                {
                    "application/json": (ref("Response"), (Example("plain", _RESPONSE),)),
                    "text/event-stream": (
                        string(
                            "Events of ResponseEvent.",
                            "ResponseEvent 事件。",
                            **events(ref("ResponseEvent")),
                        ),
                        (Example("streamed", _STREAM),),
                    ),
                },
                WHOLE,
            ),
        ),
        codes=_CODES,
    ),
    Endpoint(
        id="getResponse",
        method="get",
        path="/v1/responses/{response}",
        tag="Responses",
        summary="A stored response",
        summary_zh="获取已保存的响应",
        parameters=(ID,),
        replies=(Reply(200, "The response.", "响应。", _json(ref("Response"), "one", _RESPONSE)),),
        codes=(*LOOK_UP, *UPSTREAM, "response_not_found"),
    ),
    Endpoint(
        id="deleteResponse",
        method="delete",
        path="/v1/responses/{response}",
        tag="Responses",
        summary="Delete a stored response",
        summary_zh="删除已保存的响应",
        parameters=(ID,),
        replies=(
            Reply(
                200,
                "It is gone.",
                "已删除。",
                _json(
                    record(
                        {
                            "id": string(),
                            "object": const("response"),
                            "deleted": {"type": "boolean", "const": True},
                        },
                        ["id", "object", "deleted"],
                    ),
                    "gone",
                    _DELETED,
                ),
            ),
        ),
        codes=(*LOOK_UP, *UPSTREAM, "response_not_found"),
    ),
    Endpoint(
        id="countResponseInput",
        method="post",
        path="/v1/responses/input_tokens",
        tag="Responses",
        summary="Count a request's tokens",
        summary_zh="统计输入 token",
        description="Free. Only where the model's channel speaks Responses; else 404.",
        description_zh="免费；仅当模型的渠道支持 Responses 时可用，否则 404。",
        body=Body(ref("ResponseRequest"), (Example("plain", _REQUEST),)),
        replies=(
            Reply(
                200,
                "The count.",
                "统计结果。",
                _json(
                    record(
                        {
                            "object": const("response.input_tokens"),
                            "input_tokens": integer(minimum=0),
                        },
                        ["object", "input_tokens"],
                    ),
                    "counted",
                    _COUNT,
                ),
            ),
        ),
        codes=_CODES,
    ),
    Endpoint(
        id="compactResponse",
        method="post",
        path="/v1/responses/compact",
        tag="Responses",
        summary="Make a conversation smaller",
        summary_zh="压缩对话",
        description="Charged like a response. Only where the model's channel has it; else 404.",
        description_zh="按响应计费；仅当模型的渠道支持时可用，否则 404。",
        body=Body(ref("ResponseRequest"), (Example("plain", _REQUEST),)),
        replies=(
            Reply(
                200,
                "Items to go on with.",
                "用于继续对话的条目。",
                _json(
                    record(
                        {
                            "id": string(),
                            "object": const("response.compaction"),
                            "output": array(ITEM),
                        },
                        ["id", "object", "output"],
                    ),
                    "compacted",
                    _COMPACTED,
                ),
                WHOLE,
            ),
        ),
        codes=_CODES,
    ),
)

"""/v1/tasks: slow generations, asked for, cancelled, told about."""

from typing import Any, get_args

from waystation.control.openapi.codes import LOOK_UP
from waystation.control.openapi.endpoint import Endpoint, Example, Parameter, Reply
from waystation.control.openapi.fields import (
    Schema,
    array,
    boolean,
    const,
    integer,
    nullable,
    number,
    record,
    ref,
    string,
)
from waystation.tasks.states import State

_STATES = [state for state in get_args(State) if state != "SUBMITTING"]
_TIME = ("Unix milliseconds.", "Unix 毫秒。")

SCHEMAS: dict[str, Schema] = {
    "Task": record(
        {
            "id": string("Its id.", "任务 ID。"),
            "object": const("task"),
            "kind": string("midjourney, picture, …", "midjourney、picture 等。"),
            "action": nullable(string("What was asked for.", "动作。")),
            "model": string("The name that it is priced by.", "计价所用名称。"),
            "status": string(enum=_STATES),
            "progress": integer("Percent.", "百分比。", minimum=0, maximum=100),
            "parent_id": nullable(string("The task that it goes on from.", "父任务 ID。")),
            "result": {"type": "object", "description": "By kind.", "x-description-zh": "视类型。"},
            "error": nullable(record({"code": string(), "message": string()}, ["code", "message"])),
            "held_usd": number("Held now, in USD.", "当前预扣（美元）。", minimum=0),
            "cost_usd": nullable(number("Charged, in USD.", "已扣费（美元）。", minimum=0)),
            "request_id": string("Of the request that began it.", "发起请求的 ID。"),
            "created_ms": integer(*_TIME),
            "submitted_ms": nullable(integer(*_TIME)),
            "started_ms": nullable(integer(*_TIME)),
            "finished_ms": nullable(integer(*_TIME)),
        },
        ["id", "object", "kind", "status", "progress", "result", "error", "created_ms"],
    ),
    "TaskList": record(
        {
            "object": const("list"),
            "data": array(ref("Task")),
            "has_more": boolean(),
            "next": nullable(string("The `after` of the next page.", "下一页的 `after`。")),
        },
        ["object", "data", "has_more", "next"],
    ),
    "TaskDelivery": record(
        {
            "delivery_id": string("The same for each repeat.", "重试时相同。"),
            "status": string("What was told.", "通知的状态。"),
            "progress": integer(),
            "attempt": integer("From 1.", "从 1 起。", minimum=1),
            "http_status": nullable(integer("What came back.", "返回码。")),
            "error": nullable(string("Why it did not arrive.", "失败原因。")),
            "duration_ms": integer(),
            "at_ms": integer(*_TIME),
        },
        ["delivery_id", "status", "attempt", "http_status", "error", "at_ms"],
    ),
    "TaskDeliveryList": record(
        {"object": const("list"), "data": array(ref("TaskDelivery"))}, ["object", "data"]
    ),
    "HookSecrets": record(
        {
            "object": const("list"),
            "data": array(string(), "The first one signs.", "第一个用于签名。"),
        },
        ["object", "data"],
    ),
}

_TASK: dict[str, Any] = {
    "id": "1730621826053455",
    "object": "task",
    "kind": "midjourney",
    "action": "IMAGINE",
    "model": "mj_imagine",
    "status": "SUCCESS",
    "progress": 100,
    "parent_id": None,
    "result": {},
    "error": None,
    "held_usd": 0,
    "cost_usd": 0.1,
    "request_id": "0Qb3xK2mZk3s9dJq7LhT5a",
    "created_ms": 1730621826053,
    "submitted_ms": 1730621828024,
    "started_ms": 1730621829110,
    "finished_ms": 1730621855817,
}
_ACCEPTED: dict[str, Any] = {
    **_TASK,
    "id": "0Qb3xK2mZk3s9dJq7LhT5b",
    "kind": "picture",
    "action": "image",
    "model": "dall-e-3",
    "status": "NOT_START",
    "progress": 0,
    "held_usd": 0.04,
    "cost_usd": None,
    "submitted_ms": None,
    "started_ms": None,
    "finished_ms": None,
}
_TRY = {
    "delivery_id": "5f0c9d0e-8b9e-5a52-9f6c-2a1f0f4e7a11",
    "status": "SUCCESS",
    "progress": 100,
    "attempt": 1,
    "http_status": 200,
    "error": None,
    "duration_ms": 84,
    "at_ms": 1730621856001,
}
_ID = Parameter("task", "path", string(), required=True, example="1730621826053455")


def _reply(schema: str, en: str, zh: str, value: Any) -> tuple[Reply, ...]:
    example = (Example("answered", value),)
    return (Reply(200, en, zh, {"application/json": (ref(schema), example)}),)


_PAGE = {"object": "list", "data": [_TASK], "has_more": False, "next": None}

ASYNC = Parameter(
    "async",
    "query",
    string(
        "true: the answer is a task, at once. The body is JSON then. A field `webhook` in the "
        "body says where to tell, and makes a task too.",
        "true 时立即返回任务，请求体须为 JSON。"
        "请求体中的 `webhook` 字段指定回调地址，同样生成任务。",
        enum=["true", "false"],
        default="false",
    ),
)
"""Of calls that may become tasks."""

ACCEPTED = Reply(
    202,
    "With `async=true` or a `webhook`: the task. Its result is what the call would have answered.",
    "`async=true` 或带 `webhook` 时返回任务，其结果即同步调用的返回。",
    {"application/json": (ref("Task"), (Example("accepted", _ACCEPTED),))},
)

ENDPOINTS = (
    Endpoint(
        id="listTasks",
        method="get",
        path="/v1/tasks",
        tag="Tasks",
        summary="List the account's tasks",
        summary_zh="列出本账户的任务",
        description="The newest first.",
        description_zh="按时间倒序。",
        parameters=(
            Parameter("kind", "query", string(), example="midjourney"),
            Parameter("status", "query", string(enum=_STATES), example="SUCCESS"),
            Parameter("limit", "query", integer(minimum=1, maximum=100, default=20), example=20),
            Parameter("after", "query", string(), example="1730621826053.1730621826053455"),
        ),
        replies=_reply("TaskList", "A page.", "一页任务。", _PAGE),
        codes=("invalid_value", *LOOK_UP),
    ),
    Endpoint(
        id="getTask",
        method="get",
        path="/v1/tasks/{task}",
        tag="Tasks",
        summary="Show a task",
        summary_zh="查询任务",
        description="Asking for one that goes on brings the next look at its upstream forward.",
        description_zh="查询进行中的任务会使下一次上游轮询提前。",
        parameters=(_ID,),
        replies=_reply("Task", "The task.", "任务。", _TASK),
        codes=("task_not_found", *LOOK_UP),
    ),
    Endpoint(
        id="cancelTask",
        method="post",
        path="/v1/tasks/{task}/cancel",
        tag="Tasks",
        summary="Cancel a task that has not gone to an upstream",
        summary_zh="取消尚未提交给上游的任务",
        description="What was held for it is free at once. Cancelling again changes nothing.",
        description_zh="预扣立即释放。重复取消不产生变化。",
        parameters=(_ID,),
        replies=_reply("Task", "The task.", "任务。", _TASK | {"status": "CANCEL", "cost_usd": 0}),
        codes=("task_not_found", "task_not_cancellable", *LOOK_UP),
    ),
    Endpoint(
        id="listTaskDeliveries",
        method="get",
        path="/v1/tasks/{task}/deliveries",
        tag="Tasks",
        summary="How a task was told to its hook",
        summary_zh="查询任务的回调投递记录",
        description="Each try, oldest first. What the receiver answered is not kept.",
        description_zh="按时间顺序的每次投递；不保存接收方的响应内容。",
        parameters=(_ID,),
        replies=_reply(
            "TaskDeliveryList", "The tries.", "投递记录。", {"object": "list", "data": [_TRY]}
        ),
        codes=("task_not_found", *LOOK_UP),
    ),
    Endpoint(
        id="getHookSecret",
        method="get",
        path="/v1/tasks/hook_secret",
        tag="Tasks",
        summary="The secrets that sign hooks of this account",
        summary_zh="查询本账户的回调签名密钥",
        description=(
            "`x-waystation-signature` is `v1=` and the HMAC-SHA256, in hexadecimal, of "
            "`x-waystation-timestamp`, a dot and the raw body."
        ),
        description_zh=(
            "`x-waystation-signature` 为 `v1=` 加上「`x-waystation-timestamp` + 点 + 原始请求体」"
            "的 HMAC-SHA256（十六进制）。"
        ),
        replies=_reply(
            "HookSecrets", "The secrets.", "密钥。", {"object": "list", "data": ["whsec_dGVzdA"]}
        ),
        codes=LOOK_UP,
    ),
)

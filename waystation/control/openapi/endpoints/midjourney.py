"""The /mj pages: submits, queries, pictures."""

from typing import Any

from waystation.control.openapi.codes import AUTH, LOOK_UP, MONEY, ROUTING, SERVER
from waystation.control.openapi.endpoint import Body, Endpoint, Example, Parameter, Reply
from waystation.control.openapi.endpoints import midjourney_schemas as schemas
from waystation.control.openapi.fields import Schema, array, ref, string

SCHEMAS = schemas.SCHEMAS

_TAG = "Midjourney"
_SECURITY = ("bearer", "midjourneySecret", "apiKeyHeader", "googleKeyHeader", "keyQuery")
_LOOKS = ("rate_limit_exceeded", *LOOK_UP)
_SUBMIT_CODES = (
    *("invalid_json", "invalid_value", "body_too_slow", "request_too_large"),
    *("unsupported_media_type", "idempotency_in_progress", "idempotency_key_reused"),
    *AUTH,
    *MONEY,
    *ROUTING,
    *SERVER,
)
_ID = "1730621826053455"
_SPEEDS = ("/mj-fast/mj", "/mj-relax/mj", "/mj-turbo/mj")
_TASK = Parameter("task", "path", string(), required=True, example=_ID)
_SPEED_TEXT = (
    "Under /mj-fast/mj, /mj-relax/mj and /mj-turbo/mj too, which choose the speed; a task is seen "
    "under each. Refusals of the request itself are told in a 200 by `code`."
)
_SPEED_TEXT_ZH = (
    "也可使用 /mj-fast/mj、/mj-relax/mj、/mj-turbo/mj 前缀选择速度，任务在各前缀下均可查询。"
    "业务错误以 HTTP 200 和 `code` 返回。"
)
_REFUSED = " There are no videos here: the answer is always a refusal with `code` 4."
_REFUSED_ZH = "本站不生成视频：总是返回 `code` 4。"


def _aliases(path: str, *others: str) -> tuple[str, ...]:
    below = [each.removeprefix("/mj") for each in (path, *others)]
    return (*(speed + each for each in below for speed in _SPEEDS), *others)


def _result(*examples: Example) -> Reply:
    content = {"application/json": (ref("MidjourneyResult"), examples)}
    return Reply(200, "What became of the submit.", "提交结果。", content)


def _submit(
    name: str,
    path: str,
    summary: str,
    summary_zh: str,
    schema: Schema,
    example: Any,
    *others: str,
    accepts: bool = True,
) -> Endpoint:
    """accepts: else the call is there for clients that ask, and always refused."""
    refused = Example("refused", schemas.NO if accepts else schemas.NO_VIDEO)
    answers = (Example("accepted", schemas.ACCEPTED), refused) if accepts else (refused,)
    return Endpoint(
        id=f"midjourney{name}",
        method="post",
        path=path,
        tag=_TAG,
        summary=summary,
        summary_zh=summary_zh,
        description=_SPEED_TEXT + ("" if accepts else _REFUSED),
        description_zh=_SPEED_TEXT_ZH + ("" if accepts else _REFUSED_ZH),
        aliases=_aliases(path, *others),
        body=Body(schema, (Example("plain", example),)),
        replies=(_result(*answers),),
        codes=_SUBMIT_CODES,
        shape="midjourney",
        security=_SECURITY,
    )


def _look(
    name: str, method: Any, path: str, summary: str, summary_zh: str, reply: Reply, **more: Any
) -> Endpoint:
    return Endpoint(
        id=f"midjourney{name}",
        method=method,
        path=path,
        tag=_TAG,
        summary=summary,
        summary_zh=summary_zh,
        aliases=_aliases(path, *more.pop("others", ())),
        replies=(reply,),
        shape="midjourney",
        security=_SECURITY,
        **more,
    )


_TASK_REPLY = Reply(
    200,
    "The task.",
    "任务。",
    {"application/json": (ref("MidjourneyTask"), (Example("done", schemas.TASK),))},
)
_TASKS_REPLY = Reply(
    200,
    "A bare array.",
    "任务数组。",
    {
        "application/json": (
            array(ref("MidjourneyTask")),
            (Example("one", [schemas.TASK]), Example("none", [])),
        )
    },
)
_PICTURE_REPLIES = (
    Reply(
        200,
        "The picture.",
        "图片内容。",
        {"image/png": ({"type": "string", "format": "binary"}, ())},
    ),
    Reply(304, "Unchanged.", "未修改。"),
)
_SIGNATURE = Parameter(
    "sig", "query", string(), required=True, example="9f2c41d07ab3.bm90IGEgcmVhbCBzaWduYXR1cmU"
)


def _picture(
    name: str, path: str, summary: str, summary_zh: str, *parameters: Parameter
) -> Endpoint:
    return Endpoint(
        id=f"midjourney{name}",
        method="get",
        path=path,
        tag=_TAG,
        summary=summary,
        summary_zh=summary_zh,
        aliases=_aliases(path),
        parameters=(_TASK, *parameters, _SIGNATURE),
        replies=_PICTURE_REPLIES,
        codes=("artefact_not_found", "bad_upstream_response", *SERVER),
        shape="midjourney",
        security=(),
    )


ENDPOINTS = (
    _submit(
        *("Imagine", "/mj/submit/imagine", "Draw four pictures", "绘制四张图片"),
        schemas.IMAGINE,
        schemas.IMAGINE_EXAMPLE,
    ),
    _submit(
        *("Blend", "/mj/submit/blend", "Blend two to five pictures", "混合二至五张图片"),
        schemas.BLEND,
        {"base64Array": [schemas.PICTURE, schemas.PICTURE], "dimensions": "SQUARE"},
    ),
    _submit(
        *("Describe", "/mj/submit/describe", "Describe a picture", "根据图片生成提示词"),
        schemas.DESCRIBE,
        {"base64": schemas.PICTURE},
    ),
    _submit(
        *("Shorten", "/mj/submit/shorten", "Shorten a prompt", "精简提示词"),
        schemas.SHORTEN,
        {"prompt": "a very small lantern that floats over a quite still pond"},
    ),
    _submit(
        *("Action", "/mj/submit/action", "Press a task's button", "执行任务按钮"),
        schemas.ACTION,
        {"taskId": _ID, "customId": "MJ::JOB::upsample::2::3785da15-4f70-4034-9128-f3ff1ac634fa"},
    ),
    _submit(
        *("Modal", "/mj/submit/modal", "Confirm a window of code 21", "确认弹窗（code 21）"),
        schemas.MODAL,
        {"taskId": _ID, "prompt": "blue teapot --zoom 1.5"},
    ),
    _submit(
        *("Change", "/mj/submit/change", "U, V and R by index", "按序号执行 U、V、R"),
        schemas.CHANGE,
        {"taskId": _ID, "action": "UPSCALE", "index": 2},
    ),
    _submit(
        *("SimpleChange", "/mj/submit/simple-change", "U, V and R in one text", "文本形式的变换"),
        schemas.SIMPLE_CHANGE,
        {"content": f"{_ID} U2"},
    ),
    _submit(
        *("Upload", "/mj/submit/upload-discord-images", "Store pictures", "上传图片"),
        schemas.UPLOAD,
        {"base64Array": [schemas.PICTURE]},
    ),
    _submit(
        *("Edits", "/mj/submit/edits", "Edit a picture", "编辑图片"),
        schemas.EDITS,
        {"prompt": "add a straw hat", "image": schemas.PICTURE},
        "/mj/submit/edit",
        "/mj/submit/retexture",
    ),
    _submit(
        *("Video", "/mj/submit/video", "Make a video", "生成视频"),
        schemas.VIDEO,
        {"prompt": "the fox turns its head", "motion": "low"},
        accepts=False,
    ),
    _submit(
        *("SwapFace", "/mj/insight-face/swap", "Swap a face", "人脸替换"),
        schemas.SWAP,
        {"sourceBase64": schemas.PICTURE, "targetBase64": schemas.PICTURE},
    ),
    _look(
        *("Fetch", "get", "/mj/task/{task}/fetch", "Look at a task", "查询任务", _TASK_REPLY),
        parameters=(_TASK,),
        codes=("task_not_found", *_LOOKS),
    ),
    _look(
        *("List", "post", "/mj/task/list-by-condition", "Look at tasks by id", "按 ID 查询任务"),
        _TASKS_REPLY,
        body=Body(ref("MidjourneyIds"), (Example("plain", {"ids": [_ID, 1730621718151844]}),)),
        codes=("invalid_json", "body_too_slow", "request_too_large", *_LOOKS),
        others=("/mj/task/list-by-ids",),
    ),
    _look(
        *("Latest", "get", "/mj/task/list", "The newest hundred tasks", "最近一百个任务"),
        _TASKS_REPLY,
        codes=_LOOKS,
    ),
    _look(
        *("Queue", "get", "/mj/task/queue", "Tasks that wait or run", "排队与执行中的任务"),
        _TASKS_REPLY,
        codes=_LOOKS,
    ),
    _look(
        *("Seed", "get", "/mj/task/{task}/image-seed", "A picture's seed", "查询图片 seed"),
        _result(Example("seed", schemas.SEED)),
        parameters=(_TASK,),
        codes=("task_not_found", *_LOOKS),
    ),
    _look(
        *("Cancel", "post", "/mj/task/{task}/cancel", "Cancel a task", "取消任务"),
        _result(Example("accepted", schemas.ACCEPTED)),
        parameters=(_TASK,),
        codes=("task_not_found", *_LOOKS),
    ),
    _picture(
        *("Image", "/mj/image/{task}"),
        *("Load a task's picture by its link", "通过链接获取任务图片"),
    ),
    _picture(
        *("SingleImage", "/mj/image/{task}/{n}"),
        *("Load one of a task's pictures by its link", "通过链接获取任务中的单张图片"),
        Parameter("n", "path", string(), required=True, example="1"),
    ),
)

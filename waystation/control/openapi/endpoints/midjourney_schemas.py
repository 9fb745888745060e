"""What the /mj pages take and give, with examples."""

from typing import Any

from waystation.control.openapi.fields import (
    Schema,
    array,
    boolean,
    const,
    integer,
    nullable,
    record,
    ref,
    string,
)
from waystation.control.openapi.sample_picture import SAMPLE_PICTURE
from waystation.dialects.midjourney import texts

PICTURE = SAMPLE_PICTURE
_ID = "1730621826053455"
_JOB = "3785da15-4f70-4034-9128-f3ff1ac634fa"
_LINK = f"https://relay.example/mj/image/{_ID}?sig=9f2c41d07ab3.bm90IHJlYWw"

IMAGINE_EXAMPLE: dict[str, Any] = {
    "botType": "MID_JOURNEY",
    "prompt": "tin robot watering ferns --ar 3:2",
    "base64Array": [],
    "notifyHook": "",
    "state": "order-17",
}
ACCEPTED: dict[str, Any] = {
    "code": 1,
    "description": "Submit success",
    "result": _ID,
    "properties": {
        "discordInstanceId": "1572398367386955776",
        "discordChannelId": "1300842676874379336",
    },
}
NO: dict[str, Any] = {"code": 4, "description": "参数错误", "result": None, "properties": {}}
NO_VIDEO: dict[str, Any] = NO | {"description": texts.VIDEO_OFF}
SEED: dict[str, Any] = {"code": 1, "description": "成功", "result": "636646138", "properties": {}}
TASK: dict[str, Any] = {
    "id": _ID,
    "action": "IMAGINE",
    "customId": "",
    "botType": "MID_JOURNEY",
    "prompt": "blue teapot --v 6.1",
    "promptEn": "blue teapot --v 6.1",
    "description": "Submit success",
    "state": "",
    "submitTime": 1730621826053,
    "startTime": 1730621828024,
    "finishTime": 1730621855817,
    "imageUrl": _LINK,
    "imageUrls": [],
    "videoUrl": "",
    "videoUrls": [],
    "status": "SUCCESS",
    "progress": "100%",
    "failReason": "",
    "buttons": [
        {
            "customId": f"MJ::JOB::upsample::1::{_JOB}",
            "emoji": "",
            "label": "U1",
            "type": 2,
            "style": 2,
        }
    ],
    "maskBase64": "",
    "properties": {
        "finalPrompt": "blue teapot --v 6.1",
        "finalZhPrompt": "",
        "messageHash": _JOB,
    },
}

_BASE64 = "A data URL, bare base64, or an http(s) address."
_BASE64_ZH = "data URL、base64 或 http(s) 地址。"


def _picture() -> Schema:
    return string(_BASE64, _BASE64_ZH)


def _form(fields: dict[str, Schema], *required: str) -> Schema:
    shared = {
        "state": string("Given back with the task.", "随任务原样返回。", maxLength=255),
        "notifyHook": string(
            "Told of each change; answers of 2xx end its repeats.", "任务变化时回调的地址。"
        ),
    }
    return record({**fields, **shared}, list(required))


def _id(en: str = "Text or number.", zh: str = "字符串或数字。") -> Schema:
    return {
        "type": ["string", "integer"],
        "description": en,
        "x-description-zh": zh,
    }


_BOT = {"botType": string(enum=["MID_JOURNEY", "NIJI_JOURNEY"], default="MID_JOURNEY")}
_PROMPT = {"prompt": string("With Midjourney's parameters.", "可包含 Midjourney 参数。")}
_MASK = {"maskBase64": string("White is drawn anew.", "白色区域重绘。")}

IMAGINE = _form({**_BOT, **_PROMPT, "base64Array": array(_picture())}, "prompt")
BLEND = _form(
    {
        **_BOT,
        "base64Array": array(_picture(), minItems=2, maxItems=5),
        "dimensions": string(enum=["PORTRAIT", "SQUARE", "LANDSCAPE"], default="SQUARE"),
    },
    "base64Array",
)
DESCRIBE = _form({**_BOT, "base64": _picture(), "link": string(format="uri")})
SHORTEN = _form({**_BOT, **_PROMPT}, "prompt")
ACTION = _form(
    {
        "taskId": _id(),
        "customId": string("Of one of the task's buttons.", "任务按钮的 customId。"),
        "chooseSameChannel": boolean(),
        "enableRemix": boolean("Ask with code 21 first.", "先以 code 21 弹窗确认。"),
    },
    "taskId",
    "customId",
)
MODAL = _form({"taskId": _id(), **_PROMPT, **_MASK}, "taskId")
CHANGE = _form(
    {
        "taskId": _id(),
        "action": string(enum=["UPSCALE", "VARIATION", "REROLL"]),
        "index": integer(
            "Which of the four, from 1; REROLL needs none.",
            "第几张图片，从 1 到 4；REROLL 无需提供。",
            minimum=0,
            maximum=4,
        ),
    },
    "taskId",
    "action",
)
SIMPLE_CHANGE = _form(
    {"content": string("`<id> U2`, `<id> V3`, `<id> R`.", "如 `<id> U2`、`<id> V3`、`<id> R`。")},
    "content",
)
UPLOAD = _form({"base64Array": array(_picture(), minItems=1, maxItems=10)}, "base64Array")
EDITS = _form({**_BOT, **_PROMPT, "image": _picture(), **_MASK}, "prompt", "image")
VIDEO = _form({**_PROMPT, "motion": string(enum=["low", "high"])})
SWAP = _form(
    {
        "sourceBase64": string("The face.", "人脸图片。"),
        "targetBase64": string("The picture that gets it.", "目标图片。"),
    },
    "sourceBase64",
    "targetBase64",
)

_TIME = ("Unix milliseconds, 0 while unset.", "毫秒时间戳，未设置时为 0。")

SCHEMAS: dict[str, Schema] = {
    "MidjourneyResult": record(
        {
            "code": integer(
                "1 accepted, 21 waits for /submit/modal, 22 queued; all others are refusals.",
                "1 成功，21 等待弹窗确认，22 排队中，其余为失败。",
            ),
            "description": string(),
            "result": {
                "type": ["string", "array", "null"],
                "items": {"type": "string"},
                "description": "The task's id; null of a refusal; links of an upload.",
                "x-description-zh": "任务 ID；失败时为 null；上传时为链接数组。",
            },
            "properties": {"type": "object"},
        },
        ["code", "description", "result", "properties"],
    ),
    "MidjourneyIds": record({"ids": nullable(array(_id()))}, []),
    "MidjourneyButton": record(
        {
            "customId": string("For /submit/action.", "用于 /submit/action。"),
            "emoji": string(),
            "label": string(),
            "type": integer(),
            "style": integer(),
        },
        ["customId", "emoji", "label", "type", "style"],
    ),
    "MidjourneyTask": record(
        {
            "id": string("16 digits.", "16 位数字。"),
            "action": string(),
            "customId": string(),
            "botType": string(),
            "prompt": string(),
            "promptEn": string(),
            "description": string(),
            "state": string("Of the submit.", "提交时的 state。"),
            "submitTime": integer(*_TIME),
            "startTime": integer(*_TIME),
            "finishTime": integer(*_TIME),
            "imageUrl": string("Signed; needs no key.", "带签名，无需令牌。"),
            "imageUrls": array(
                record({"url": string(), "thumbnail": string()}, ["url", "thumbnail"])
            ),
            "videoUrl": string(),
            "videoUrls": array({"type": "object"}),
            "status": string(
                enum=[
                    *("NOT_START", "SUBMITTED", "MODAL", "IN_PROGRESS"),
                    *("FAILURE", "SUCCESS", "CANCEL"),
                ]
            ),
            "progress": string("`0%` to `100%`.", "`0%` 至 `100%`。"),
            "failReason": string(
                "Of a failed or cancelled task, else empty.", "失败或取消的原因，否则为空。"
            ),
            "buttons": array(ref("MidjourneyButton")),
            "maskBase64": string(),
            "properties": {"type": "object"},
        },
        list(TASK),
    ),
    "MidjourneyError": record(
        {
            "code": integer("4, or 30 of a rate limit.", "4，限流时为 30。"),
            "description": string(),
            "result": {"type": "null"},
            "type": const("upstream_error"),
            "properties": {"type": "object"},
            "error": record(
                {"message": string(), "type": string(), "code": string()},
                ["message", "type", "code"],
            ),
        },
        ["code", "description", "result", "type", "properties", "error"],
    ),
}

"""POST /ideogram/generate and /ideogram/remix, in Ideogram's own form."""

from waystation.control.openapi.codes import PICTURES_OUT, RELAY
from waystation.control.openapi.endpoint import Body, Endpoint, Example, Reply
from waystation.control.openapi.endpoints.tasks import ACCEPTED, ASYNC
from waystation.control.openapi.fields import (
    Schema,
    array,
    boolean,
    integer,
    nullable,
    record,
    ref,
    string,
)
from waystation.control.openapi.headers import IDEMPOTENCY_KEY, REPEATED
from waystation.control.openapi.sample_picture import SAMPLE_PICTURE

_RATIOS = ["10_16", "16_10", "9_16", "16_9", "3_2", "2_3", "4_3", "3_4", "1_1", "1_3", "3_1"]
_ORDER: dict[str, Schema] = {
    "prompt": string("What to draw.", "提示词。", minLength=1),
    "aspect_ratio": string(
        "Excludes resolution.",
        "与 resolution 互斥。",
        enum=[f"ASPECT_{each}" for each in _RATIOS],
        default="ASPECT_1_1",
    ),
    "resolution": string("`RESOLUTION_W_H` or `WxH`.", "`RESOLUTION_宽_高` 或 `宽x高`。"),
    "model": string(
        "V_1, V_1_TURBO, V_2, V_2_TURBO, V_2A, V_2A_TURBO, V_3; priced as `ideogram-v2` and so on.",
        "V_1、V_1_TURBO、V_2、V_2_TURBO、V_2A、V_2A_TURBO、V_3；按 `ideogram-v2` 等名称计费。",
        default="V_2",
    ),
    "magic_prompt_option": string("", "", enum=["AUTO", "ON", "OFF"]),
    "seed": integer("", "", minimum=0, maximum=2147483647),
    "style_type": string(
        "The style: AUTO, GENERAL, REALISTIC, DESIGN, RENDER_3D or ANIME.",
        "风格：AUTO、GENERAL、REALISTIC、DESIGN、RENDER_3D 或 ANIME。",
    ),
    "negative_prompt": string("What must not be drawn.", "不希望出现的内容。"),
    "num_images": integer("How many.", "图片数量。", minimum=1, maximum=8, default=1),
    "color_palette": {
        "type": "object",
        "description": "`name`, or `members` with their weights.",
        "x-description-zh": "`name`，或 `members` 及其权重。",
    },
}
SCHEMAS: dict[str, Schema] = {
    "IdeogramOrder": record(_ORDER, ["prompt"]),
    "IdeogramRequest": record(
        {"image_request": ref("IdeogramOrder")},
        ["image_request"],
        "A body without the wrapper counts as wrapped.",
        "省略外层 image_request 也可接受。",
    ),
    "IdeogramRemixRequest": record(
        {
            "image_file": string("A data: URL or an address.", "data: URL 或地址。"),
            "image_request": ref("IdeogramOrder"),
        },
        ["image_file", "image_request"],
    ),
    "IdeogramRemixForm": record(
        {
            "image_file": {"type": "string", "format": "binary"},
            "image_request": string("The order as JSON text.", "JSON 文本。"),
        },
        ["image_file", "image_request"],
    ),
    "IdeogramList": record(
        {
            "created": string("ISO 8601, here alone.", "ISO 8601 时间，仅此接口如此。"),
            "data": array(
                record(
                    {
                        "is_image_safe": boolean(
                            "false: blocked by the vendor, no url, unbilled.",
                            "false 表示被厂商拦截，无 url，不计费。",
                        ),
                        "prompt": string(),
                        "resolution": nullable(string()),
                        "seed": nullable(integer()),
                        "style_type": nullable(string()),
                        "url": nullable(string("Our own link.", "本站链接。")),
                    },
                    ["is_image_safe", "prompt", "resolution", "seed", "style_type", "url"],
                )
            ),
        },
        ["created", "data"],
    ),
}
_ORDERED = {"prompt": "fox under a red umbrella", "aspect_ratio": "ASPECT_16_9"}
_REMIX_FORM = {
    "image_file": "picture.png",
    "image_request": '{"prompt":"fox under a red umbrella","image_weight":50}',
}
_REPLY = {
    "created": "2024-11-03T08:15:30.120Z",
    "data": [
        {
            "is_image_safe": True,
            "prompt": "fox under a red umbrella",
            "resolution": "1312x736",
            "seed": 12345,
            "style_type": None,
            "url": "https://relay.example/files/img/9f2c41.png?sig=k1.c2ln",
        }
    ],
}
_REPLIES = (
    Reply(
        200,
        "The pictures.",
        "图片。",
        {"application/json": (ref("IdeogramList"), (Example("one", _REPLY),))},
        REPEATED,
    ),
)
_CODES = (*RELAY, *PICTURES_OUT)
ENDPOINTS = (
    Endpoint(
        id="ideogramGenerate",
        method="post",
        path="/ideogram/generate",
        tag="Images",
        summary="Draw pictures (Ideogram)",
        summary_zh="生成图片（Ideogram）",
        description="Served by Ideogram channels, or drawn by any channel that has the model.",
        description_zh="由 Ideogram 渠道或任何提供该模型的渠道生成。",
        parameters=(ASYNC, IDEMPOTENCY_KEY),
        body=Body(ref("IdeogramRequest"), (Example("fox", {"image_request": _ORDERED}),)),
        replies=(*_REPLIES, ACCEPTED),
        codes=_CODES,
    ),
    Endpoint(
        id="ideogramRemix",
        method="post",
        path="/ideogram/remix",
        tag="Images",
        summary="Remix a picture (Ideogram)",
        summary_zh="图片重绘（Ideogram）",
        description="As multipart/form-data: `image_file`, and `image_request` as JSON text.",
        description_zh="multipart/form-data：`image_file` 与 JSON 文本 `image_request`。",
        parameters=(ASYNC, IDEMPOTENCY_KEY),
        body=Body(
            ref("IdeogramRemixRequest"),
            (
                Example(
                    "fox",
                    {
                        "image_file": SAMPLE_PICTURE,
                        "image_request": _ORDERED,
                    },
                ),
            ),
            ref("IdeogramRemixForm"),
            (Example("fox", _REMIX_FORM),),
        ),
        replies=(*_REPLIES, ACCEPTED),
        codes=_CODES,
    ),
)

"""POST /v1/images/generations, edits, variations, and Recraft's address of the first."""

from waystation.control.openapi.codes import PICTURES_OUT, RELAY
from waystation.control.openapi.endpoint import Body, Endpoint, Example, Reply
from waystation.control.openapi.endpoints.tasks import ACCEPTED, ASYNC
from waystation.control.openapi.fields import (
    Schema,
    array,
    events,
    integer,
    record,
    ref,
    string,
)
from waystation.control.openapi.headers import IDEMPOTENCY_KEY, REPEATED
from waystation.control.openapi.sample_picture import SAMPLE_PICTURE

_ENTRY = record(
    {
        "url": string(
            "Our own link: needs no key, lives as long as the operator keeps files.",
            "本站链接，无需密钥，有效期由运营者设置。",
        ),
        "b64_json": string("The picture in base64.", "base64 图片。"),
        "revised_prompt": string("What was drawn.", "改写后的提示词。"),
        "seed": integer("Where the vendor tells it.", "随机种子（厂商返回时）。"),
    },
    [],
)
_USAGE = record(
    {
        "total_tokens": integer(minimum=0),
        "input_tokens": integer(minimum=0),
        "output_tokens": integer(minimum=0),
        "input_tokens_details": record(
            {"text_tokens": integer(minimum=0), "image_tokens": integer(minimum=0)}, []
        ),
    },
    [],
    "Of models that are sold by tokens, as the upstream tells it.",
    "按 token 计费的模型返回，来自上游。",
)
_TYPES = [
    f"{kind}.{end}"
    for kind in ("image_generation", "image_edit")
    for end in ("partial_image", "completed")
]
_EVENT = record(
    {
        "type": string(enum=_TYPES),
        "b64_json": string("The picture.", "图片。"),
        "created_at": integer("Unix seconds.", "Unix 秒。"),
        "partial_image_index": integer("Of a partial picture.", "中间图序号。", minimum=0),
        "usage": ref("ImageUsage"),
    },
    ["type", "b64_json", "created_at"],
)
SCHEMAS: dict[str, Schema] = {
    "ImageUsage": _USAGE,
    "ImageList": record(
        {
            "created": integer("Unix seconds.", "Unix 秒。"),
            "data": array(_ENTRY),
            "usage": ref("ImageUsage"),
            "size": string(),
            "quality": string(),
            "background": string(),
            "output_format": string(),
        },
        ["created", "data"],
    ),
    "ImageEvent": _EVENT,
}
_REQUEST = {"model": "dall-e-3", "prompt": "harbour at dawn, oil on wood", "size": "1024x1024"}
_REPLY = {
    "created": 1731000300,
    "data": [{"url": "https://relay.example/files/img/9f2c41.png?sig=k1.c2ln"}],
}
_USED = {
    "created": 1731000300,
    "data": [{"b64_json": "iVBORw0KGgo="}],
    "usage": {
        "total_tokens": 1066,
        "input_tokens": 10,
        "output_tokens": 1056,
        "input_tokens_details": {"text_tokens": 10, "image_tokens": 0},
    },
}
_STREAM = (
    "event: image_generation.partial_image\n"
    'data: {"type":"image_generation.partial_image","b64_json":"iVBORw0KGgo=",'
    '"created_at":1731000300,"partial_image_index":0}\n\n'
    "event: image_generation.completed\n"
    'data: {"type":"image_generation.completed","b64_json":"iVBORw0KGgo=",'
    '"created_at":1731000301}\n\n'
)
_REPLIES = (
    Reply(
        200,
        "The pictures, or with `stream` their events.",
        "图片；`stream` 为 true 时为事件流。",
        {
            "application/json": (
                ref("ImageList"),
                (Example("link", _REPLY), Example("base64 and tokens", _USED)),
            ),
            "text/event-stream": (
                string(**events(ref("ImageEvent"))),
                (Example("partial pictures", _STREAM),),
            ),
        },
        REPEATED,
    ),
)
_RECRAFT = {
    "model": "recraftv3",
    "prompt": "paper boat",
    "size": "1024x1024",
    "style": "digital_illustration",
}
_FLUX = {"model": "flux.1.1-pro", "prompt": "harbour at dawn, oil on wood", "size": "1024x1024"}
_DIFFUSION = {
    "model": "stable-diffusion-3.5-large-turbo",
    "prompt": "fox under a red umbrella, ink",
    "size": "1024x1024",
}
_DRAWN = (
    Example("dall-e-3", _REQUEST),
    Example("flux", _FLUX),
    Example("stable-diffusion", _DIFFUSION),
    Example("recraft", _RECRAFT),
)
_EDIT_FORM = {
    "model": "gpt-image-1",
    "image": "picture.png",
    "mask": "mask.png",
    "prompt": "add a moon",
    "size": "1024x1024",
}
_CODES = (*RELAY, *PICTURES_OUT)
_ABOUT = (
    "Waits for vendors that work in the background, at most "
    "{{picture_seconds_max}}, then 504 and nothing is charged. Every picture is stored by us. "
    "Refused by moderation: 400 `content_policy_violation`, unbilled."
)
_ABOUT_ZH = (
    "厂商为异步接口时同步等待，最长 {{picture_seconds_max}}，超时返回 504 且不计费。"
    "所有图片均由本站保存。审核拒绝返回 400 `content_policy_violation`，不计费。"
)
ENDPOINTS = (
    Endpoint(
        id="createImage",
        method="post",
        path="/v1/images/generations",
        aliases=("/images/generations",),
        tag="Images",
        summary="Draw pictures",
        summary_zh="生成图片",
        description=_ABOUT,
        description_zh=_ABOUT_ZH,
        parameters=(ASYNC, IDEMPOTENCY_KEY),
        body=Body(ref("ImageRequest"), _DRAWN),
        replies=(*_REPLIES, ACCEPTED),
        codes=_CODES,
    ),
    Endpoint(
        id="createImageRecraft",
        method="post",
        path="/recraft/v1/images/generations",
        tag="Images",
        summary="Draw pictures (Recraft)",
        summary_zh="生成图片（Recraft）",
        description="The same for `recraftv3`, its default; `style`, `substyle`, `style_id` and "
        "`controls` are passed on. Vector styles give SVG.",
        description_zh="同上，默认模型为 `recraftv3`；`style`、`substyle`、`style_id`、`controls` "
        "原样转发。矢量风格返回 SVG。",
        parameters=(ASYNC, IDEMPOTENCY_KEY),
        body=Body(
            ref("ImageRequest"),
            (Example("recraft", _RECRAFT),),
        ),
        replies=(*_REPLIES, ACCEPTED),
        codes=_CODES,
    ),
    Endpoint(
        id="createImageEdit",
        method="post",
        path="/v1/images/edits",
        aliases=("/images/edits",),
        tag="Images",
        summary="Edit pictures",
        summary_zh="编辑图片",
        description="As multipart/form-data with the files (`image`, repeatable, or `image[]`; "
        "`mask`), or as JSON with addresses. " + _ABOUT,
        description_zh="multipart/form-data 上传文件（`image` 可重复，或 `image[]`；`mask`），"
        "或 JSON 传地址。" + _ABOUT_ZH,
        parameters=(ASYNC, IDEMPOTENCY_KEY),
        body=Body(
            ref("ImageEditRequest"),
            (
                Example(
                    "moon",
                    {"model": "gpt-image-1", "image": SAMPLE_PICTURE, "prompt": "add a moon"},
                ),
            ),
            ref("ImageEditForm"),
            (Example("moon", _EDIT_FORM),),
        ),
        replies=(*_REPLIES, ACCEPTED),
        codes=_CODES,
    ),
    Endpoint(
        id="createImageVariation",
        method="post",
        path="/v1/images/variations",
        aliases=("/images/variations",),
        tag="Images",
        summary="Vary a picture",
        summary_zh="图片变体",
        description="dall-e-2 natively; other models by an edit with a fixed instruction.",
        description_zh="dall-e-2 原生支持；其他模型以固定指令编辑实现。",
        parameters=(ASYNC, IDEMPOTENCY_KEY),
        body=Body(
            ref("ImageVariationRequest"),
            (Example("dall-e-2", {"model": "dall-e-2", "image": SAMPLE_PICTURE}),),
            ref("ImageVariationForm"),
            (Example("dall-e-2", {"model": "dall-e-2", "image": "picture.png"}),),
        ),
        replies=(*_REPLIES, ACCEPTED),
        codes=_CODES,
    ),
)

"""What a call for pictures may say, in JSON and as a form."""

from waystation.control.openapi.fields import (
    Schema,
    array,
    boolean,
    integer,
    number,
    one_of,
    record,
    string,
)

_SHARED: dict[str, Schema] = {
    "model": string(
        "The model's name; left out: the operator's default. `flux.1.1-pro` and the like are read "
        "as `flux-pro-1.1`.",
        "模型名；省略时使用运营者设置的默认模型。`flux.1.1-pro` 等别名视为 `flux-pro-1.1`。",
    ),
    "n": integer(
        "How many; fanned out where the upstream draws one at a time. When fewer come, those are "
        "answered and billed.",
        "图片数量；上游一次只生成一张时自动并发。返回不足时按实际张数计费。",
        minimum=1,
        maximum=10,
        default=1,
    ),
    "size": string(
        "`WIDTHxHEIGHT` (× is x) or `auto`. dall-e-2: 256x256, 512x512, 1024x1024; dall-e-3: "
        "1024x1024, 1792x1024, 1024x1792. Others are the upstream's to judge.",
        "`宽x高`（× 视为 x）或 `auto`。dall-e-2：256x256、512x512、1024x1024；dall-e-3：1024x1024、"
        "1792x1024、1024x1792；其他模型由上游判断。",
    ),
    "aspect_ratio": string(
        "Such as 16:9. With `size` too, this decides the shape and size the area.",
        "宽高比，如 16:9。与 `size` 同时给出时，由它决定形状，`size` 决定面积。",
    ),
    "quality": string(
        "standard or hd (dall-e-3); low, medium, high or auto (gpt-image-1).",
        "standard 或 hd（dall-e-3）；low、medium、high 或 auto（gpt-image-1）。",
    ),
    "response_format": string(
        "Given whatever the upstream knows. gpt-image models: b64_json unless asked otherwise.",
        "无论上游返回何种格式均按此返回。gpt-image 系列默认 b64_json。",
        enum=["url", "b64_json"],
    ),
    "background": string("transparent, opaque or auto.", "transparent、opaque 或 auto。"),
    "output_format": string("png, jpeg or webp.", "png、jpeg 或 webp。"),
    "output_compression": integer(
        "Of jpeg and webp, percent.", "jpeg 与 webp 的压缩率。", minimum=0, maximum=100
    ),
    "stream": boolean("Answer as server-sent events.", "以 SSE 返回。", default=False),
    "partial_images": integer(
        "How many pictures a stream shows on the way.",
        "流式返回的中间图数量。",
        minimum=0,
        maximum=3,
    ),
    "user": string("Your end user, passed on.", "终端用户标识，原样转发。"),
}
_GENERATION: dict[str, Schema] = {
    **_SHARED,
    "style": string(
        "vivid or natural (dall-e-3); the vendor's own elsewhere.",
        "vivid 或 natural（dall-e-3）；其他模型见厂商说明。",
    ),
    "moderation": string("low or auto (gpt-image-1).", "low 或 auto（gpt-image-1）。"),
    "seed": integer("Where the model has one.", "随机种子（模型支持时）。", minimum=0),
    "negative_prompt": string("What must not be drawn.", "不希望出现的内容。"),
    "strength": number(
        "How much of a given picture may change.", "输入图片的改动幅度。", minimum=0, maximum=1
    ),
}
_NAMED = (
    "A data: URL, an http address, or up to 16 of them.",
    "data: URL、http 地址，或最多 16 个组成的数组。",
)
_IMAGE = one_of([string(), array(string(), minItems=1, maxItems=16)], *_NAMED)
_PROMPT = string(
    "At most 1,000 characters for dall-e-2, 4,000 for dall-e-3, 32,000 elsewhere.",
    "最多 1000（dall-e-2）、4000（dall-e-3）或 32000 个字符。",
    minLength=1,
    maxLength=32_000,
)
_FILE = {"type": "string", "format": "binary"}
_PICTURE = (
    "png, jpeg, webp or gif of at most {{picture_bytes_max}}; dall-e-2: one square png "
    "of less than 4 MB. Repeat it, or `image[]`, for several.",
    "png、jpeg、webp 或 gif，最大 {{picture_bytes_max}}；dall-e-2 仅限小于 4 MB 的正方形 png。"
    "多张图片可重复此字段或 `image[]`。",
)
_MASK = (
    "A png of the picture's size, transparent where it is to change.",
    "与图片同尺寸的 png，透明处为修改区域。",
)


def _file(en: str, zh: str) -> Schema:
    return _FILE | {"description": en, "x-description-zh": zh}


SCHEMAS: dict[str, Schema] = {
    "ImageRequest": record(
        {"prompt": _PROMPT, **_GENERATION, "image": _IMAGE},
        ["prompt"],
        "Further fields are passed on to the upstream.",
        "其他字段原样转发给上游。",
    ),
    "ImageEditRequest": record(
        {
            "image": _IMAGE,
            "prompt": _PROMPT,
            "mask": string("Like image, one.", "同 image，仅一张。"),
            **_SHARED,
        },
        ["image", "prompt"],
    ),
    "ImageEditForm": record(
        {
            "image": _file(*_PICTURE),
            "image[]": array(_FILE, maxItems=16),
            "prompt": _PROMPT,
            "mask": _file(*_MASK),
            **_SHARED,
        },
        ["prompt"],
    ),
    "ImageVariationRequest": record({"image": _IMAGE, **_SHARED}, ["image"]),
    "ImageVariationForm": record({"image": _file(*_PICTURE), **_SHARED}, ["image"]),
}

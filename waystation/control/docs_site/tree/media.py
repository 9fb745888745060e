"""Sound, pictures, Midjourney."""

from waystation.control.docs_site.tree.page import Section, Words, endpoint, guide, thing

AUDIO = Section(
    Words("Audio", "ChatGPT 音频"),
    (
        endpoint("audio/speech", "Speak a text", "创建语音", "createSpeech", models="speech"),
        endpoint(
            "audio/transcriptions",
            "Write down a sound",
            "创建转录",
            "createTranscription",
            models="transcription",
            about=(
                "The sample sends [speech.mp3](/docs/static/speech.mp3). Let the client set the "
                "Content-Type: it has to name the boundary.",
                "示例使用 [speech.mp3](/docs/static/speech.mp3)。Content-Type 由客户端自动设置，"
                "其中必须包含 boundary。",
            ),
        ),
        endpoint(
            "audio/translations",
            "Write down a sound in English",
            "创建翻译",
            "createTranslation",
            models="transcription",
            about=(
                "The sample sends [speech.mp3](/docs/static/speech.mp3).",
                "示例使用 [speech.mp3](/docs/static/speech.mp3)。",
            ),
        ),
    ),
)

_DRAW = "createImage"
_FILES = (
    "The sample sends [picture.png](/docs/static/picture.png) and, as the mask, "
    "[mask.png](/docs/static/mask.png). Let the client set the Content-Type: it has to name the "
    "boundary.",
    "示例使用 [picture.png](/docs/static/picture.png) 与蒙版 [mask.png](/docs/static/mask.png)。"
    "Content-Type 由客户端自动设置，其中必须包含 boundary。",
)

IMAGES = Section(
    Words("Images", "文生图接口"),
    (
        guide("images/readme", "Read this first", "README", "images"),
        thing(
            "images/object",
            "The image object",
            "图像对象",
            _DRAW,
            "ImageList",
            (
                "Every picture is stored here: `url` is our own signed link, needs no key, and "
                "lives {{artefact_days}}. `b64_json` is given where `response_format` asks for it, "
                "whatever the upstream gives.",
                "所有图片由本站保存：`url` 为本站签名链接，无需密钥，保留 {{artefact_days}}。"
                "`response_format` 指定 `b64_json` 时按此返回，与上游格式无关。",
            ),
        ),
        endpoint(
            "images/flux",
            "Flux",
            "Flux（OpenAI dall-e-3 格式）",
            _DRAW,
            "flux",
            models="flux",
            about=(
                "`flux.1.1-pro` and `flux-pro-1.1` are one model. `aspect_ratio` is optional; with "
                "`size` too, it decides the shape and `size` the area. The kontext models take a "
                "picture in `image`.",
                "`flux.1.1-pro` 与 `flux-pro-1.1` 为同一模型。`aspect_ratio` 可选；与 `size` 同时"
                "给出时，"
                "由它决定形状，`size` 决定面积。kontext 模型可通过 `image` 传入图片。",
            ),
        ),
        endpoint("images/dall-e-3", "DALL·E 3", "DALL·E 3", _DRAW, "dall-e-3", models="dalle"),
        endpoint(
            "images/stable-diffusion",
            "Stable Diffusion",
            "Stable-Diffusion",
            _DRAW,
            "stable-diffusion",
            models="diffusion",
            about=(
                "The same names work over [chat](docs:chat/whole) too: the last user text is the "
                "prompt, the answer is `![image](…)` with our stored link.",
                "同一模型名也可通过[聊天](docs:chat/whole)调用：最后一条用户文本为提示词，"
                "回答为带本站链接的 `![image](…)`。",
            ),
        ),
        endpoint(
            "images/edits",
            "Edit a picture",
            "创建图片编辑",
            "createImageEdit",
            models="image",
            about=_FILES,
        ),
        endpoint(
            "images/variations",
            "Vary a picture",
            "创建图像变体",
            "createImageVariation",
            models="image",
            about=(
                "The sample sends [picture.png](/docs/static/picture.png).",
                "示例使用 [picture.png](/docs/static/picture.png)。",
            ),
        ),
        endpoint(
            "images/ideogram",
            "Ideogram",
            "ideogram",
            "ideogramGenerate",
            models="ideogram",
            about=(
                "`created` is a text in ISO 8601 here, and a number on every other address for "
                "pictures. Only `prompt` is required; a body without the wrapper `image_request` "
                "is read as if it had one.",
                "此接口的 `created` 为 ISO 8601 字符串，其他图片接口均为整数。仅 `prompt` 必填；"
                "省略外层 `image_request` 亦可。",
            ),
        ),
        endpoint(
            "images/recraft",
            "Recraft v3",
            "recraftv3",
            _DRAW,
            "recraft",
            models="recraft",
            about=(
                "At /recraft/v1/images/generations too. Sizes are the upstream's to judge. Vector "
                "styles give SVG.",
                "也可使用 /recraft/v1/images/generations。尺寸由上游判断，矢量风格返回 SVG。",
            ),
        ),
    ),
)

STEPS = (
    "It answers at once with the task's id in `result`; then ask "
    "[the task](docs:midjourney/fetch) until `status` is `SUCCESS` or `FAILURE`, or give a "
    "`notifyHook`. `code` 1, 21 and 22 mean accepted; the others are refusals, told with HTTP 200. "
    "What `code`, `status` and `action` can be stands at [the task](docs:midjourney/fetch).",
    "立即返回，任务 ID 位于 `result`；随后[查询任务](docs:midjourney/fetch)直到 `status` 为 "
    "`SUCCESS` 或 `FAILURE`，或提供 `notifyHook` 回调。`code` 为 1、21、22 表示已接受，"
    "其余为业务拒绝（HTTP 200）。`code`、`status`、`action` 的取值见[查询任务"
    "](docs:midjourney/fetch)。",
)
_CODES = (
    "| code | meaning |\n|---|---|\n"
    "| 1 | accepted |\n| 3 | the parent task or the seed is not there |\n"
    "| 4 | a field is wrong; `description` says which |\n| 5 | the upstream answered nonsense |\n"
    "| 9 | it could not be handed on; try again |\n"
    "| 21 | a window: confirm it with [modal](docs:midjourney/modal) |\n"
    "| 22 | queued |\n| 23 | the queue is full |\n| 24 | a banned word |\n"
    "| 30 | a rate limit (HTTP 429) |\n\n"
    "| status | meaning |\n|---|---|\n"
    "| NOT_START | stored, waits |\n| SUBMITTED | handed on |\n"
    "| MODAL | waits for its window to be confirmed |\n| IN_PROGRESS | being drawn |\n"
    "| SUCCESS | done: `imageUrl`, `buttons` |\n"
    "| FAILURE | failed: `failReason`; not charged |\n| CANCEL | cancelled; not charged |\n\n"
    "`action`: IMAGINE, BLEND, DESCRIBE, SHORTEN, UPSCALE, VARIATION, REROLL, ZOOM, PAN, INPAINT, "
    "CUSTOM_ZOOM, SWAP_FACE, EDITS, RETEXTURE. Times are milliseconds. An unknown id, or another "
    "account's, is a 400 `task_no_found`.",
    "| code | 含义 |\n|---|---|\n"
    "| 1 | 已接受 |\n| 3 | 关联任务或 seed 不存在 |\n| 4 | 参数有误，见 `description` |\n"
    "| 5 | 上游返回无法解析 |\n| 9 | 提交失败，请重试 |\n"
    "| 21 | 需弹窗确认，见 [modal](docs:midjourney/modal) |\n| 22 | 排队中 |\n| 23 | 队列已满 |\n"
    "| 24 | 可能包含敏感词 |\n| 30 | 限流（HTTP 429） |\n\n"
    "| status | 含义 |\n|---|---|\n"
    "| NOT_START | 已保存，等待执行 |\n| SUBMITTED | 已提交 |\n| MODAL | 等待弹窗确认 |\n"
    "| IN_PROGRESS | 执行中 |\n| SUCCESS | 成功，见 `imageUrl` 与 `buttons` |\n"
    "| FAILURE | 失败，原因见 `failReason`，不计费 |\n| CANCEL | 已取消，不计费 |\n\n"
    "`action`：IMAGINE、BLEND、DESCRIBE、SHORTEN、UPSCALE、VARIATION、REROLL、ZOOM、PAN、INPAINT、"
    "CUSTOM_ZOOM、SWAP_FACE、EDITS、RETEXTURE。时间单位为毫秒。未知或他人的任务 ID 返回 400 "
    "`task_no_found`。",
)

MIDJOURNEY = Section(
    Words("Midjourney", "MJ 绘画"),
    (
        endpoint(
            "midjourney/imagine",
            "Imagine",
            "提交 Imagine 任务",
            "midjourneyImagine",
            models="mj_imagine",
            about=STEPS,
        ),
        endpoint(
            "midjourney/blend",
            "Blend",
            "提交 Blend 任务",
            "midjourneyBlend",
            models="mj_blend",
            about=STEPS,
        ),
        endpoint(
            "midjourney/action",
            "Press a button",
            "执行 Action 动作",
            "midjourneyAction",
            models="mj_action",
            about=(
                "`customId` is that of one of the task's `buttons`. Some buttons open a window: "
                "the "
                "answer is `code` 21, and [modal](docs:midjourney/modal) goes on from there. "
                + STEPS[0],
                "`customId` 取自任务的 `buttons`。部分按钮会弹窗：返回 `code` 21，"
                "再通过 [modal](docs:midjourney/modal) 继续。" + STEPS[1],
            ),
        ),
        endpoint(
            "midjourney/describe",
            "Describe",
            "提交 Describe 任务",
            "midjourneyDescribe",
            models="mj_describe",
            about=STEPS,
        ),
        endpoint(
            "midjourney/shorten",
            "Shorten",
            "提交 Shorten 任务",
            "midjourneyShorten",
            models="mj_shorten",
            about=STEPS,
        ),
        endpoint(
            "midjourney/modal",
            "Confirm a window",
            "提交 Modal",
            "midjourneyModal",
            models="mj_modal",
            about=(
                "`taskId` is the `result` of the answer with `code` 21. For a region to be redrawn "
                "send `maskBase64`: black, and white where it is to change. " + STEPS[0],
                "`taskId` 为 `code` 21 返回的 `result`。局部重绘需提供 `maskBase64`：黑底，白色区"
                "域重绘。" + STEPS[1],
            ),
        ),
        endpoint(
            "midjourney/swap-face",
            "Swap a face",
            "提交 swap_face 任务",
            "midjourneySwapFace",
            models="mj_swap_face",
            about=(
                "Offered where the operator has switched it on. " + STEPS[0],
                "需管理员启用。" + STEPS[1],
            ),
        ),
        endpoint(
            "midjourney/fetch",
            "A task by its id",
            "根据任务 ID 查询任务状态",
            "midjourneyFetch",
            about=_CODES,
        ),
        endpoint(
            "midjourney/list",
            "Tasks by their ids",
            "根据 ID 列表查询任务",
            "midjourneyList",
            about=(
                "A bare array: only tasks that were asked for, none twice, unknown ids left out. "
                "Free.",
                "直接返回数组：仅包含请求的任务，不重复，未知 ID 会被忽略。免费。",
            ),
        ),
        endpoint(
            "midjourney/seed",
            "A picture's seed",
            "获取任务图片的 seed",
            "midjourneySeed",
            about=(
                "The seed, as text in `result`. Free.",
                "seed 以字符串形式位于 `result`。免费。",
            ),
        ),
    ),
)

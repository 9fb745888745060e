"""The caps that an operation meets here, out of the settings."""

from waystation.control.docs_site.specification import Specification
from waystation.control.docs_site.tree.page import Language, Words
from waystation.control.openapi.caps import cap_text

_WORDS = {
    "body_bytes_max": Words("Request body", "请求体"),
    "body_seconds_max": Words("Time for the body to arrive", "请求体到达时限"),
    "upload_bytes_max": Words("Whole form", "整个表单"),
    "picture_bytes_max": Words("One picture in a form", "表单中单张图片"),
    "picture_pixels_max": Words("Pixels of a picture", "图片像素数"),
    "picture_seconds_max": Words("Waiting for pictures, then 504", "等待图片的时限，超时返回 504"),
    "fetch_bytes_max": Words("A file loaded from an address", "按地址抓取的文件"),
    "fetch_seconds_max": Words("Time to load it", "抓取时限"),
    "sound_bytes_max": Words("One sound", "单个音频"),
    "sound_seconds_max": Words("Length of a sound", "音频时长"),
    "music_seconds_max": Words("Waiting for songs over chat", "聊天方式等待歌曲的时限"),
    "choices_max": Words("`n`", "`n` 最大值"),
    "output_tokens_default": Words(
        "Output tokens that are held for without `max_tokens`, for models that name no bound",
        "未指定 `max_tokens` 且模型无上限时预扣的输出 token",
    ),
    "keep_alive_seconds": Words("A sign of life in a silent stream every", "流式空闲保活间隔"),
    "artefact_days": Words("Stored files and their links live", "文件与链接保留时间"),
    "task_days": Words("Requests of finished tasks are kept", "已结束任务的请求保留时间"),
    "response_days": Words("Stored responses are kept", "已保存响应的保留时间"),
    "response_bytes_max": Words("One stored response", "单个已保存响应"),
}
_PICTURES_BY_ADDRESS = ("fetch_bytes_max", "fetch_seconds_max", "picture_pixels_max")
_OF_A_BODY = {*_PICTURES_BY_ADDRESS, "keep_alive_seconds"}
"""Nothing is fetched and nothing streamed for a call that says nothing."""
_BY_TAG = {
    "Chat": (*_PICTURES_BY_ADDRESS, "choices_max", "output_tokens_default", "keep_alive_seconds"),
    "Messages": (*_PICTURES_BY_ADDRESS, "output_tokens_default", "keep_alive_seconds"),
    "Responses": (*_PICTURES_BY_ADDRESS, "keep_alive_seconds", "response_days",
                  "response_bytes_max"),
    "Gemini": (*_PICTURES_BY_ADDRESS, "output_tokens_default"),
    "Completions": ("choices_max", "output_tokens_default", "keep_alive_seconds"),
    "Images": ("picture_bytes_max", *_PICTURES_BY_ADDRESS, "picture_seconds_max", "artefact_days"),
    "Audio": ("sound_bytes_max", "sound_seconds_max"),
    "Midjourney": ("fetch_bytes_max", "fetch_seconds_max", "picture_pixels_max", "task_days",
                   "artefact_days"),
    "Suno": ("task_days", "artefact_days"),
    "Tasks": ("task_days",),
    "Files": ("artefact_days",),
}  # fmt: skip
RATE = Words(
    "Requests and tokens a minute, calls at a time and budgets are those of your token, account "
    "and "
    "group; a reply under such a limit carries `x-ratelimit-…`, a refusal is a 429 with "
    "`Retry-After`.",
    "每分钟请求数与 token 数、并发数和额度取决于令牌、账户与分组的设置；受限的响应带有 "
    "`x-ratelimit-…`，超限返回 429 并附 `Retry-After`。",
)


def limits_of(
    specification: Specification, operation: str, language: Language
) -> list[tuple[str, str]]:
    """(what, how much)."""
    _, _, told = specification.operation(operation)
    names: list[str] = []
    body = told.get("requestBody", {}).get("content", {})
    if "application/json" in body:
        names += ["body_bytes_max", "body_seconds_max"]
    if "multipart/form-data" in body:
        names.append("upload_bytes_max")
    tag = told["tags"][0]
    if body or tag != "Midjourney":
        names += [one for one in _BY_TAG.get(tag, ()) if body or one not in _OF_A_BODY]
    if operation == "createSpeech":
        names = ["body_bytes_max", "body_seconds_max", "artefact_days"]
    return [(_WORDS[name].of(language), _figure(specification, name, language)) for name in names]


def _figure(specification: Specification, name: str, language: Language) -> str:
    return cap_text(specification.settings, name, language == "zh")

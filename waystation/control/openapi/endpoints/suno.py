"""Songs: the task pages, and the façade of Suno-API."""

from typing import Any

from waystation.control.openapi.codes import AUTH, LOOK_UP, MONEY, ROUTING, SERVER
from waystation.control.openapi.endpoint import Body, Endpoint, Example, Parameter, Reply
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
from waystation.dialects.suno.forms import IDS_MAX, PROMPT_CHARACTERS_MAX

_TAG = "Suno"
_SECURITY = ("bearer", "apiKeyHeader", "googleKeyHeader", "midjourneySecret", "keyQuery")
_SUBMIT_CODES = (
    *("invalid_json", "invalid_request", "body_too_slow", "request_too_large"),
    *("unsupported_media_type", "idempotency_in_progress", "idempotency_key_reused"),
    *AUTH,
    *MONEY,
    *ROUTING,
    *SERVER,
)
_ID = "6b1f0c52-9d3e-4a7c-8f21-0c5d9be3a400"
_CLIP_ID = "6b1f0c52-9d3e-4a7c-8f21-0c5d9be3a401"
_FILE = "https://relay.example/files/audio/4fQ9mX2bTz7Lk0Rw8NcYpE.mp3?sig=9f2c41d07ab3.bm90IHJlYWw"
_SECONDS = ("Unix seconds, 0 not yet.", "Unix 秒，0 表示尚未发生。")
_STATUSES = ["NOT_START", "SUBMITTED", "QUEUED", "IN_PROGRESS", "FAILURE", "SUCCESS"]
_CLIP_STATUSES = ["submitted", "queued", "streaming", "complete", "error"]

_WORDS = {
    "prompt": string("Lyrics.", "歌词。", maxLength=PROMPT_CHARACTERS_MAX),
    "tags": string("Style.", "曲风。"),
    "title": string("Title.", "歌名。"),
    "negative_tags": string("Style to be avoided.", "不希望的曲风。"),
    "mv": string("Suno's own model.", "Suno 模型名。", default="chirp-v3-0"),
    "make_instrumental": boolean("Without voices.", "纯音乐。", default=False),
    "continue_clip_id": string("The song to go on with.", "要续写的歌曲 ID。"),
    "continue_at": number("From this second on.", "续写起点（秒）。", minimum=0),
}
_DESCRIPTION = {
    "gpt_description_prompt": string(
        "In plain words; Suno writes the lyrics.", "灵感描述，由 Suno 作词。"
    )
}
_HOOK = {"notify_hook": string("Where changes are told.", "任务变化的回调地址。")}

SCHEMAS: dict[str, Schema] = {
    "SunoMusicRequest": record(
        {
            **_DESCRIPTION,
            **_WORDS,
            "task_id": string("The song's task.", "原任务 ID。"),
            "clip_id": string("A song to be made whole.", "要拼接的歌曲 ID。"),
            **_HOOK,
        },
        [],
        "In plain words, with lyrics, or going on with a song.",
        "灵感、自定义或续写模式。",
    ),
    "SunoGenerateRequest": record(dict(_WORDS), []),
    "SunoDescriptionRequest": record(
        {
            **_DESCRIPTION,
            **{name: _WORDS[name] for name in ("mv", "make_instrumental")},
        },
        ["gpt_description_prompt"],
    ),
    "SunoLyricsRequest": record(
        {"prompt": string("What they are about.", "歌词主题。"), **_HOOK}, ["prompt"]
    ),
    "SunoSubmitted": record(
        {
            "code": const("success"),
            "message": string(),
            "data": string("The task's id.", "任务 ID。"),
        },
        ["code", "message", "data"],
    ),
    "SunoClip": record(
        {
            "id": string("Its id.", "歌曲 ID。"),
            "title": string(),
            "status": string(enum=_CLIP_STATUSES),
            "audio_url": string("Stored here.", "本站保存的链接。"),
            "video_url": string("Stored here.", "本站保存的链接。"),
            "image_url": string("Stored here.", "本站保存的链接。"),
            "image_large_url": string("Stored here.", "本站保存的链接。"),
            "wav_url": string("Where there is one.", "如有。"),
            "major_model_version": string(),
            "model_name": string(),
            "text": string(),
            "metadata": record(
                {
                    "tags": string(),
                    "prompt": string("Lyrics.", "歌词。"),
                    "gpt_description_prompt": string(),
                    "audio_prompt_id": nullable(string()),
                    "duration": nullable(number("Seconds.", "秒。")),
                    "error_type": nullable(string()),
                    "error_message": nullable(string()),
                },
                ["tags", "prompt"],
            ),
        },
        ["id", "title", "status", "audio_url", "video_url", "image_url", "metadata"],
    ),
    "SunoLyrics": record(
        {
            "id": string(),
            "status": string(enum=_CLIP_STATUSES),
            "title": string(),
            "text": string(),
        },
        ["id", "status", "title", "text"],
    ),
    "SunoTask": record(
        {
            "task_id": string(),
            "action": string(enum=["MUSIC", "LYRICS", "CONCAT", "UPLOAD"]),
            "status": string(enum=_STATUSES),
            "fail_reason": string("Of a failure.", "失败原因。"),
            "submit_time": integer(*_SECONDS),
            "start_time": integer(*_SECONDS),
            "finish_time": integer(*_SECONDS),
            "progress": string("0% to 100%.", "0% 至 100%。"),
            "data": one_of([array(ref("SunoClip")), ref("SunoLyrics")]),
        },
        ["task_id", "action", "status", "fail_reason", "progress", "data"],
    ),
    "SunoTaskReply": record(
        {"code": const("success"), "message": string(), "data": ref("SunoTask")},
        ["code", "message", "data"],
    ),
    "SunoTasksReply": record(
        {"code": const("success"), "message": string(), "data": array(ref("SunoTask"))},
        ["code", "message", "data"],
    ),
    "SunoIds": record(
        {
            "ids": array(string(), maxItems=IDS_MAX),
            "action": string(enum=["MUSIC", "LYRICS"]),
        },
        ["ids"],
    ),
    "SunoSongs": record(
        {
            "id": string("The task's id.", "任务 ID。"),
            "clips": array(ref("SunoClip")),
            "status": string(),
            "major_model_version": string(),
            "batch_size": integer(),
        },
        ["id", "clips", "status"],
    ),
}

_CLIP: dict[str, Any] = {
    "id": _CLIP_ID,
    "title": "Ferry Waltz",
    "status": "complete",
    "audio_url": _FILE,
    "video_url": _FILE.replace("/audio/", "/video/").replace(".mp3", ".mp4"),
    "image_url": _FILE.replace("/audio/", "/img/").replace(".mp3", ".jpg"),
    "image_large_url": _FILE.replace("/audio/", "/img/").replace(".mp3", ".jpg"),
    "major_model_version": "v3",
    "model_name": "chirp-v3",
    "text": "",
    "metadata": {
        "tags": "slow waltz",
        "prompt": "[Verse]\nThe ferry leaves at seven",
        "gpt_description_prompt": "a slow waltz about ferries",
        "audio_prompt_id": None,
        "duration": 121.4,
        "error_type": None,
        "error_message": None,
    },
}
_COMING = {
    **_CLIP,
    **dict.fromkeys(("audio_url", "video_url", "image_url", "image_large_url", "title"), ""),
    "status": "submitted",
}
_TASK: dict[str, Any] = {
    "task_id": _ID,
    "action": "MUSIC",
    "status": "SUCCESS",
    "fail_reason": "",
    "submit_time": 1730621826,
    "start_time": 1730621827,
    "finish_time": 1730621990,
    "progress": "100%",
    "data": [_CLIP],
}
_LYRICS = {
    "id": _ID,
    "status": "complete",
    "title": "Ferries",
    "text": "[Verse]\nThe ferry leaves at seven",
}
_PARAMETER = Parameter("task", "path", string(), required=True, example=_ID)
_PLAIN_WORDS = {"gpt_description_prompt": "a slow waltz about ferries", "mv": "chirp-v3-5"}
_OWN_WORDS = {"prompt": "[Verse]\nThe ferry leaves at seven", "tags": "waltz", "title": "Ferry"}


def _reply(schema: Schema, value: Any) -> tuple[Reply, ...]:
    example = (Example("answered", value),)
    return (Reply(200, "The answer.", "返回结果。", {"application/json": (schema, example)}),)


_ACCEPTED = _reply(ref("SunoSubmitted"), {"code": "success", "message": "", "data": _ID})


def _submit(
    name: str, path: str, summary: str, summary_zh: str, body: Body, **more: Any
) -> Endpoint:
    return Endpoint(
        id=f"suno{name}",
        method="post",
        path=path,
        tag=_TAG,
        summary=summary,
        summary_zh=summary_zh,
        body=body,
        security=_SECURITY,
        **{"replies": _ACCEPTED, "codes": _SUBMIT_CODES, "shape": "suno", **more},
    )


def _look(
    name: str,
    method: Any,
    path: str,
    summary: str,
    summary_zh: str,
    replies: tuple[Reply, ...],
    **more: Any,
) -> Endpoint:
    return Endpoint(
        id=f"suno{name}",
        method=method,
        path=path,
        tag=_TAG,
        summary=summary,
        summary_zh=summary_zh,
        replies=replies,
        security=_SECURITY,
        **{"codes": ("task_not_found", *LOOK_UP), "shape": "suno", **more},
    )


def _of_facade(path: str) -> dict[str, Any]:
    return {"shape": "openai", "aliases": (path.replace("/suno/", "/sunoapi/", 1),)}


_SONGS = _reply(
    ref("SunoSongs"),
    {
        "id": _ID,
        "clips": [_COMING, {**_COMING, "id": _CLIP_ID[:-1] + "2"}],
        "status": "submitted",
        "major_model_version": "",
        "batch_size": 2,
    },
)

ENDPOINTS = (
    _submit(
        *("Submit", "/suno/submit/{action}", "Make songs or lyrics", "生成歌曲或歌词"),
        Body(
            {"anyOf": [ref("SunoMusicRequest"), ref("SunoLyricsRequest")]},
            (Example("in plain words", _PLAIN_WORDS), Example("with lyrics", _OWN_WORDS)),
        ),
        parameters=(
            Parameter(
                "action",
                "path",
                string(
                    "music, lyrics or concat, in any case of letters.",
                    "music、lyrics 或 concat，不分大小写。",
                ),
                required=True,
                example="music",
            ),
        ),
    ),
    _submit(
        *("Upload", "/suno/uploads/audio-url", "Take in a sound", "导入音频"),
        Body(
            record({"url": string(), **_HOOK}, ["url"]),
            (Example("plain", {"url": "{{base_url}}/docs/static/speech.mp3"}),),
        ),
    ),
    _look(
        *("Find", "post", "/suno/fetch", "Look at tasks by id", "按 ID 批量查询"),
        _reply(ref("SunoTasksReply"), {"code": "success", "message": "", "data": [_TASK]}),
        body=Body(ref("SunoIds"), (Example("plain", {"ids": [_ID]}),)),
        codes=("invalid_json", "invalid_request", "body_too_slow", "request_too_large", *LOOK_UP),
    ),
    _look(
        *("Fetch", "get", "/suno/fetch/{task}", "Look at a task", "查询任务"),
        _reply(ref("SunoTaskReply"), {"code": "success", "message": "", "data": _TASK}),
        parameters=(_PARAMETER,),
    ),
    _submit(
        *("Generate", "/suno/generate", "Make songs with lyrics", "用歌词生成歌曲"),
        Body(ref("SunoGenerateRequest"), (Example("plain", _OWN_WORDS),)),
        replies=_SONGS,
        **_of_facade("/suno/generate"),
    ),
    _submit(
        *("Describe", "/suno/generate/description-mode", "Make songs by words", "用描述生成歌曲"),
        Body(ref("SunoDescriptionRequest"), (Example("plain", _PLAIN_WORDS),)),
        replies=_SONGS,
        **_of_facade("/suno/generate/description-mode"),
    ),
    _submit(
        *("Write", "/suno/generate/lyrics", "Write lyrics", "生成歌词"),
        Body(ref("SunoLyricsRequest"), (Example("plain", {"prompt": "ferries at dusk"}),)),
        replies=_reply(record({"id": string()}, ["id"]), {"id": _ID}),
        **_of_facade("/suno/generate/lyrics"),
    ),
    _look(
        *("Feed", "get", "/suno/feed/{ids}", "Look at songs by id", "按 ID 查询歌曲"),
        _reply(array(ref("SunoClip")), [_CLIP]),
        parameters=(Parameter("ids", "path", string(), required=True, example=_CLIP_ID),),
        codes=("invalid_request", "task_not_found", *LOOK_UP),
        **_of_facade("/suno/feed/{ids}"),
    ),
    _look(
        *("Lyrics", "get", "/suno/lyrics/{task}", "Look at lyrics", "查询歌词"),
        _reply(ref("SunoLyrics"), _LYRICS),
        parameters=(_PARAMETER,),
        **_of_facade("/suno/lyrics/{task}"),
    ),
)

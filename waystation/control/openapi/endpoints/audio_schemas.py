"""What the audio calls say and answer."""

from typing import Any

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

_MODEL = string("The model's name.", "模型名。")
_COST = number("What the request cost, in USD.", "本次请求的费用（美元）。")
_FILE: Schema = {
    "type": "string",
    "format": "binary",
    "description": "The sound. Its name is kept.",
    "x-description-zh": "音频文件，保留文件名。",
}
_HEARD: dict[str, Schema] = {
    "file": _FILE,
    "url": string(
        "In place of the file: where it lies. It is fetched by us.",
        "代替 file：音频的地址，由本站获取。",
    ),
    "model": _MODEL,
    "prompt": string(
        "Words that help: names, the text before.",
        "提示文本，可帮助识别专有名词或衔接上文。",
        maxLength=8192,
    ),
    "temperature": number("Of the upstream's choice.", "采样温度。", minimum=0, maximum=1),
}


def _form(*more: str) -> Schema:
    return string(
        "Text, srt and vtt are not JSON.",
        "text、srt、vtt 返回纯文本而非 JSON。",
        enum=["json", "text", "srt", "verbose_json", "vtt", *more],
        default="json",
    )


_USAGE = record(
    {
        "type": string(enum=["tokens", "duration"]),
        "seconds": number(minimum=0),
        "input_tokens": integer(minimum=0),
        "output_tokens": integer(minimum=0),
        "total_tokens": integer(minimum=0),
        "cost": _COST,
    },
    [],
)
_SEGMENT = record(
    {
        "start": number("Seconds.", "秒。"),
        "end": number("Seconds.", "秒。"),
        "text": string(),
    },
    [],
)
_WORD: dict[str, Any] = {"word": string(), "start": number(), "end": number()}

SCHEMAS: dict[str, Schema] = {
    "SpeechRequest": record(
        {
            "model": _MODEL,
            "input": string("What is to be said.", "要朗读的文本。", minLength=1, maxLength=4096),
            "voice": one_of(
                [string(minLength=1), {"type": "object"}],
                "alloy, echo, fable, onyx, nova, shimmer; other names and objects are passed on.",
                "alloy、echo、fable、onyx、nova、shimmer；其他名称或对象原样转发。",
            ),
            "response_format": string(
                "pcm: bare samples, 24 kHz, 16 bits, one channel.",
                "pcm 为 24 kHz、16 位、单声道裸数据。",
                enum=["mp3", "opus", "aac", "flac", "wav", "pcm"],
                default="mp3",
            ),
            "speed": number("1 is as usual.", "语速，1 为正常。", minimum=0.25, maximum=4),
            "instructions": string(
                "How it is to be said, where the model takes that.",
                "朗读方式说明（模型支持时）。",
                maxLength=8192,
            ),
            "stream_format": string(
                "audio: the sound itself. sse: events that carry it. url: stored here, answered by "
                "a link (not for pcm).",
                "audio：直接返回音频；sse：以事件返回；url：由本站保存并返回链接（不支持 pcm）。",
                enum=["audio", "sse", "url"],
                default="audio",
            ),
        },
        ["model", "input", "voice"],
        "Further fields are passed on to the upstream.",
        "其他字段原样转发给上游。",
    ),
    "SpeechEvent": record(
        {
            "type": string(enum=["speech.audio.delta", "speech.audio.done"]),
            "audio": string("A piece of the file in base64.", "base64 音频片段。"),
            "usage": record(
                {
                    "input_tokens": integer(minimum=0),
                    "output_tokens": integer(minimum=0),
                    "total_tokens": integer(minimum=0),
                    "cost": _COST,
                },
                [],
                "Reckoned where the upstream tells none.",
                "上游未返回时为估算值。",
            ),
        },
        ["type"],
    ),
    "SpeechLink": record(
        {
            "object": string(enum=["audio.speech"]),
            "created": integer("Unix seconds.", "Unix 秒。"),
            "model": _MODEL,
            "url": string(
                "Our own link: needs no key, lives as long as the operator keeps files.",
                "本站链接，无需密钥，有效期由运营者设置。",
            ),
            "content_type": string(),
            "bytes": integer(minimum=0),
            "seconds": number(minimum=0),
        },
        ["object", "created", "model", "url", "content_type", "bytes", "seconds"],
    ),
    "TranscriptionForm": record(
        {
            **_HEARD,
            "language": string("ISO 639-1, if known.", "ISO 639-1 语言代码（如已知）。"),
            "response_format": _form("diarized_json"),
            "timestamp_granularities[]": array(
                string(enum=["word", "segment"]),
                "With verbose_json only.",
                "仅用于 verbose_json。",
            ),
            "stream": boolean(
                "Answer as server-sent events, whether the upstream streams or not.",
                "以 SSE 返回；上游不支持流式时亦可用。",
                default=False,
            ),
        },
        ["model"],
        "Further fields are passed on, but `url`, which is not.",
        "其他字段原样转发；`url` 除外。",
    ),
    "TranslationForm": record({**_HEARD, "response_format": _form()}, ["model"]),
    "Transcript": record(
        {
            "text": string(),
            "usage": _USAGE,
            "task": string(),
            "language": string(),
            "duration": number("Seconds.", "秒。"),
            "segments": array(_SEGMENT),
            "words": array(record(_WORD, [])),
        },
        ["text"],
    ),
    "TranscriptEvent": record(
        {
            "type": string(
                enum=[
                    "transcript.text.delta",
                    "transcript.text.segment",
                    "transcript.text.done",
                ]
            ),
            "delta": string(),
            "text": string(),
            "usage": _USAGE,
        },
        ["type"],
    ),
}

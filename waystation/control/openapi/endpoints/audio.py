"""POST /v1/audio/speech, transcriptions and translations."""

from waystation.control.openapi.codes import RELAY
from waystation.control.openapi.endpoint import Body, Endpoint, Example, Reply
from waystation.control.openapi.endpoints.audio_schemas import SCHEMAS as SCHEMAS
from waystation.control.openapi.fields import Schema, events, ref, string
from waystation.control.openapi.headers import ALWAYS, IDEMPOTENCY_KEY, LIMITS, REPEATED

_SOUND = {"type": "string", "format": "binary"}
_SOUND_TYPES = ("audio/mpeg", "audio/ogg", "audio/aac", "audio/flac", "audio/wav", "audio/pcm")
_STREAMED = (*ALWAYS, "x-waystation-repeats", "server-timing", *LIMITS)
_SPOKEN = (
    'data: {"type":"speech.audio.delta","audio":"//PExAAA"}\n\n'
    'data: {"type":"speech.audio.done","usage":{"input_tokens":4,"output_tokens":25,'
    '"total_tokens":29,"cost":0.00018}}\n\n'
    "data: [DONE]\n\n"
)
_WRITTEN = (
    'data: {"type":"transcript.text.delta","delta":"the door"}\n\n'
    'data: {"type":"transcript.text.done","text":"the door is open",'
    '"usage":{"type":"duration","seconds":2,"cost":0.0002}}\n\n'
    "data: [DONE]\n\n"
)
_TRANSCRIPT = {
    "text": "the door is open",
    "usage": {"type": "duration", "seconds": 2, "cost": 0.0002},
}
_HEARD = {"file": "speech.mp3", "model": "whisper-1", "response_format": "json"}
_SRT = "1\n00:00:00,000 --> 00:00:02,000\nthe door is open\n\n"
_VTT = "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nthe door is open\n\n"
_LINK = {
    "object": "audio.speech",
    "created": 1731000300,
    "model": "tts-1",
    "url": "https://relay.example/files/audio/9f2c41.mp3?sig=k1.c2ln",
    "content_type": "audio/mpeg",
    "bytes": 28128,
    "seconds": 1.76,
}


def _texts(more: bool) -> tuple[Reply, ...]:
    content: dict[str, tuple[Schema, tuple[Example, ...]]] = {
        "application/json": (ref("Transcript"), (Example("json", _TRANSCRIPT),)),
        "text/plain": (string(), (Example("text", "the door is open\n"),)),
        "application/x-subrip": (string(), (Example("srt", _SRT),)),
        "text/vtt": (string(), (Example("vtt", _VTT),)),
    }
    if more:
        content["text/event-stream"] = (
            string(**events(ref("TranscriptEvent"))),
            (Example("stream", _WRITTEN),),
        )
    headers = REPEATED if more else (*REPEATED, "x-waystation-second")
    return (Reply(200, "What was said, in the form asked for.", "转写结果。", content, headers),)


_BOUNDS = (
    "Sounds of at most {{sound_bytes_max}} and {{sound_seconds_max}}, in flac, mp3, mp4, mpeg, "
    "mpga, m4a, ogg, wav or webm; told by their bytes, measured by us. By second: what the "
    "upstream says of its length, else what we measured."
)
_BOUNDS_ZH = (
    "音频最大 {{sound_bytes_max}}、最长 {{sound_seconds_max}}，支持 flac、mp3、mp4、mpeg、mpga、"
    "m4a、ogg、wav、webm；类型按内容判断，时长由本站测量。按秒计费时优先采用上游给出的时长。"
)
ENDPOINTS = (
    Endpoint(
        id="createSpeech",
        method="post",
        path="/v1/audio/speech",
        aliases=("/audio/speech",),
        tag="Audio",
        summary="Speak a text",
        summary_zh="创建语音",
        description=(
            "The sound itself, as it arrives; with `stream_format` sse as events, with url stored "
            "by us and answered by its link. Billed by character (code points), by second of "
            "sound or by tokens, as the model's price says. Bare sound that breaks off is cut, so "
            "that nobody takes it for whole; what came is billed by its share."
        ),
        description_zh=(
            "直接返回音频并边到边传；`stream_format` 为 sse 时以事件返回，为 url 时由本站保存并返回"
            "链接。按价格表以字符（码点）、音频秒数或 token 计费。中途断开的音频会被切断，"
            "按已到达的比例计费。"
        ),
        parameters=(IDEMPOTENCY_KEY,),
        body=Body(
            ref("SpeechRequest"),
            (
                Example(
                    "tts-1",
                    {"model": "tts-1", "input": "The door is open.", "voice": "alloy"},
                ),
            ),
        ),
        replies=(
            Reply(
                200,
                "The sound, its events, or the link to it.",
                "音频、事件流或链接。",
                {
                    **dict.fromkeys(_SOUND_TYPES, (_SOUND, ())),
                    "text/event-stream": (
                        string(**events(ref("SpeechEvent"))),
                        (Example("stream", _SPOKEN),),
                    ),
                    "application/json": (ref("SpeechLink"), (Example("link", _LINK),)),
                },
                _STREAMED,
            ),
        ),
        codes=RELAY,
    ),
    Endpoint(
        id="createTranscription",
        method="post",
        path="/v1/audio/transcriptions",
        aliases=("/audio/transcriptions",),
        tag="Audio",
        summary="Write down a sound",
        summary_zh="创建转录",
        description=(
            "As multipart/form-data. Subtitles are made by us where the upstream has none. "
            + _BOUNDS
        ),
        description_zh="以 multipart/form-data 上传。上游不支持字幕时由本站生成。" + _BOUNDS_ZH,
        parameters=(IDEMPOTENCY_KEY,),
        body=Body(None, (), ref("TranscriptionForm"), (Example("json", _HEARD),)),
        replies=_texts(True),
        codes=(*RELAY, "invalid_audio"),
    ),
    Endpoint(
        id="createTranslation",
        method="post",
        path="/v1/audio/translations",
        aliases=("/audio/translations",),
        tag="Audio",
        summary="Write down a sound in English",
        summary_zh="创建翻译",
        description=(
            "Always English. Models that only write down what they hear are helped by a chat "
            "model where the operator has named one: two requests, each with its own charge. "
            + _BOUNDS
        ),
        description_zh=(
            "结果总是英文。只能转录的模型可由运营者指定的聊天模型翻译：相当于两次请求，分别计费。"
            + _BOUNDS_ZH
        ),
        parameters=(IDEMPOTENCY_KEY,),
        body=Body(None, (), ref("TranslationForm"), (Example("json", _HEARD),)),
        replies=_texts(False),
        codes=(*RELAY, "invalid_audio"),
    ),
)

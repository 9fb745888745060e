"""What an upstream tells of a task and its songs, whatever its form. Read leniently: statuses in
any letters, songs under several names, nulls where a text should be."""

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

Status = Literal["SUBMITTED", "QUEUED", "IN_PROGRESS", "FAILURE", "SUCCESS"]
ClipStatus = Literal["submitted", "queued", "streaming", "complete", "error"]

TEXT_CHARACTERS_MAX = 20_000
ID_CHARACTERS_MAX = 1_000
LINK_CHARACTERS_MAX = 4 * 1024 * 1024
"""A data: address holds the file itself, so only of ours is one that long."""

_STATUSES: dict[str, Status] = {
    **dict.fromkeys(("submitted", "pending", "not_start", "created"), "SUBMITTED"),
    **dict.fromkeys(("queued", "queueing", "waiting", "staged"), "QUEUED"),
    **dict.fromkeys(("in_progress", "processing", "running", "streaming"), "IN_PROGRESS"),
    **dict.fromkeys(("failure", "failed", "error", "fail"), "FAILURE"),
    **dict.fromkeys(("success", "succeeded", "complete", "completed", "succeed"), "SUCCESS"),
}
_CLIP_STATUSES: dict[Status, ClipStatus] = {
    "SUBMITTED": "submitted",
    "QUEUED": "queued",
    "IN_PROGRESS": "streaming",
    "FAILURE": "error",
    "SUCCESS": "complete",
}
CLIP_ORDER: dict[str, int] = {
    "submitted": 0,
    "queued": 1,
    "streaming": 2,
    "complete": 3,
    "error": 3,
}


class Clip(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One song. Links are the upstream's."""

    id: str = ""
    status: ClipStatus = "submitted"
    title: str = ""
    text: str = ""
    tags: str = ""
    prompt: str = ""
    description: str = ""
    duration: float | None = None
    model_name: str = ""
    major_model_version: str = ""
    error_type: str = ""
    error_message: str = ""
    audio: str = ""
    video: str = ""
    image: str = ""
    image_large: str = ""
    wav: str = ""

    @property
    def is_over(self) -> bool:
        return self.status in ("complete", "error")


class Words(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Lyrics that were written."""

    id: str = ""
    title: str = ""
    text: str = ""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A task as it is upstream. status None: a word that nobody knows. progress: percent."""

    id: str = ""
    status: Status | None = None
    progress: int | None = None
    reason: str = ""
    clips: tuple[Clip, ...] = ()
    words: Words | None = None


def read_status(value: Any) -> Status | None:
    return _STATUSES.get(value.strip().lower()) if isinstance(value, str) else None


def read_clips(value: Any) -> tuple[Clip, ...]:
    """Out of an array of songs, an object of them by id, or one song."""
    if isinstance(value, dict):
        inner = value.get("clips")
        if isinstance(inner, list | dict):
            return read_clips(inner)
        value = [value] if "id" in value else list(value.values())
    if not isinstance(value, list):
        return ()
    return tuple(_clip(each) for each in value[:32] if isinstance(each, dict))


def read_words(value: Any) -> Words | None:
    """None: not written yet."""
    if not isinstance(value, dict):
        return None
    text = text_of(value.get("text"))
    if not text:
        return None
    return Words(id=text_of(value.get("id")), title=text_of(value.get("title")), text=text)


def whole(clips: Iterable[Clip], upstream_id: str = "") -> Seen:
    """The task that these songs are: done when each of them is over and one is good."""
    clips = tuple(clips)
    if not clips:
        return Seen(id=upstream_id)
    if all(clip.is_over for clip in clips):
        good = any(clip.status == "complete" for clip in clips)
        reason = "" if good else _reason(clips)
        status: Status = "SUCCESS" if good else "FAILURE"
        return Seen(id=upstream_id, status=status, reason=reason, clips=clips)
    best = max(CLIP_ORDER[clip.status] for clip in clips)
    status = ("SUBMITTED", "QUEUED", "IN_PROGRESS", "IN_PROGRESS")[best]
    return Seen(id=upstream_id, status=status, clips=clips)


def _reason(clips: Iterable[Clip]) -> str:
    return next((clip.error_message for clip in clips if clip.error_message), "")


def text_of(value: Any) -> str:
    if isinstance(value, str):
        return value[:TEXT_CHARACTERS_MAX].replace("\r\n", "\n")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return ""


def _clip(fields: dict[str, Any]) -> Clip:
    meta = fields.get("metadata")
    metadata: dict[str, Any] = meta if isinstance(meta, dict) else {}

    def word(*names: str) -> str:
        for source in (fields, metadata):
            for name in names:
                if found := text_of(source.get(name)):
                    return found
        return ""

    status = read_status(fields.get("status") or fields.get("state"))
    lyrics = text_of(fields.get("lyric")) or text_of(metadata.get("prompt")) or word("text")
    return Clip(
        id=text_of(fields.get("id") or fields.get("clip_id"))[:ID_CHARACTERS_MAX],
        status="submitted" if status is None else _CLIP_STATUSES[status],
        title=word("title"),
        text=text_of(fields.get("text")),
        tags=word("tags", "style"),
        prompt=lyrics,
        description=word("gpt_description_prompt"),
        duration=_duration(metadata.get("duration", fields.get("duration"))),
        model_name=word("model_name"),
        major_model_version=word("major_model_version"),
        error_type=word("error_type"),
        error_message=word("error_message"),
        audio=_link(fields.get("audio_url")),
        video=_link(fields.get("video_url")),
        image=_link(fields.get("image_url")),
        image_large=_link(fields.get("image_large_url")),
        wav=_link(fields.get("wav_url")),
    )


def _link(value: Any) -> str:
    """An address by its shape; where it leads is judged when it is dialled."""
    if not isinstance(value, str) or len(value) > LINK_CHARACTERS_MAX:
        return ""
    return value if value[:8].lower().startswith(("http://", "https://", "data:")) else ""


def _duration(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return round(seconds, 2) if 0 < seconds < 36_000 else None

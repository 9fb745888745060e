"""The task pages as an upstream speaks them: bodies written, answers read. Pure."""

from collections.abc import Sequence
from typing import Any

import msgspec

from waystation.dialects.suno.job import Job
from waystation.dialects.suno.seen import Seen, read_clips, read_status, read_words, text_of, whole

_GOOD = ("success", "1", "200", "0", "ok")
_encode = msgspec.json.encode
_decode = msgspec.json.Decoder().decode


class Malformed(Exception):
    """It is nothing of this protocol."""


class Declined(Exception):
    """A failure told in a good answer."""


def write_submit(job: Job, model: str, parent: str, clip: str) -> bytes:
    """model: Suno's own name. parent, clip: of the task that it goes on with, as the upstream
    knows them. No hook: we poll."""
    if job.action == "LYRICS":
        return _encode({"prompt": job.prompt})
    if job.action == "CONCAT":
        body: dict[str, Any] = {"clip_id": clip, "is_infill": job.is_infill}
        return _encode({**body, "task_id": parent} if parent else body)
    if job.action == "UPLOAD":
        return _encode({"url": job.url})
    return _encode({**_music(job, model), **_follows(job, parent, clip)})


def _music(job: Job, model: str) -> dict[str, Any]:
    common = {"mv": model, "make_instrumental": job.instrumental}
    if not job.is_custom:
        return {"gpt_description_prompt": job.description, "prompt": job.prompt, **common}
    return {**custom_fields(job), **common}


def custom_fields(job: Job) -> dict[str, Any]:
    """The words of a song that its caller wrote."""
    told = {"prompt": job.prompt, "tags": job.tags, "title": job.title}
    return {**told, "negative_tags": job.negative_tags} if job.negative_tags else told


def _follows(job: Job, parent: str, clip: str) -> dict[str, Any]:
    if not clip:
        return {}
    body: dict[str, Any] = {"continue_clip_id": clip}
    if job.at:
        body["continue_at"] = job.at
    return {**body, "task_id": parent} if parent else body


def write_fetch(ids: Sequence[str]) -> bytes:
    return _encode({"ids": list(ids)})


def read_submitted(body: bytes) -> str:
    """The new task's id. Raises Declined with the upstream's own words, Malformed."""
    data = _data(body)
    if isinstance(data, dict):
        data = data.get("task_id") or data.get("id")
    found = text_of(data)
    if not found:
        raise Malformed("no task id")
    return found


def read_tasks(body: bytes) -> list[Seen]:
    """Of a list, or of one task. Raises Declined, Malformed."""
    data = _data(body)
    if data is None:
        return []
    found = data if isinstance(data, list) else [data]
    return [_seen(each) for each in found if isinstance(each, dict)]


def _data(body: bytes) -> Any:
    answer = decoded(body)
    if not isinstance(answer, dict) or "code" not in answer:
        raise Malformed("no code")
    if text_of(answer["code"]).lower() not in _GOOD:
        raise Declined(text_of(answer.get("message")) or text_of(answer["code"]))
    return answer.get("data")


def _seen(fields: dict[str, Any]) -> Seen:
    """Of the task pages' own task object; songs may say more than the task's own status."""
    data = fields.get("data")
    status = read_status(fields.get("status"))
    seen = Seen(
        id=text_of(fields.get("task_id") or fields.get("id")),
        status=status,
        progress=_percent(fields.get("progress")),
        reason=text_of(fields.get("fail_reason")),
        words=read_words(data) if text_of(fields.get("action")).upper() == "LYRICS" else None,
    )
    if seen.words is not None or text_of(fields.get("action")).upper() == "LYRICS":
        return seen
    clips = read_clips(data)
    told = whole(clips)
    reason = seen.reason or told.reason
    return msgspec.structs.replace(seen, clips=clips, reason=reason)


def _percent(value: Any) -> int | None:
    if isinstance(value, str):
        value = value.strip().removesuffix("%").partition(".")[0]
        value = int(value) if value.isascii() and value.isdigit() and len(value) < 4 else None
    if isinstance(value, float):
        value = int(value)
    return min(value, 100) if isinstance(value, int) and value >= 0 else None


def decoded(body: bytes) -> Any:
    """Raises Malformed."""
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed("no JSON") from None

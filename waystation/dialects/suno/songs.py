"""Upstreams that know songs, not tasks: bodies written, answers read. Pure.

Two forms. `feed`: the pages of Suno-API, with Suno's own field names. `songs`: the pages of the
other Suno-API (/api/custom_generate and the like), with names of its own.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from waystation.dialects.suno.job import Job
from waystation.dialects.suno.pages import Declined, Malformed, custom_fields, decoded
from waystation.dialects.suno.seen import (
    Clip,
    Seen,
    read_clips,
    read_status,
    read_words,
    text_of,
    whole,
)

_encode = msgspec.json.encode
_WORDS = "lyrics:"
"""Before the id of lyrics, so that it is known by its look what is to be asked for."""
_SESSION = "?session_id="


class Call(NamedTuple):
    """A submit: the operation whose address it goes to, and its body."""

    operation: str
    body: bytes


def write_feed_submit(job: Job, model: str, clip: str) -> Call:
    """In Suno's own words."""
    if job.action == "LYRICS":
        return Call("suno_lyrics", _encode({"prompt": job.prompt}))
    if job.action == "CONCAT":
        return Call("suno_concat", _encode({"clip_id": clip, "is_infill": job.is_infill}))
    common: dict[str, Any] = {"mv": model, "make_instrumental": job.instrumental}
    if not job.is_custom:
        body = {"gpt_description_prompt": job.description, "prompt": job.prompt, **common}
        return Call("suno_description", _encode(body))
    body = {**custom_fields(job), **common}
    if clip:
        body |= {"continue_clip_id": clip, "continue_at": job.at}
    return Call("suno_music", _encode(body))


def write_songs_submit(job: Job, model: str, clip: str) -> Call:
    """In the other's words."""
    if job.action == "LYRICS":
        return Call("suno_lyrics", _encode({"prompt": job.prompt}))
    if job.action == "CONCAT":
        return Call("suno_concat", _encode({"clip_id": clip}))
    common: dict[str, Any] = {"model": model, "make_instrumental": job.instrumental}
    if clip:
        body = {"audio_id": clip, "continue_at": f"{job.at:g}", **custom_fields(job), **common}
        return Call("suno_extend", _encode(body))
    common["wait_audio"] = False
    if not job.is_custom:
        return Call("suno_description", _encode({"prompt": job.description, **common}))
    return Call("suno_music", _encode({**custom_fields(job), **common}))


def read_submitted(body: bytes, job: Job) -> tuple[str, Seen]:
    """(what to ask for later, what is known by now). Raises Declined, Malformed."""
    answer = decoded(body)
    if job.action == "LYRICS":
        return _lyrics(answer)
    clips = read_clips(answer)
    ids = [clip.id for clip in clips if clip.id]
    if not ids:
        raise _failure(answer)
    upstream_id = ",".join(ids)
    session = answer.get("session_id") if isinstance(answer, dict) else None
    if isinstance(session, int | str) and text_of(session).isalnum():
        upstream_id += f"{_SESSION}{session}"
    return upstream_id, whole(clips, upstream_id)


def _lyrics(answer: Any) -> tuple[str, Seen]:
    words = read_words(answer)
    found = text_of(answer.get("id")) if isinstance(answer, dict) else ""
    if words is not None:
        return f"{_WORDS}{found}", Seen(status="SUCCESS", words=words)
    if not found:
        raise _failure(answer)
    return f"{_WORDS}{found}", Seen(status="SUBMITTED")


def _failure(answer: Any) -> Exception:
    """A good answer without anything made is a failure when it gives a reason."""
    if isinstance(answer, dict):
        for name in ("detail", "error", "message", "msg"):
            if reason := text_of(answer.get(name)):
                return Declined(reason)
    return Malformed("no song in the answer")


def is_words(upstream_id: str) -> bool:
    return upstream_id.startswith(_WORDS)


def words_id(upstream_id: str) -> str:
    return upstream_id.removeprefix(_WORDS)


def clip_ids(upstream_id: str) -> list[str]:
    return upstream_id.partition("?")[0].split(",")


def session_of(upstream_id: str) -> str:
    """The query that the songs must be asked for with, "" none."""
    return upstream_id[upstream_id.find(_SESSION) :] if _SESSION in upstream_id else ""


def read_feed(body: bytes) -> Mapping[str, Clip]:
    """Songs by id, whichever order they come in. Raises Malformed."""
    answer = decoded(body)
    if not isinstance(answer, list | dict):
        raise Malformed("no songs")
    clips = read_clips(answer)
    if not clips and not isinstance(answer, list):
        raise Malformed("no songs")
    return {clip.id: clip for clip in clips if clip.id}


def joined(upstream_id: str, clips: Mapping[str, Clip]) -> Seen | None:
    """The task of these songs, in the order in which they were promised; None: all are gone."""
    ids = clip_ids(upstream_id)
    if not any(each in clips for each in ids):
        return None
    return whole([clips.get(each, Clip(id=each)) for each in ids], upstream_id)


def read_lyrics(body: bytes) -> Seen:
    """Raises Malformed."""
    answer = decoded(body)
    if not isinstance(answer, dict):
        raise Malformed("no lyrics")
    status = read_status(answer.get("status"))
    words = read_words(answer)
    if status == "FAILURE":
        return Seen(status="FAILURE", reason=text_of(answer.get("error_message")))
    if words is not None and status in ("SUCCESS", None):
        return Seen(status="SUCCESS", words=words)
    return Seen(status=status or "IN_PROGRESS")

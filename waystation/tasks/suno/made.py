"""What a task has made so far, as it stands in its row: texts, and the paths of files of ours.

`result` of a row of this kind:

    prompt   what was asked for
    stage    "QUEUED" while the upstream says so
    songs    [Made, …], in the upstream's order
    words    {title, text}: lyrics
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from waystation.dialects.suno.seen import CLIP_ORDER, Clip, Words
from waystation.tasks.task import Task

FILES = ("audio", "video", "image", "image_large", "wav")
_TEXTS = (
    *("title", "text", "tags", "prompt", "description", "model_name", "major_model_version"),
    *("error_type", "error_message"),
)


class Made(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One song. files: what it is → path of ours, to be signed when it is shown."""

    status: str = "submitted"
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
    files: Mapping[str, str] = {}


def songs_of(task: Task) -> tuple[Made, ...]:
    return msgspec.convert(task.result.get("songs", ()), tuple[Made, ...])


def words_of(task: Task) -> Words | None:
    found = task.result.get("words")
    return None if found is None else msgspec.convert(found, Words)


def ordered(clips: Sequence[Clip], known: Sequence[str]) -> tuple[list[str], list[Clip | None]]:
    """(ids in order, the clip of each): new ones come after those that were known. Clips without
    an id keep the place in which they came."""
    ids = list(known)
    for at, clip in enumerate(clips):
        name = clip.id or f"#{at}"
        if name not in ids:
            ids.append(name)
    by_id = {clip.id or f"#{at}": clip for at, clip in enumerate(clips)}
    return ids, [by_id.get(each) for each in ids]


def merged(old: Made, clip: Clip | None, files: Mapping[str, str]) -> Made:
    """Only forward: a status never falls, a text once told is never lost."""
    if clip is None:
        return msgspec.structs.replace(old, files={**old.files, **files}) if files else old
    told = {name: text for name in _TEXTS if (text := getattr(clip, name))}
    rises = CLIP_ORDER[clip.status] >= CLIP_ORDER.get(old.status, 0)
    status = clip.status if rises and old.status not in ("complete", "error") else old.status
    return msgspec.structs.replace(
        old,
        status=status,
        duration=clip.duration or old.duration,
        files={**old.files, **files},
        **told,
    )


def plain(songs: Sequence[Made]) -> list[dict[str, Any]]:
    made = msgspec.to_builtins(songs)
    assert isinstance(made, list)
    return made

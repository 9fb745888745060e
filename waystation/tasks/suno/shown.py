"""A task's row as its owner sees it: the task object, its songs with links, the façade's songs."""

from collections.abc import Callable
from typing import Any

import msgspec

from waystation.dialects.suno.blocks import Song
from waystation.dialects.suno.clip_ids import clip_id
from waystation.tasks.states import shown as shown_state
from waystation.tasks.suno.made import Made, songs_of, words_of
from waystation.tasks.task import Task

Links = Callable[[str], str]
"""A path of ours → the address with its signature."""


class TaskObject(msgspec.Struct, frozen=True, kw_only=True):
    """Times in unix seconds, 0 not yet. progress: "0%" to "100%". data: songs, or lyrics."""

    task_id: str
    action: str
    status: str
    fail_reason: str
    submit_time: int
    start_time: int
    finish_time: int
    progress: str
    data: Any


def shown(task: Task, links: Links) -> TaskObject:
    return TaskObject(
        task_id=task.id,
        action=task.action,
        status=status_of(task),
        fail_reason=reason_of(task),
        submit_time=task.created_ms // 1000,
        start_time=task.submitted_ms // 1000,
        finish_time=task.finished_ms // 1000,
        progress=f"{task.progress}%",
        data=lyrics_of(task) if task.action == "LYRICS" else clips_of(task, links),
    )


def status_of(task: Task) -> str:
    """The protocol has no word for a task that its owner cancelled."""
    state = shown_state(task.state)
    if state == "CANCEL":
        return "FAILURE"
    if state == "SUBMITTED" and task.result.get("stage") == "QUEUED":
        return "QUEUED"
    return state


def reason_of(task: Task) -> str:
    """Never empty of a failure, always of anything else."""
    if task.state not in ("FAILURE", "CANCEL"):
        return ""
    return task.fail_reason or task.fail_code or task.state


def lyrics_of(task: Task) -> dict[str, Any]:
    words = words_of(task)
    status = {"SUCCESS": "complete", "FAILURE": "error", "CANCEL": "error"}.get(task.state)
    return {
        "id": task.id,
        "status": status or ("streaming" if task.state == "IN_PROGRESS" else "submitted"),
        "title": "" if words is None else words.title,
        "text": "" if words is None else words.text,
    }


def clips_of(task: Task, links: Links) -> list[dict[str, Any]]:
    return [_clip(task, at, made, links) for at, made in enumerate(songs_of(task), start=1)]


def promised_clips(task: Task, links: Links) -> list[dict[str, Any]]:
    """As the façade shows them: two from the beginning, over when the task is."""
    known = clips_of(task, links)
    while len(known) < 2 and not task.is_final:
        known.append(_clip(task, len(known) + 1, Made(), links))
    if task.state in ("FAILURE", "CANCEL"):
        known = known or [_clip(task, 1, Made(), links), _clip(task, 2, Made(), links)]
        for clip in known:
            clip["status"] = "error"
            clip["metadata"]["error_message"] = reason_of(task)
    return known


def _clip(task: Task, number: int, made: Made, links: Links) -> dict[str, Any]:
    files = {name: links(path) for name, path in made.files.items()}
    image = files.get("image") or files.get("image_large", "")
    shown_clip: dict[str, Any] = {
        "id": clip_id(task.id, number),
        "title": made.title,
        "status": _clip_status(task, made),
        "audio_url": files.get("audio", ""),
        "video_url": files.get("video", ""),
        "image_url": image,
        "image_large_url": files.get("image_large") or image,
        "major_model_version": made.major_model_version,
        "model_name": made.model_name,
        "text": made.text,
        "metadata": {
            "tags": made.tags,
            "prompt": made.prompt,
            "gpt_description_prompt": made.description,
            "audio_prompt_id": None,
            "duration": made.duration,
            "error_type": made.error_type or None,
            "error_message": made.error_message or None,
        },
    }
    if "wav" in files:
        shown_clip["wav_url"] = files["wav"]
    return shown_clip


def _clip_status(task: Task, made: Made) -> str:
    """Complete is what can be heard: the file is ours by then."""
    if made.status == "complete" and "audio" not in made.files and not task.is_final:
        return "streaming"
    return made.status


def chat_songs(task: Task, links: Links) -> list[Song]:
    """For the blocks of a chat answer."""
    return [
        Song(
            id=clip_id(task.id, at),
            title=made.title,
            tags=made.tags,
            lyrics=made.prompt or made.text,
            image=_link(made, links, "image_large", "image"),
            audio=_link(made, links, "audio", "wav"),
            video=_link(made, links, "video"),
        )
        for at, made in enumerate(songs_of(task), start=1)
        if made.status != "error"
    ]


def _link(made: Made, links: Links, *names: str) -> str:
    return next((links(made.files[name]) for name in names if name in made.files), "")

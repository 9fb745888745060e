"""A task's row as the family's task object."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from waystation.dialects.midjourney.buttons import Button
from waystation.dialects.midjourney.task_object import (
    PictureLink,
    Status,
    TaskObject,
    shown_properties,
)
from waystation.tasks.states import shown as shown_state
from waystation.tasks.task import Task

KIND = "midjourney"

PictureLinks = Callable[[str], str]
"""A path of ours → the address with its signature."""


def image_path(task_id: str, number: int = 0) -> str:
    """number: of a single picture, from 1; 0: the whole."""
    return f"/mj/image/{task_id}/{number}" if number else f"/mj/image/{task_id}"


def shown(task: Task, links: PictureLinks) -> TaskObject:
    result = task.result
    prompt = _word(result, "prompt")
    is_done = task.state == "SUCCESS"
    return TaskObject(
        id=task.id,
        action=task.action,
        custom_id=_word(result, "customId"),
        bot_type=_word(result, "botType") or "MID_JOURNEY",
        prompt=prompt,
        prompt_en=_word(result, "promptEn") or prompt,
        description=task.fail_reason or _word(result, "description") or "Submit success",
        state=_word(result, "state"),
        submit_time=task.created_ms,
        start_time=task.submitted_ms,
        finish_time=task.finished_ms,
        image_url=_image(task, links),
        image_urls=_images(task, links) if is_done else (),
        status=_status(task),
        progress="100%" if is_done or task.state == "FAILURE" else f"{task.progress}%",
        fail_reason=_fail_reason(task),
        buttons=msgspec.convert(result.get("buttons", ()), tuple[Button, ...]) if is_done else (),
        properties=shown_properties(prompt, result.get("properties", {})),
    )


def _status(task: Task) -> Status:
    state = shown_state(task.state, task.submitted_ms)
    assert state != "SUBMITTING"
    return state


def _fail_reason(task: Task) -> str:
    """Never empty of a failure, always of anything else."""
    if task.state not in ("FAILURE", "CANCEL"):
        return ""
    return task.fail_reason or task.fail_code or task.state


def _image(task: Task, links: PictureLinks) -> str:
    if task.state == "SUCCESS":
        image = task.result.get("image")
        return _link(image, links, image_path(task.id))
    preview = task.result.get("preview")
    if not isinstance(preview, dict) or task.state != "IN_PROGRESS":
        return ""
    link = _link(preview, links, image_path(task.id))
    return f"{link}&v={preview.get('progress', 0)}" if link and "artefact" in preview else link


def _images(task: Task, links: PictureLinks) -> tuple[PictureLink, ...]:
    images = task.result.get("images", ())
    return tuple(
        PictureLink(_link(image, links, image_path(task.id, at)))
        for at, image in enumerate(images, start=1)
    )


def _link(image: Any, links: PictureLinks, path: str) -> str:
    """Ours, or the vendor's own where the operator wants that."""
    if not isinstance(image, dict):
        return ""
    origin = image.get("origin")
    return str(origin) if origin else links(path)


def _word(result: Mapping[str, Any], name: str) -> str:
    value = result.get(name, "")
    return value if isinstance(value, str) else ""

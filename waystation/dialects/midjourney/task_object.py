"""A task as callers see it: every key always there, nothing null, and never one named `code`."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from waystation.dialects.midjourney.buttons import Button

Status = Literal["NOT_START", "SUBMITTED", "MODAL", "IN_PROGRESS", "FAILURE", "SUCCESS", "CANCEL"]

ORDER: Mapping[str, int] = {
    "NOT_START": 0,
    "SUBMITTED": 1,
    "MODAL": 2,
    "IN_PROGRESS": 3,
    "FAILURE": 4,
    "SUCCESS": 5,
    "CANCEL": 7,
}
"""Statuses only move up; finals stay."""

FINAL = frozenset({"FAILURE", "SUCCESS", "CANCEL"})
_encode = msgspec.json.Encoder().encode


class PictureLink(msgspec.Struct, frozen=True):
    url: str
    thumbnail: str = ""


class TaskObject(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Times are unix milliseconds, 0 while unset."""

    id: str
    action: str
    custom_id: str = ""
    bot_type: str = "MID_JOURNEY"
    prompt: str = ""
    prompt_en: str = ""
    description: str = "Submit success"
    state: str = ""
    submit_time: int = 0
    start_time: int = 0
    finish_time: int = 0
    image_url: str = ""
    image_urls: tuple[PictureLink, ...] = ()
    video_url: str = ""
    video_urls: tuple[PictureLink, ...] = ()
    status: Status = "NOT_START"
    progress: str = "0%"
    fail_reason: str = ""
    buttons: tuple[Button, ...] = ()
    mask_base64: str = ""
    properties: Mapping[str, Any] = {}


def shown_properties(prompt: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """With the two prompt keys, and "" where something is null: a client prints what it finds."""
    shown: dict[str, Any] = {"finalPrompt": prompt, "finalZhPrompt": ""}
    for name, value in more.items():
        if name != "notifyHook" and name != "code":
            shown[name] = "" if value is None else value
    return shown


def write_tasks(tasks: list[TaskObject]) -> bytes:
    """A bare array."""
    return _encode(tasks)


def write_task(task: TaskObject) -> bytes:
    return _encode(task)

"""What a submit asks for, whatever page it came by. It is stored whole with the task."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import msgspec

from waystation.dialects.midjourney.speed import Mode


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """A picture that came with a request. link: as the caller gave it. data, content_type: what it
    is, when it came inside the body; artefact: where it was stored since, then data is b""."""

    link: str = ""
    data: bytes = b""
    content_type: str = ""
    artefact: str = ""

    def written(self) -> str:
        """As another relay of the family takes it: a data URL, or the link."""
        return data_url(self.content_type, self.data) if self.data else self.link


def data_url(content_type: str, data: bytes) -> str:
    return f"data:{content_type};base64,{b64encode(data).decode()}"


class Job(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """page: whose form it came by: imagine, blend, describe, shorten, action, change, modal,
    swap_face, upload, edits, retexture, video. action: of the task it makes. prompt: trimmed, as
    it is shown. parent_id: ours. index: of a change; 0 none. pictures: of a face swap the face,
    then the target. opens: a window waits for its modal. enable_remix: None where the
    caller does not say. state, notify_hook: of the caller."""

    page: str
    action: str
    bot_type: str = "MID_JOURNEY"
    mode: Mode = ""
    prompt: str = ""
    pictures: tuple[Source, ...] = ()
    mask: Source | None = None
    dimensions: str = ""
    language: str = ""
    parent_id: str = ""
    custom_id: str = ""
    index: int = 0
    opens: bool = False
    choose_same_channel: bool | None = None
    enable_remix: bool | None = None
    state: str = ""
    notify_hook: str = ""
    extras: Mapping[str, Any] = {}

"""The pages that make a task, and the façade's that do the same."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import msgspec

from waystation.admission.rate_headers import rate_headers
from waystation.admission.refusal import NotAdmitted
from waystation.dialects.suno.forms import SUBMITS, Form, invalid
from waystation.edge.call import Call
from waystation.edge.identify import identify
from waystation.edge.replies import JSON_TYPE, send_fault
from waystation.edge.story import Story
from waystation.edge.suno.desk import Desk
from waystation.errors import Fault
from waystation.tasks.suno.shown import Links, promised_clips
from waystation.tasks.task import Task

DIALECT = "suno"
_encode = msgspec.json.encode

Told = Callable[[Task, Links], Any]
"""What a submit is answered with."""


class Submit:
    """The handler of one page. dialect: of its errors. form: None where the address names it."""

    __slots__ = ("_desk", "_dialect", "_form", "_told")

    def __init__(self, desk: Desk, dialect: str, form: Form | None, told: Told) -> None:
        self._desk = desk
        self._dialect = dialect
        self._form = form
        self._told = told

    async def __call__(self, call: Call) -> None:
        site = self._desk.site
        story = Story(site, call, self._dialect)
        try:
            story.caller = await identify(site.authenticator, call)
            settings = site.settings
            body = await call.read(settings.body_bytes_max, settings.body_seconds_max)
            job = (self._form or _form_of(call))(body)
            digest = sha256(body).hexdigest() if call.header("idempotency-key") else None
            # Before anything is begun: a caller who is told a fault must not find a task later.
            links = await self._desk.links(call)
            begun = await self._desk.begin(story, job, digest)
            answer = self._told(begun.task, links)
        except Fault as fault:
            story.refuse(fault)
            limits = rate_headers(fault.rate) if isinstance(fault, NotAdmitted) else ()
            send_fault(call, worded(fault, self._dialect), self._dialect, story.language, limits)
            return
        story.tell(200)
        call.reply(200, (JSON_TYPE, *rate_headers(begun.rate)), _encode(answer))


def worded(fault: Fault, dialect: str) -> Fault:
    """Without the task pages' own code, where that is no word of the dialect."""
    if dialect != DIALECT and "suno_code" in fault.extra:
        fault.extra = {name: told for name, told in fault.extra.items() if name != "suno_code"}
    return fault


def _form_of(call: Call) -> Form:
    """By the address's last part, in any case of letters."""
    action = call.params["action"].lower()
    found = SUBMITS.get(action)
    if found is None:
        raise invalid(
            f"the action {action[:40]!r} is none of {', '.join(SUBMITS)}", "invalid_action"
        )
    return found[1]


def told_id(task: Task, links: Links) -> dict[str, Any]:
    return {"code": "success", "message": "", "data": task.id}


def told_songs(task: Task, links: Links) -> dict[str, Any]:
    """The façade's: the songs that are to come, by their ids."""
    clips = promised_clips(task, links)
    version = clips[0]["major_model_version"] if clips else ""
    return {
        "id": task.id,
        "clips": clips,
        "status": "complete" if task.is_final else "submitted",
        "major_model_version": version,
        "batch_size": len(clips),
    }


def told_lyrics_id(task: Task, links: Links) -> dict[str, Any]:
    return {"id": task.id}

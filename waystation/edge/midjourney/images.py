"""GET and HEAD /mj/image/{task} and /{task}/{n}: pictures of tasks, for whoever has the link."""

from typing import Any
from urllib.parse import parse_qs

from waystation.artefacts.artefact import Artefact
from waystation.edge.call import Call
from waystation.edge.files import NO_STORE, Files
from waystation.edge.language import language_of
from waystation.edge.midjourney.desk import Desk, away
from waystation.edge.midjourney.submit import DIALECT
from waystation.edge.replies import Headers, send_fault
from waystation.errors import Fault
from waystation.storage.database import StorageAway
from waystation.tasks.midjourney.shown import KIND, image_path
from waystation.tasks.task import Task


class Images:
    """A handler. A wrong signature, a picture that is not there and one that never was look the
    same."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._files = Files(desk.site)

    async def __call__(self, call: Call) -> None:
        try:
            artefact, final = await self._find(call)
            headers: Headers = () if final else NO_STORE
            await self._files.answer(call, artefact, headers)
        except Fault as fault:
            language = language_of(call, self._desk.site.settings.language)
            send_fault(call, fault, DIALECT, language, NO_STORE)

    async def _find(self, call: Call) -> tuple[Artefact, bool]:
        """The picture, and whether it is the final one. Raises Fault."""
        task_id, number = call.params["task"], _number(call.params.get("n"))
        signature = parse_qs(call.query).get("sig", [""])[0]
        site = self._desk.site
        try:
            good = await site.artefacts.verify(image_path(task_id, number), signature)
            task = await site.tasks.get(task_id) if good else None
        except StorageAway:
            raise away() from None
        artefact_id = "" if task is None else _artefact_id(task, number)
        artefact = await self._desk.artefact(artefact_id) if artefact_id else None
        if artefact is None or task is None:
            raise Fault("artefact_not_found")
        return artefact, task.state == "SUCCESS"


def _number(text: str | None) -> int:
    if text is None:
        return 0
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 3 else -1


def _artefact_id(task: Task, number: int) -> str:
    if task.kind != KIND or number < 0:
        return ""
    if number:
        images = task.result.get("images", ())
        return _id(images[number - 1]) if number <= len(images) else ""
    name = "image" if task.state == "SUCCESS" else "preview"
    return _id(task.result.get(name))


def _id(image: Any) -> str:
    return str(image.get("artefact", "")) if isinstance(image, dict) else ""

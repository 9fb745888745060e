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
from waystation.tasks.midjourney.storing import wanted
from waystation.tasks.store import Overtaken
from waystation.tasks.task import Change, Task


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
        image = None if task is None else _image(task, number)
        if task is None or image is None:
            raise Fault("artefact_not_found")
        if "pending" in image:
            artefact: Artefact | None = await self._fetched(task, number, str(image["pending"]))
        else:
            artefact = await self._desk.artefact(str(image.get("artefact", "")))
        if artefact is None:
            raise Fault("artefact_not_found")
        return artefact, task.state == "SUCCESS"

    async def _fetched(self, task: Task, number: int, link: str) -> Artefact:
        """A picture that could not be had when its task was done. Raises Fault (502, 503)."""
        site = self._desk.site
        channel = self._desk.directory.snapshot.channels.get(task.channel_id)
        if channel is None:
            raise Fault("artefact_not_found")
        fetched = await site.fetcher.fetch(link, wanted(channel))
        try:
            kept = await site.artefacts.keep(
                task.account_id, fetched.data, token_id=task.token_id, task_id=task.id
            )
            await site.tasks.change(task, Change(result=_with(task, number, kept.id)))
        except StorageAway:
            raise away() from None
        except Overtaken:
            pass  # another request stored it too
        return kept


def _number(text: str | None) -> int:
    if text is None:
        return 0
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 3 else -1


def _image(task: Task, number: int) -> dict[str, Any] | None:
    if task.kind != KIND or number < 0:
        return None
    if number:
        images = task.result.get("images", ())
        image = images[number - 1] if number <= len(images) else None
    else:
        image = task.result.get("image" if task.state == "SUCCESS" else "preview")
    return image if isinstance(image, dict) else None


def _with(task: Task, number: int, artefact_id: str) -> dict[str, Any]:
    """The row's result with this picture in place."""
    kept = {"artefact": artefact_id}
    if not number:
        return {"image": kept}
    images = list(task.result.get("images", ()))
    images[number - 1] = kept
    return {"images": images}

"""Pictures that a task works with: brought by its caller, named by links, kept of its parent."""

from urllib.parse import parse_qs, urlsplit

from waystation.artefacts.artefact import Artefact
from waystation.artefacts.media_types import PICTURES, VISION
from waystation.artefacts.shelf import NoObject
from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.job import Source
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.routing.snapshot import Channel
from waystation.tasks.midjourney.emulator.failing import NotDrawn, of_input
from waystation.tasks.midjourney.storing import wanted
from waystation.tasks.task import Task
from waystation.tasks.workshop import Workshop
from waystation.upstream.fetching import Wanted
from waystation.upstream.pictures.port import Picture

PREVIEW_LIFE_SECONDS = 3600.0
PREVIEW_REST_SECONDS = 5.0
"""After something better has come."""


class Gallery:
    """Every method raises StorageAway; what is gone, or is no picture, NotDrawn."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._artefacts = workshop.artefacts

    async def keep(self, task: Task, data: bytes, life_seconds: float | None = None) -> Artefact:
        try:
            return await self._artefacts.keep(
                task.account_id,
                data,
                types=PICTURES,
                token_id=task.token_id,
                task_id=task.id,
                life_seconds=life_seconds,
            )
        except Fault as fault:
            reason = f"[Internal error] {fault.text('en')}"
            raise NotDrawn(fault.code, reason, elsewhere=True, again_seconds=1.0) from None

    async def drop(self, task: Task, artefact_ids: list[str]) -> None:
        for artefact_id in artefact_ids:
            await self._artefacts.delete(artefact_id, task.account_id)

    async def let_go(self, task: Task, artefact_id: str) -> None:
        """A preview that somebody may be loading right now, while what replaces it is written."""
        ends_ms = now_ms() + int(PREVIEW_REST_SECONDS * 1000)
        await self._artefacts.rows.expire([artefact_id], task.account_id, ends_ms)

    async def drop_strays(self, task: Task, known: frozenset[str]) -> None:
        """Pictures of this task that its row does not know: a runner died between the two."""
        since_ms = task.created_ms
        ids = await self._artefacts.rows.of_task(task.account_id, task.id, since_ms)
        await self.drop(task, [each for each in ids if each not in known])

    async def read(self, artefact_id: str) -> bytes:
        artefact = await self._artefacts.find(artefact_id) if artefact_id else None
        if artefact is None:
            raise NotDrawn("input_gone", texts.PARENT_GONE)
        try:
            return await self._artefacts.read_all(artefact)
        except NoObject:
            raise NotDrawn("input_gone", texts.PARENT_GONE) from None

    async def source(self, source: Source) -> bytes:
        """A picture that came with a submit."""
        if source.data:
            return source.data
        return await (self.read(source.artefact) if source.artefact else self.link(source.link))

    async def link(self, address: str) -> bytes:
        """What a caller's link leads to; one of ours is not fetched over the network."""
        own = await self._own(address)
        if own:
            return await self.read(own)
        try:
            settings = self._workshop.settings
            found = Wanted("caller", types=VISION, bytes_max=settings.picture_bytes_max)
            return (await self._workshop.fetcher.fetch(address, found)).data
        except Fault as fault:
            raise of_input(fault) from None

    async def drawn(self, picture: Picture, channel: Channel) -> bytes:
        """What an image model gave."""
        if picture.data is not None:
            return picture.data
        if picture.address is None:
            raise NotDrawn("content_policy_violation", "[Image denied] The picture was withheld")
        try:
            return (await self._workshop.fetcher.fetch(picture.address, wanted(channel))).data
        except Fault as fault:
            reason = f"[Internal error] {fault.text('en')}"
            raise NotDrawn(fault.code, reason, elsewhere=True, again_seconds=1.0) from None

    async def _own(self, address: str) -> str:
        """The id of an artefact that a signed link of ours names; "" for any other address."""
        parts = urlsplit(address)
        signature = parse_qs(parts.query).get("sig", [""])[0]
        words = parts.path.strip("/").split("/")
        if not signature or len(words) < 3:
            return ""
        if words[0] == "files" and len(words) == 3:
            found = await self._artefacts.find_linked(words[1], words[2], signature)
            return "" if found is None else found.id
        if words[:2] == ["mj", "image"] and await self._artefacts.verify(parts.path, signature):
            return await self._of_task(words[2:])
        return ""

    async def _of_task(self, words: list[str]) -> str:
        task = await self._workshop.store.get(words[0])
        if task is None or task.state != "SUCCESS":
            return ""
        images = task.result.get("images", ())
        at = int(words[1]) - 1 if len(words) > 1 and words[1].isdecimal() else None
        if at is None:
            return artefact_of(task.result.get("image"))
        return artefact_of(images[at]) if 0 <= at < len(images) else ""


def artefact_of(image: object) -> str:
    """The artefact's id in a task's result, "" where there is none."""
    return str(image.get("artefact", "")) if isinstance(image, dict) else ""

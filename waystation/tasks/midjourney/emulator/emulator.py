"""Tasks drawn by ourselves: what comes when, and who draws it.

A step goes on until the task is done. It is in the row as SUBMITTED from the moment a channel has
it; a runner that finds such a row after a death draws what is missing, never what was kept.
"""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import msgspec

from waystation.artefacts.artefact import Artefact
from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.job import Job
from waystation.imaging.grid import grid
from waystation.imaging.picture import BadPicture
from waystation.imaging.seeds import new_seed
from waystation.routing.snapshot import Channel, ChannelKey
from waystation.tasks.midjourney.emulator import finishing, telling
from waystation.tasks.midjourney.emulator.brush import Brush
from waystation.tasks.midjourney.emulator.drawing import read_drawing
from waystation.tasks.midjourney.emulator.failing import NotDrawn
from waystation.tasks.midjourney.emulator.gallery import Gallery, artefact_of
from waystation.tasks.midjourney.emulator.lane import is_text
from waystation.tasks.midjourney.emulator.sketching import (
    Sketching,
    Subject,
    index_of,
    tile_of,
)
from waystation.tasks.midjourney.emulator.tiling import Tiles, Tiling
from waystation.tasks.midjourney.places import Memo, Place, read_job, read_memo
from waystation.tasks.midjourney.reach import options_of
from waystation.tasks.midjourney.translating import Translating
from waystation.tasks.midjourney.tries import Try
from waystation.tasks.midjourney.wording import spoken, spoken_prompt
from waystation.tasks.task import Change, Task
from waystation.tasks.work import Work
from waystation.tasks.workshop import Workshop

TRIES = 3
"""For each picture, at the last channel that may draw it."""
_AGAIN_DEPTH_MAX = 64


class Emulator:
    """One a runner."""

    def __init__(self, workshop: Workshop, gallery: Gallery, translating: Translating) -> None:
        self._workshop = workshop
        self._gallery = gallery
        self._translating = translating
        self._tiling = Tiling(workshop, self._gallery)

    async def subject(self, work: Work) -> Subject:
        """What is to be drawn. Strays of a runner that died are taken away. Raises NotDrawn,
        StorageAway."""
        subject = await self._subject(work)
        if work.task.is_running:
            await self._gallery.drop_strays(work.task, _known(work.task))
        return subject

    async def drop_kept(self, task: Task) -> None:
        """The pictures of a task that failed. Raises StorageAway."""
        await self._gallery.drop(task, sorted(_known(task)))

    def undoing(self, work: Work) -> Callable[[], Awaitable[None]]:
        """What takes away all that was kept for a task which its owner has cancelled."""
        return lambda: self._gallery.drop_strays(work.task, frozenset())

    # ---- at one channel ----------------------------------------------------------------------

    async def at(self, work: Work, subject: Subject, one: Try, others: bool) -> Change:
        """Begin the task there, or go on with it. others: more channels may be asked after this
        one. Raises NotDrawn, StorageAway, Overtaken."""
        channel, place = one.channel, one.place
        await self._hand_over(work, channel, one.key, place, subject.job)
        brush = Brush(self._workshop, self._gallery, channel, one.key, place.model)
        if is_text(subject.job.action):
            done = await self._text(work, subject, brush)
        else:
            done = await self._pictures(work, subject, brush, 1 if others else TRIES)
        return msgspec.structs.replace(done, bill=place.bill())

    async def _hand_over(
        self, work: Work, channel: Channel, key: ChannelKey, place: Place, job: Job
    ) -> None:
        """The channel has it from now on. What decides how it is drawn is decided once."""
        task = work.task
        if task.is_running and task.channel_id == channel.id and read_memo(task).hash:
            return
        options = options_of(self._workshop)
        minutes = options.relax_minutes if job.mode == "relax" else options.minutes
        memo = read_memo(task)
        fresh = {} if memo.hash else {"seed": new_seed(), "hash": str(uuid4()), "seeded": True}
        await work.change(
            Change(
                state=None if task.is_running else "SUBMITTED",
                channel_id=channel.id,
                key_id=key.id,
                bill=place.bill(),
                deadline_seconds=None if task.is_running else minutes * 60.0,
                memo=fresh,
            )
        )

    async def _pictures(self, work: Work, subject: Subject, brush: Brush, tries: int) -> Change:
        sketch = await Sketching(self._workshop, self._gallery, brush).sketch(subject)
        tiles = await self._tiling.draw(work, brush, sketch, tries)
        memo = read_memo(work.task)
        whole = tiles.kept[0] if sketch.count == 1 else await self._grid(work.task, tiles)
        seed = memo.seed if sketch.seed is None else sketch.seed
        properties = finishing.properties_of(
            work.task,
            memo,
            spoken_prompt(work.task, _prompt(work.task)),
            seed=str(seed),
            seedHonoured=tiles.seeded,
            ignored=list(sketch.ignored),
        )
        buttons = finishing.buttons_of(subject.job, brush.channel, memo, sketch.version, tiles.kept)
        preview = artefact_of(work.task.result.get("preview"))
        if preview:
            await self._gallery.let_go(work.task, preview)
        return finishing.of_pictures(work.task, whole, tiles.kept, buttons, properties)

    async def _grid(self, task: Task, tiles: Tiles) -> Artefact:
        data = [await self._gallery.read(each.id) for each in tiles.kept]
        try:
            made = await asyncio.to_thread(grid, data)
        except BadPicture as bad:
            raise NotDrawn("bad_upstream_response", f"[Internal error] {bad}") from None
        return await self._gallery.keep(task, made)

    async def tile(self, work: Work) -> Change:
        """A tile that is there: nobody is asked."""
        work.undo = self.undoing(work)
        place = read_memo(work.task).places[0]
        channel = self._workshop.channel(place.channel_id)
        if channel is None:
            return NotDrawn("channel_gone", texts.CHANNEL_GONE).change()
        try:
            return await self._tile(work, await self._subject(work), channel, place)
        except NotDrawn as refusal:
            return refusal.change()

    async def _tile(self, work: Work, subject: Subject, channel: Channel, place: Place) -> Change:
        assert subject.parent is not None
        found = tile_of(subject.parent, index_of(subject.job))
        tile = await self._workshop.artefacts.find(found)
        if tile is None:
            raise NotDrawn("input_gone", texts.PARENT_GONE)
        task = msgspec.structs.replace(work.task, channel_id=place.channel_id, key_id=place.key_id)
        memo = msgspec.structs.replace(read_memo(task), hash=str(uuid4()))
        version = read_drawing(subject.job.prompt, subject.options, zooms=True).version
        inherited = subject.parent.result.get("properties", {})
        seeds = {name: inherited[name] for name in ("seed", "seedHonoured") if name in inherited}
        properties = finishing.properties_of(
            task, memo, spoken_prompt(task, _prompt(task)), **seeds
        )
        buttons = finishing.buttons_of(subject.job, channel, memo, version, [tile])
        done = finishing.of_pictures(task, tile, [tile], buttons, properties)
        return msgspec.structs.replace(
            done, channel_id=place.channel_id, key_id=place.key_id, bill=place.bill(),
            memo={"hash": memo.hash},
        )  # fmt: skip

    async def _text(self, work: Work, subject: Subject, brush: Brush) -> Change:
        job, memo, task = subject.job, read_memo(work.task), work.task
        if job.action == "SHORTEN":
            said = await telling.shortened(brush, job.prompt)
            final = said.markdown() if job.page == "shorten" else said.details()
            properties = finishing.properties_of(task, memo, final)
            return finishing.of_text(_prompt(task), job.prompt, final, properties, job.action)
        data = await self._described(subject)
        kept = None if "image" in task.result else await self._gallery.keep(task, data)
        final = await telling.describe(self._workshop, brush, data)
        properties = finishing.properties_of(task, memo, final)
        if job.language == "zh":
            options = subject.options
            properties["finalZhPrompt"] = await self._translating.into_chinese(final, options)
        told = finishing.of_text(final, final, final, properties, job.action)
        if kept is None:
            return told
        return msgspec.structs.replace(
            told, result={**(told.result or {}), "image": {"artefact": kept.id}}
        )

    async def _described(self, subject: Subject) -> bytes:
        """The picture that came, or the one that was described before."""
        if subject.job.pictures:
            return await self._gallery.source(subject.job.pictures[0])
        if subject.parent is None:
            raise NotDrawn("parent_gone", texts.PARENT_GONE)
        return await self._gallery.read(artefact_of(subject.parent.result.get("image")))

    # ---- what it is about ----------------------------------------------------------------------

    async def _subject(self, work: Work) -> Subject:
        """What is drawn again is drawn as it was. Raises NotDrawn."""
        task, options = work.task, options_of(self._workshop)
        job, memo = _confirmed(read_job((await work.request()).body), read_memo(task))
        parent = await self._parent(job, task)
        for _ in range(_AGAIN_DEPTH_MAX):
            if job.action != "REROLL":
                return Subject(spoken(job, task), parent, memo.mask or job.mask, options)
            if parent is None:
                break
            wanted = job.prompt
            request = await self._workshop.store.request_of(parent.id)
            job, memo = _confirmed(read_job(request.body), read_memo(parent))
            job = msgspec.structs.replace(job, prompt=wanted or job.prompt)
            parent = await self._parent(job, task)
        raise NotDrawn("parent_gone", texts.PARENT_GONE)

    async def _parent(self, job: Job, task: Task) -> Task | None:
        if not job.parent_id:
            return None
        return await self._workshop.store.get(job.parent_id, task.account_id)


def _confirmed(job: Job, memo: Memo) -> tuple[Job, Memo]:
    """With what was said in its window."""
    return (msgspec.structs.replace(job, prompt=memo.prompt) if memo.confirmed else job), memo


def _prompt(task: Task) -> str:
    prompt = task.result.get("prompt")
    return prompt if isinstance(prompt, str) else ""


def _known(task: Task) -> frozenset[str]:
    """Pictures of the task that its row names, made on the way."""
    preview = artefact_of(task.result.get("preview"))
    return frozenset(each for each in (*read_memo(task).tiles, preview) if each)

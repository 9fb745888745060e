"""The pictures of one task, drawn side by side, kept one by one as they come.

Each is in the row before the next thing is done: whoever goes on after a death draws only those
that are missing, with the seeds that they would have had.
"""

import asyncio
from collections.abc import Mapping

import msgspec
import structlog

from waystation.artefacts.artefact import Artefact
from waystation.imaging.picture import BadPicture
from waystation.imaging.progress import progress_grid
from waystation.tasks.midjourney.emulator.brush import Brush
from waystation.tasks.midjourney.emulator.failing import NotDrawn
from waystation.tasks.midjourney.emulator.gallery import PREVIEW_LIFE_SECONDS, Gallery, artefact_of
from waystation.tasks.midjourney.emulator.sketch import Sketch
from waystation.tasks.midjourney.places import read_memo
from waystation.tasks.task import Change, Task
from waystation.tasks.work import Work
from waystation.tasks.workshop import Workshop

PAUSE_SECONDS_MAX = 10.0

log = structlog.get_logger("waystation.tasks")


class Tiles(msgspec.Struct, frozen=True):
    """kept: in order. seeded: the model was told the seeds."""

    kept: tuple[Artefact, ...]
    seeded: bool


class Tiling:
    def __init__(self, workshop: Workshop, gallery: Gallery) -> None:
        self._workshop = workshop
        self._gallery = gallery

    async def draw(self, work: Work, brush: Brush, sketch: Sketch, tries: int) -> Tiles:
        """All of them. tries: for each, where another may help. Raises NotDrawn, StorageAway,
        Overtaken."""
        memo = read_memo(work.task)
        kept = await self._found(work.task, sketch.count)
        base = memo.seed if sketch.seed is None else sketch.seed
        seeds = [(base + sketch.step * at) % 2**32 for at in range(sketch.count)]
        drawing = {
            asyncio.create_task(self._one(work.task, brush, sketch, seed, tries)): at
            for at, seed in enumerate(seeds)
            if at not in kept
        }
        seeded = memo.seeded
        try:
            while drawing:
                done, _ = await asyncio.wait(drawing, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    kept[drawing.pop(each)], told = each.result()
                    seeded = seeded and told
                await self._tell(work, kept, sketch.count, seeded)
        finally:
            await _cut(list(drawing))
        return Tiles(tuple(kept[at] for at in range(sketch.count)), seeded)

    async def _found(self, task: Task, count: int) -> dict[int, Artefact]:
        """What an earlier runner had kept."""
        found: dict[int, Artefact] = {}
        for at, artefact_id in enumerate(read_memo(task).tiles[:count]):
            artefact = await self._workshop.artefacts.find(artefact_id) if artefact_id else None
            if artefact is not None:
                found[at] = artefact
        return found

    async def _one(
        self, task: Task, brush: Brush, sketch: Sketch, seed: int, tries: int
    ) -> tuple[Artefact, bool]:
        """A picture that does not come is asked for again, a few times, where that may help."""
        for left in reversed(range(tries)):
            try:
                return await self._kept(task, brush, sketch, seed)
            except NotDrawn as failed:
                if failed.again_seconds is None or not left:
                    raise
                await asyncio.sleep(min(failed.again_seconds, PAUSE_SECONDS_MAX))
        raise AssertionError("the last try returns or raises")

    async def _kept(
        self, task: Task, brush: Brush, sketch: Sketch, seed: int
    ) -> tuple[Artefact, bool]:
        if sketch.source is not None:
            data, seeded = sketch.source, True
        else:
            data, seeded = await brush.paint(sketch.wish, seed)
        try:
            finished = await self._workshop.artefacts.pictures.run(sketch.finish, data)
        except BadPicture as bad:
            reason = f"[Internal error] {bad}"
            raise NotDrawn(
                "bad_upstream_response", reason, elsewhere=True, again_seconds=1.0
            ) from None
        return await self._gallery.keep(task, finished), seeded

    async def _tell(
        self, work: Work, kept: Mapping[int, Artefact], count: int, seeded: bool
    ) -> None:
        """Progress, and which are there; then a picture of it."""
        ids = tuple(kept[at].id if at in kept else "" for at in range(count))
        progress = min(99, len(kept) * 100 // count)
        await work.change(
            Change(
                state="IN_PROGRESS",
                progress=progress,
                memo={"tiles": ids, "seeded": seeded},
            )
        )
        if 0 < len(kept) < count == 4:
            await self._show(work, ids, progress)

    async def _show(self, work: Work, ids: tuple[str, ...], progress: int) -> None:
        """The grid as far as it is there. A preview that cannot be made is done without."""
        task = work.task
        before = artefact_of(task.result.get("preview"))
        try:
            there = [await self._gallery.read(each) if each else None for each in ids]
            preview = await asyncio.to_thread(progress_grid, there, progress, task.id)
        except (BadPicture, NotDrawn) as bad:
            log.warning("no preview", task=task.id, reason=str(bad))
            return
        kept = await self._gallery.keep(task, preview, PREVIEW_LIFE_SECONDS)
        shown = {"artefact": kept.id, "progress": progress}
        await work.change(Change(result={"preview": shown}))
        if before:
            await self._gallery.let_go(task, before)


async def _cut(drawing: list["asyncio.Task[tuple[Artefact, bool]]"]) -> None:
    for each in drawing:
        each.cancel()
    await asyncio.gather(*drawing, return_exceptions=True)

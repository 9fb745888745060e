"""Midjourney drawn by an ordinary image channel: four pictures, a grid, and what follows of them.

A channel with the tag "midjourney" and an address for pictures does this. Its `model_map` says what
draws: { "mj_*" = "gpt-image-1" }. Describing and shortening need no model here.
"""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import msgspec

from waystation.artefacts.store import ArtefactStore
from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.buttons import (
    Buttons,
    describe_buttons,
    grid_buttons,
    shorten_buttons,
    single_buttons,
)
from waystation.dialects.midjourney.custom_id import Press, read_custom_id
from waystation.dialects.midjourney.job import Job
from waystation.dialects.midjourney.parameters import Rules, Wishes, interpret
from waystation.dialects.midjourney.prompt import read_prompt
from waystation.imaging.canvas import (
    Canvas,
    crop_to_ratio,
    enlarge,
    pan_canvas,
    restore,
    square_canvas,
    zoom_canvas,
)
from waystation.imaging.describe import describe
from waystation.imaging.grid import grid
from waystation.imaging.mask import region_mask, transparent_mask, within
from waystation.imaging.picture import BadPicture, encode, open_picture
from waystation.imaging.seeds import new_seed
from waystation.imaging.shorten import numbered, shorten
from waystation.tasks.midjourney.backend import Backend
from waystation.tasks.midjourney.seen import owner_properties
from waystation.tasks.midjourney.sizes import size_for
from waystation.tasks.task import Change, Task
from waystation.tasks.work import Work

VERBS = frozenset(
    {"UPSCALE", "REROLL", "VARIATION", "HIGH_VARIATION", "LOW_VARIATION", "ZOOM", "CUSTOM_ZOOM"}
    | {"PAN", "INPAINT"}
)
_BLEND = "Blend the given pictures into one coherent picture"
_OUTPAINT = "Continue the picture beyond its borders: "
_STRENGTHS = {"LOW_VARIATION": 0.3}
_IGNORED = ("weird", "sref", "cref", "oref", "profile")
TILES = 4


class Wrong(Exception):
    """The task cannot be done; the text is its failReason."""


class Drawing(msgspec.Struct, frozen=True):
    """What a verb works with. mask: as drawn, white = change. parent: of a button."""

    job: Job
    wishes: Wishes
    text: str
    pictures: tuple[bytes, ...]
    mask: bytes
    parent: Task | None
    press: Press | None
    seed: int


class Emulator:
    def __init__(self, artefacts: ArtefactStore) -> None:
        self._artefacts = artefacts

    async def run(
        self,
        work: Work,
        backend: Backend,
        job: Job,
        rules: Rules,
        strict: bool,
        *,
        pictures: Sequence[bytes],
        mask: bytes,
        parent: Task | None,
    ) -> Change:
        """The finished task. Raises AttemptFailed, Fault, StorageAway."""
        prompt = read_prompt(job.prompt)
        wishes, wrongs = interpret(prompt, rules)
        try:
            if strict and (wrongs or prompt.is_permuted):
                permuted = "[Invalid prompt] Permutations are not supported"
                raise Wrong(wrongs[0] if wrongs else permuted)
            drawing = Drawing(
                job, wishes, prompt.text, tuple(pictures), mask, parent,
                read_custom_id(job.custom_id) if job.custom_id else None,
                wishes.seed or new_seed(),
            )  # fmt: skip
            return await self._drawn(work, backend, drawing)
        except Wrong as wrong:
            return Change(state="FAILURE", fail_code="invalid_value", fail_reason=str(wrong))
        except BadPicture as bad:
            reason = "[Invalid parameter] Invalid mask" if mask else f"[Invalid link] {bad}"
            return Change(state="FAILURE", fail_code="invalid_image", fail_reason=reason)

    async def _drawn(self, work: Work, backend: Backend, drawing: Drawing) -> Change:
        action = drawing.job.action
        if action == "DESCRIBE":
            return await self._describe(work.task, drawing)
        if action == "SHORTEN":
            return _shorten(work.task, drawing)
        if action == "UPSCALE":
            return await self._upscale(work.task, drawing)
        tiles = await self._tiles(backend, drawing)
        if len(tiles) < TILES:
            raise Wrong("[Internal error] fewer than four pictures came")
        return await self._sheet(work.task, drawing, tiles)

    # ---- four pictures -------------------------------------------------------------------------

    async def _tiles(self, backend: Backend, drawing: Drawing) -> list[bytes]:
        """Raises AttemptFailed, BadPicture, Wrong."""
        action, pictures = drawing.job.action, drawing.pictures
        if action in ("ZOOM", "CUSTOM_ZOOM", "PAN"):
            return await self._outpaint(backend, drawing)
        if action == "INPAINT":
            return await self._region(backend, drawing)
        prompt = drawing.text
        if action in ("VARIATION", "HIGH_VARIATION", "LOW_VARIATION"):
            pictures = (await self._source(drawing),)
        if action == "BLEND":
            prompt = _BLEND
        if pictures and backend.edits:
            strength = _STRENGTHS.get(action, 0.55)
            made = await backend.edit(prompt, pictures, TILES, drawing.seed, strength=strength)
        else:
            made = await self._generate(backend, drawing, prompt)
        return await asyncio.to_thread(_alike, made, drawing.wishes.aspect)

    async def _generate(self, backend: Backend, drawing: Drawing, prompt: str) -> list[bytes]:
        size = size_for(drawing.wishes.aspect)
        negative = ", ".join(drawing.wishes.no)
        if negative:
            prompt = f"{prompt}. Avoid: {negative}"
        return await backend.generate(prompt, TILES, size, drawing.seed, negative)

    async def _outpaint(self, backend: Backend, drawing: Drawing) -> list[bytes]:
        source = await self._source(drawing)
        canvas = await asyncio.to_thread(_canvas, drawing, source)
        _need_edits(backend)
        holes = await asyncio.to_thread(transparent_mask, canvas.mask)
        prompt = _OUTPAINT + drawing.text
        made = await backend.edit(prompt, (canvas.picture,), TILES, drawing.seed, holes)
        return [await asyncio.to_thread(restore, each, canvas) for each in made]

    async def _region(self, backend: Backend, drawing: Drawing) -> list[bytes]:
        source = await self._source(drawing)
        _need_edits(backend)
        size = (await asyncio.to_thread(open_picture, source)).size
        mask = await asyncio.to_thread(region_mask, drawing.mask, size)
        holes = await asyncio.to_thread(transparent_mask, mask)
        made = await backend.edit(drawing.text, (source,), TILES, drawing.seed, holes)
        return [await asyncio.to_thread(within, source, each, mask) for each in made]

    async def _source(self, drawing: Drawing) -> bytes:
        """The picture that the pressed task shows: its tile, or the only one. Raises Wrong."""
        parent = drawing.parent
        index = drawing.job.index or (drawing.press.index if drawing.press else 0)
        images = parent.result.get("images", ()) if parent else ()
        single = parent.result.get("image") if parent else None
        chosen = images[index - 1] if index and index <= len(images) else single
        found = None
        if isinstance(chosen, dict):
            found = await self._artefacts.find(str(chosen.get("artefact", "")))
        if found is None:
            raise Wrong(texts.PARENT_GONE)
        return await self._artefacts.read_all(found)

    async def _sheet(self, task: Task, drawing: Drawing, tiles: Sequence[bytes]) -> Change:
        whole = await asyncio.to_thread(grid, tiles)
        images = [await self._keep(task, data) for data in tiles]
        job_id = str(uuid4())
        return _done(
            task,
            drawing,
            grid_buttons(job_id, VERBS),
            job_id,
            image=await self._keep(task, whole),
            images=images,
        )

    # ---- one picture, or none ------------------------------------------------------------------

    async def _upscale(self, task: Task, drawing: Drawing) -> Change:
        """The tile that is stored; or, of a single picture, the same twice as large."""
        source = await self._source(drawing)
        again = drawing.press is not None and drawing.press.verb.startswith("upsample_")
        if again:
            source = await asyncio.to_thread(enlarge, source, 4 if _is_4x(drawing.press) else 2)
        job_id, model = str(uuid4()), drawing.wishes.model.shown
        width, height = (await asyncio.to_thread(open_picture, source)).size
        buttons = single_buttons(job_id, model, VERBS, square=width == height, again=again)
        return _done(task, drawing, buttons, job_id, image=await self._keep(task, source))

    async def _describe(self, task: Task, drawing: Drawing) -> Change:
        prompts = await asyncio.to_thread(describe, drawing.pictures[0])
        text = numbered(prompts)
        shown: dict[str, Any] = {}
        if "image" not in task.result:
            shown["image"] = await self._keep(task, drawing.pictures[0])
        change = _done(task, drawing, describe_buttons(), str(uuid4()), **shown)
        result = {**(change.result or {}), "prompt": text, "promptEn": text}
        result["properties"] = {**result["properties"], "finalPrompt": text}
        return msgspec.structs.replace(change, result=result)

    async def _keep(self, task: Task, data: bytes) -> dict[str, str]:
        kept = await self._artefacts.keep(
            task.account_id, data, token_id=task.token_id, task_id=task.id
        )
        return {"artefact": kept.id}


def _done(task: Task, drawing: Drawing, buttons: Buttons, job_id: str, **pictures: Any) -> Change:
    ignored = [name for name in _IGNORED if getattr(drawing.wishes, name)]
    properties: dict[str, Any] = {
        **owner_properties(task.channel_id, task.key_id),
        "finalPrompt": drawing.job.prompt,
        "finalZhPrompt": "",
        "messageHash": job_id,
        "seed": str(drawing.seed),
    }
    if ignored:
        properties["ignored"] = ignored
    result = {"buttons": msgspec.to_builtins(buttons), "properties": properties, **pictures}
    return Change(state="SUCCESS", progress=100, result=result)


def _shorten(task: Task, drawing: Drawing) -> Change:
    shortened = shorten(drawing.job.prompt)
    details = drawing.press is not None and drawing.press.verb == "promptanalyzerextended"
    text = shortened.details() if details else shortened.markdown()
    change = _done(task, drawing, shorten_buttons(), str(uuid4()))
    result = dict(change.result or {})
    result["properties"] = {**result["properties"], "finalPrompt": text}
    return msgspec.structs.replace(change, result=result)


def _canvas(drawing: Drawing, source: bytes) -> Canvas:
    press = drawing.press
    if drawing.job.action == "PAN" and press is not None:
        return pan_canvas(source, press.amount)  # type: ignore[arg-type]  # judged by BadPicture
    if drawing.job.action == "CUSTOM_ZOOM":
        return zoom_canvas(source, drawing.wishes.zoom or 2.0)
    amount = press.amount if press is not None else "50"
    if amount == "100":
        return square_canvas(source)
    return zoom_canvas(source, 1.5 if amount == "75" else 2.0)


def _alike(made: Sequence[bytes], aspect: tuple[int, int]) -> list[bytes]:
    """PNG of one size and of the shape that was asked for."""
    shaped = [crop_to_ratio(each, aspect) for each in made]
    images = [open_picture(each) for each in shaped]
    size = images[0].size if images else (0, 0)
    return [encode(image if image.size == size else image.resize(size)) for image in images]


def _need_edits(backend: Backend) -> None:
    if not backend.edits:
        raise Wrong(texts.UNSUPPORTED)


def _is_4x(press: Press | None) -> bool:
    return press is not None and "_4x" in press.verb

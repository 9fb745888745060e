"""From a task's job to a sketch: verb by verb."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.custom_id import Press, read_custom_id
from waystation.dialects.midjourney.job import Job, Source
from waystation.dialects.midjourney.options import MidjourneyOptions
from waystation.imaging.canvas import Canvas, Side, pan_canvas, square_canvas, zoom_canvas
from waystation.imaging.mask import region_mask, transparent_mask
from waystation.imaging.picture import BadPicture, Size, open_picture
from waystation.imaging.sheet import SIZES, Dimensions
from waystation.routing.operations import serving
from waystation.tasks.midjourney.emulator.brush import Brush, Wish
from waystation.tasks.midjourney.emulator.drawing import Drawing, lowest, read_drawing
from waystation.tasks.midjourney.emulator.failing import NotDrawn, invalid_parameter, of_picture
from waystation.tasks.midjourney.emulator.gallery import Gallery, artefact_of
from waystation.tasks.midjourney.emulator.sketch import (
    Sketch,
    as_it_is,
    canvas_wish,
    enlarged,
    in_ratio,
    in_region,
    in_size,
    on_canvas,
)
from waystation.tasks.task import Task
from waystation.tasks.workshop import Workshop

STRONG, SUBTLE = 0.55, 0.3
_BLEND = (
    "Blend these pictures into one coherent picture that has the subject, style and mood of all."
)
_VARY = "Make a variation of this picture: the same subject and style, composed anew."
_VARY_SUBTLY = "Make a subtle variation of this picture: the same composition, other small details."
_RETEXTURE = "Keep the composition and all shapes of this picture, and give it new surfaces: "
_REFINE = "Redraw this picture with finer details. Change nothing of its composition."
_SWAP = "Replace the face in the first picture by the face of the second. Change nothing else."
_ZOOM_FACTORS = {"50": 2.0, "75": 1.5}
_SIDES: Mapping[str, Side] = {"left": "left", "right": "right", "up": "up", "down": "down"}

Made = Awaitable[Sketch]


class Subject(msgspec.Struct, frozen=True):
    """job: of the task, or of the one that is drawn again. parent: the task whose picture is worked
    on, None for new ones. mask: of a window."""

    job: Job
    parent: Task | None
    mask: Source | None
    options: MidjourneyOptions


class Sketching:
    """With one brush. Raises NotDrawn, StorageAway."""

    def __init__(self, workshop: Workshop, gallery: Gallery, brush: Brush) -> None:
        self._pictures = workshop.artefacts.pictures
        self._gallery = gallery
        self._brush = brush
        self._makers: Mapping[str, Callable[[Subject], Made]] = {
            "IMAGINE": self._imagine,
            "BLEND": self._blend,
            "VARIATION": self._strong,
            "HIGH_VARIATION": self._strong,
            "LOW_VARIATION": self._subtle,
            "UPSCALE": self._upscale,
            "ZOOM": self._zoom,
            "CUSTOM_ZOOM": self._custom_zoom,
            "PAN": self._pan,
            "INPAINT": self._region,
            "EDITS": self._edit,
            "RETEXTURE": self._retexture,
            "SWAP_FACE": self._swap,
        }

    async def sketch(self, subject: Subject) -> Sketch:
        maker = self._makers.get(subject.job.action)
        if maker is None:
            raise NotDrawn("unsupported", texts.UNSUPPORTED)
        try:
            return await maker(subject)
        except BadPicture as bad:
            raise of_picture(bad) from None

    # ---- new pictures ----------------------------------------------------------------------

    async def _imagine(self, subject: Subject) -> Sketch:
        job = subject.job
        drawing = read_drawing(job.prompt, subject.options, job.bot_type)
        ignored = drawing.ignored
        given: list[bytes] = []
        if job.pictures or drawing.links:
            if serving("image_edit", self._brush.channel) is None:
                ignored = (*ignored, "references")
            else:
                given = [await self._gallery.source(each) for each in job.pictures]
                given += [await self._gallery.link(each) for each in drawing.links]
        if not drawing.prompt and not given:
            raise NotDrawn("invalid_prompt", "[Invalid prompt] The prompt says nothing to draw")
        wish = Wish(
            action="edit" if given else "generate",
            prompt=drawing.prompt or _VARY,
            negative=drawing.negative,
            size=drawing.size,
            quality=drawing.quality,
            inputs=tuple(given),
        )
        made = _sketch(drawing, wish, in_ratio(drawing.ratio))
        return msgspec.structs.replace(made, ignored=ignored)

    async def _blend(self, subject: Subject) -> Sketch:
        job = subject.job
        given = [await self._gallery.source(each) for each in job.pictures]
        for each in given:
            await self._size(each)
        size = SIZES[_DIMENSIONS.get(job.dimensions, "square")]
        wish = Wish(action="edit", prompt=_BLEND, size=size, inputs=tuple(given))
        return Sketch(wish=wish, finish=in_size(size), version=subject.options.version)

    # ---- of a picture ----------------------------------------------------------------------

    async def _strong(self, subject: Subject) -> Sketch:
        return await self._variation(subject, STRONG, _VARY)

    async def _subtle(self, subject: Subject) -> Sketch:
        return await self._variation(subject, SUBTLE, _VARY_SUBTLY)

    async def _variation(self, subject: Subject, strength: float, instruction: str) -> Sketch:
        picture, drawing = await self._picture(subject), _drawing(subject)
        size = await self._size(picture)
        if self._brush.vendor("vary") is None:  # a model that draws from words alone
            wish = Wish(
                action="generate",
                prompt=drawing.prompt or instruction,
                negative=drawing.negative,
                size=size,
            )
        else:
            wish = Wish(
                action="vary",
                prompt=f"{instruction} {drawing.prompt}".strip(),
                negative=drawing.negative,
                size=size,
                strength=strength,
                inputs=(picture,),
            )
        return _again(_sketch(drawing, wish, in_size(size)))

    async def _upscale(self, subject: Subject) -> Sketch:
        """Larger by the channel's own means where it has some, else by ours."""
        press, picture, drawing = _press(subject), await self._picture(subject), _drawing(subject)
        size = await self._size(picture)
        factor = 4 if "4x" in press.verb else 2
        if self._brush.vendor("upscale") is not None:
            wish = Wish(action="upscale", size=size, prompt=drawing.prompt, inputs=(picture,))
            wanted = size[0] * factor, size[1] * factor
            return _again(_sketch(drawing, wish, in_size(wanted), count=1))
        creative = "creative" in press.verb and self._brush.vendor("edit") is not None
        wish = Wish(
            action="edit",
            prompt=f"{_REFINE} {drawing.prompt}".strip(),
            size=size,
            strength=SUBTLE,
            inputs=(picture,),
        )
        made = _sketch(drawing, wish, enlarged(size, factor), count=1)
        return _again(msgspec.structs.replace(made, source=None if creative else picture))

    async def _zoom(self, subject: Subject) -> Sketch:
        picture, amount = await self._picture(subject), _press(subject).amount
        factor = _ZOOM_FACTORS.get(amount)
        if factor is not None:
            return await self._on(await self._pictures.run(zoom_canvas, picture, factor), subject)
        if amount != "100":
            raise NotDrawn("unsupported", texts.ACTION_UNKNOWN)
        return await self._on(await self._pictures.run(square_canvas, picture), subject)

    async def _custom_zoom(self, subject: Subject) -> Sketch:
        picture, drawing = await self._picture(subject), _drawing(subject)
        size = await self._size(picture)
        ratio = drawing.ratio if drawing.named and not _alike(size, drawing.ratio) else None
        factor = 2.0 if drawing.zoom is None else drawing.zoom
        return await self._on(
            await self._pictures.run(zoom_canvas, picture, factor, ratio), subject
        )

    async def _pan(self, subject: Subject) -> Sketch:
        side = _SIDES.get(_press(subject).amount)
        if side is None:
            raise NotDrawn("unsupported", texts.ACTION_UNKNOWN)
        picture = await self._picture(subject)
        return await self._on(await self._pictures.run(pan_canvas, picture, side), subject)

    async def _on(self, canvas: Canvas, subject: Subject) -> Sketch:
        drawing = _drawing(subject)
        left, top, right, bottom = canvas.box
        if (right - left, bottom - top) == canvas.size:
            raise invalid_parameter("Nothing is left to paint around the picture")
        quality = drawing.quality
        wish = await asyncio.to_thread(
            canvas_wish, canvas, drawing.prompt, drawing.negative, quality
        )
        return _again(_sketch(drawing, wish, on_canvas(canvas)))

    # ---- by mask ---------------------------------------------------------------------------

    async def _region(self, subject: Subject) -> Sketch:
        picture = await self._picture(subject)
        if subject.mask is None:
            raise NotDrawn("invalid_image", texts.MASK_MISSING)
        return await self._masked(subject, picture, subject.mask)

    async def _edit(self, subject: Subject) -> Sketch:
        job = subject.job
        picture = await self._gallery.source(job.pictures[0])
        if job.mask is not None:
            return await self._masked(subject, picture, job.mask)
        return await self._whole(subject, picture, "")

    async def _retexture(self, subject: Subject) -> Sketch:
        picture = await self._gallery.source(subject.job.pictures[0])
        return await self._whole(subject, picture, _RETEXTURE)

    async def _masked(self, subject: Subject, picture: bytes, source: Source) -> Sketch:
        """White of the mask changes, nothing else."""
        drawing = _drawing(subject)
        size = await self._size(picture)
        mask = await self._pictures.run(region_mask, await self._gallery.source(source), size)
        wish = Wish(
            action="edit",
            prompt=drawing.prompt or _VARY,
            negative=drawing.negative,
            size=size,
            quality=drawing.quality,
            inputs=(picture,),
            mask=await self._pictures.run(transparent_mask, mask),
        )
        return _again(_sketch(drawing, wish, in_region(picture, mask)))

    async def _whole(self, subject: Subject, picture: bytes, instruction: str) -> Sketch:
        drawing = _drawing(subject)
        size = drawing.size if drawing.named else await self._size(picture)
        wish = Wish(
            action="edit",
            prompt=instruction + drawing.prompt,
            negative=drawing.negative,
            size=size,
            quality=drawing.quality,
            inputs=(picture,),
        )
        return _sketch(drawing, wish, in_ratio(lowest(size)))

    async def _swap(self, subject: Subject) -> Sketch:
        face, target = [await self._gallery.source(each) for each in subject.job.pictures]
        await self._size(face)
        size = await self._size(target)
        wish = Wish(action="edit", prompt=_SWAP, size=size, inputs=(target, face))
        return Sketch(wish=wish, finish=as_it_is, count=1, version=subject.options.version)

    # ---- the picture it is about -------------------------------------------------------------

    async def _picture(self, subject: Subject) -> bytes:
        """Of the parent: the tile that was chosen, or the one that there is."""
        if subject.parent is None:
            raise NotDrawn("parent_gone", texts.PARENT_GONE)
        return await self._gallery.read(tile_of(subject.parent, index_of(subject.job)))

    async def _size(self, picture: bytes) -> Size:
        return await self._pictures.run(_size_of, picture)


_DIMENSIONS: Mapping[str, Dimensions] = {
    "PORTRAIT": "portrait",
    "SQUARE": "square",
    "LANDSCAPE": "landscape",
}


def tile_of(parent: Task, index: int) -> str:
    """The artefact of the parent's picture number `index`, from 1; 0: its only one, or its first.
    Raises NotDrawn."""
    images = parent.result.get("images") or (parent.result.get("image"),)
    if not index <= len(images):
        raise NotDrawn("invalid_index", texts.INDEX_BAD)
    return artefact_of(images[max(index, 1) - 1])


def index_of(job: Job) -> int:
    """Of a tile, 0 where the verb names none."""
    if job.page == "change":
        return job.index
    press = press_of(job)
    return 0 if press is None else press.index


def press_of(job: Job) -> Press | None:
    """The button; None where the job came by no button that we know."""
    return read_custom_id(job.custom_id) if job.custom_id else None


def _press(subject: Subject) -> Press:
    press = press_of(subject.job)
    if press is None:
        raise NotDrawn("unsupported", texts.ACTION_UNKNOWN)
    return press


def _drawing(subject: Subject) -> Drawing:
    """Of a prompt that goes on with a picture: it may have come out of a custom zoom."""
    return read_drawing(subject.job.prompt, subject.options, subject.job.bot_type, zooms=True)


def _sketch(
    drawing: Drawing, wish: Wish, finish: Callable[[bytes], bytes], count: int = 4
) -> Sketch:
    return Sketch(
        wish=wish,
        finish=finish,
        count=count,
        seed=drawing.seed,
        step=drawing.step,
        version=drawing.version,
        ignored=drawing.ignored,
    )


def _again(sketch: Sketch) -> Sketch:
    """Of a picture that is there already: with seeds of its own."""
    return msgspec.structs.replace(sketch, seed=None)


def _alike(size: Size, ratio: Size) -> bool:
    """The picture has this shape, as nearly as its whole pixels can."""
    return abs(size[0] * ratio[1] - size[1] * ratio[0]) * 50 < size[0] * ratio[1]


def _size_of(data: bytes) -> Size:
    return open_picture(data).size

"""One attempt from its order to stored pictures and what they cost, however it is answered."""

import asyncio

import msgspec

from waystation.dialects.pictures.limits import IMAGE_TOKENS_MOST
from waystation.dialects.pictures.reply import Drawn, ShownPicture
from waystation.dialects.pictures.request import PictureOperation
from waystation.edge.pictures.drawing import Easel
from waystation.edge.pictures.inputs import supplied
from waystation.edge.pictures.keeping import kept
from waystation.edge.story import Story
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.kernel.scalars import kind
from waystation.meter.usage import Usage
from waystation.routing.choice import Attempt
from waystation.upstream.attempt import AttemptFailed
from waystation.upstream.pictures.knobs import told_name
from waystation.upstream.pictures.port import Pictures
from waystation.upstream.pictures.wire import overdue

_WORD_BYTES_MOST = 64
"""Of a size or quality that an upstream tells: it goes into the log row."""


class Sitting:
    """`prepare`, then `draw` (or drawing by hand), then `finish`."""

    def __init__(self, story: Story, attempt: Attempt) -> None:
        self._story = story
        self._attempt = attempt
        self.easel: Easel

    async def prepare(self) -> None:
        """Have the caller's pictures at hand; once for all attempts. Raises AttemptFailed."""
        story = self._story
        operation = story.operation
        assert isinstance(operation, PictureOperation)
        if not story.ends_at:
            try:
                operation = story.operation = await supplied(story.site, operation)
            except Fault as fault:
                raise AttemptFailed(fault, status=fault.status) from None
            seconds = story.site.settings.picture_seconds_max
            story.ends_at = asyncio.get_running_loop().time() + seconds
        self.easel = Easel(story, self._attempt, operation)

    async def draw(self) -> Pictures:
        """Raises AttemptFailed."""
        try:
            async with asyncio.timeout_at(self._story.ends_at + 1):
                return await self.easel.draw()
        except TimeoutError:
            raise overdue() from None

    async def finish(self, pictures: Pictures) -> Drawn:
        """Store what came. Raises AttemptFailed: nothing of use came, or all was blocked."""
        story = self._story
        operation = story.operation
        assert isinstance(operation, PictureOperation)
        shown = await kept(story, self._attempt.candidate.channel, pictures)
        if operation.form != "ideogram" and not any(each.is_safe for each in shown):
            raise AttemptFailed(Fault("content_policy_violation"), status=400)
        story.upstream_id = pictures.upstream_id
        return Drawn(
            operation=operation,
            created_ms=now_ms(),
            request_id=story.call.request_id,
            pictures=shown,
            usage=self._usage(operation, pictures, shown),
            dropped=list(dict.fromkeys(told_name(loss.path) for loss in pictures.losses)),
            raw_usage=pictures.raw_usage,
            shown=pictures.shown,
        )

    def _usage(
        self, operation: PictureOperation, pictures: Pictures, shown: list[ShownPicture]
    ) -> Usage:
        """Pictures are counted by us; tokens are the upstream's, or reckoned where the price asks
        for some and nobody told them."""
        count = sum(each.is_safe for each in shown)
        units = {"images": count}
        if self.easel.calls > 1:
            units["calls"] = self.easel.calls
        size, quality = operation.drawn_as()
        # What the caller named is what it pays; of "auto" the upstream tells what it made.
        if size in ("", "auto"):
            size = _word(pictures, "size") or size
        if quality in ("", "auto"):
            quality = _word(pictures, "quality") or quality
        if pictures.usage is not None:
            return msgspec.structs.replace(pictures.usage, units=units, size=size, quality=quality)
        price = self._attempt.candidate.price
        if price.by_token and price.pictures is None and price.per_call is None:
            return Usage(
                input_fresh=operation.prompt_guess() * self.easel.calls,
                image_out=IMAGE_TOKENS_MOST * count,
                units=units,
                size=size,
                quality=quality,
            )
        return Usage(units=units, size=size, quality=quality, exact=True)


def _word(pictures: Pictures, name: str) -> str:
    """A word that the upstream told beside its pictures; "" for none."""
    raw = pictures.shown.get(name)
    if raw is None or kind(raw) != '"' or len(raw) > _WORD_BYTES_MOST:
        return ""
    value = msgspec.json.decode(raw, type=str)
    return value if value != "auto" else ""

"""One attempt from its order to stored pictures and what they cost, however it is answered."""

import asyncio

from waystation.dialects.pictures.reply import Drawn
from waystation.dialects.pictures.request import PictureOperation
from waystation.edge.pictures.inputs import supplied
from waystation.edge.pictures.keeping import kept
from waystation.edge.story import Story
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.routing.choice import Attempt
from waystation.upstream.attempt import AttemptFailed, Wire
from waystation.upstream.pictures.easel import CALLS_AT_ONCE, Easel
from waystation.upstream.pictures.knobs import told_name
from waystation.upstream.pictures.port import Pictures
from waystation.upstream.pictures.wire import overdue


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
        self._take_up(operation)

    def _take_up(self, operation: PictureOperation) -> None:
        story, attempt = self._story, self._attempt
        site, grant = story.site, story.grant
        assert grant is not None
        channel = attempt.candidate.channel
        way = site.ways.of(channel)
        secrets = (attempt.key.secret,) if attempt.key.secret else ()
        wire = Wire(
            site.transport(channel),
            way.deadlines,
            grant.mark_sent,
            secrets,
            site.settings.reply_bytes_max,
        )
        at_once = story.places or CALLS_AT_ONCE
        self.easel = Easel(wire, way, attempt, operation, story.ends_at, at_once)
        story.served = attempt.candidate

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
            usage=self.easel.usage(pictures, shown),
            dropped=list(dict.fromkeys(told_name(loss.path) for loss in pictures.losses)),
            raw_usage=pictures.raw_usage,
            shown=pictures.shown,
        )

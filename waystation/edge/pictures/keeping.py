"""Pictures from the vendor to our own store, and what a reply shows of them."""

import asyncio
from base64 import b64encode

import structlog

from waystation.artefacts.media_types import PICTURES
from waystation.artefacts.shelf import ArtefactsAway
from waystation.artefacts.store import new_artefact_id
from waystation.dialects.pictures.reply import ShownPicture
from waystation.dialects.pictures.request import PictureOperation
from waystation.edge.public_base import public_base
from waystation.edge.site import Site
from waystation.edge.story import Story
from waystation.errors import Fault
from waystation.routing.snapshot import Channel
from waystation.storage.database import StorageAway
from waystation.upstream.attempt import AttemptFailed
from waystation.upstream.fetching import Wanted
from waystation.upstream.pictures.port import Picture, Pictures
from waystation.upstream.pictures.wire import overdue

log = structlog.get_logger("waystation.pictures")


STORE_SECONDS_MAX = 30.0
"""What fetching and storing may take, within the request's deadline;"""
GRACE_SECONDS = 8.0
"""of which so much may lie beyond it: the picture exists by then."""
_FORGET_SECONDS_MAX = 2.0


async def kept(story: Story, channel: Channel, pictures: Pictures) -> list[ShownPicture]:
    """All that came, in order; at most as many as were asked for. A picture that cannot be had or
    is none is left out as long as another is there. Raises AttemptFailed when none is left."""
    operation = story.operation
    assert isinstance(operation, PictureOperation)
    now = asyncio.get_running_loop().time()
    ends_at = min(now + STORE_SECONDS_MAX, max(story.ends_at, now + GRACE_SECONDS))
    keepers = [
        _Keeper(story, channel, operation, each, ends_at) for each in pictures.items[: operation.n]
    ]
    try:
        outcomes = await asyncio.gather(*(each.keep() for each in keepers))
    except BaseException:
        # Nobody is going to pay for them.
        await asyncio.gather(*(each.forget() for each in keepers))
        raise
    shown = [each for each in outcomes if isinstance(each, ShownPicture)]
    if not shown:
        raise next(each for each in outcomes if isinstance(each, AttemptFailed))
    return shown


class _Keeper:
    """One picture's way into the store. ends_at: the loop's time."""

    __slots__ = ("_channel", "_ends_at", "_id", "_operation", "_picture", "_story")

    def __init__(
        self,
        story: Story,
        channel: Channel,
        operation: PictureOperation,
        picture: Picture,
        ends_at: float,
    ) -> None:
        self._story = story
        self._channel = channel
        self._operation = operation
        self._picture = picture
        self._ends_at = ends_at
        self._id = ""

    async def keep(self) -> ShownPicture | AttemptFailed:
        picture, request_id = self._picture, self._story.call.request_id
        if picture.blocked:
            return ShownPicture(seed=picture.seed, size=picture.size, is_safe=False)
        try:
            async with asyncio.timeout_at(self._ends_at):
                data = picture.data or await _fetched(self._story.site, self._channel, picture)
                self._id = new_artefact_id()
                return await self._put(data)
        except Fault as fault:
            return AttemptFailed(fault, status=200)
        except (ArtefactsAway, StorageAway) as away:
            reason = str(away)
        except TimeoutError:
            if not self._id:
                return overdue()
            reason = "no answer in time"
        log.error("a picture could not be stored", request_id=request_id, reason=reason)
        await self.forget()
        return AttemptFailed(Fault("temporarily_unavailable", retry_after=5), status=503)

    async def forget(self) -> None:
        """Take it back, should it be there: it was not, or will not be, paid for."""
        caller = self._story.caller
        assert caller is not None
        if not self._id:
            return
        try:
            async with asyncio.timeout(_FORGET_SECONDS_MAX):
                await self._story.site.artefacts.delete(self._id, caller.account_id)
        except (TimeoutError, StorageAway) as away:
            log.warning("an unpaid picture may be there", id=self._id, reason=str(away))

    async def _put(self, data: bytes) -> ShownPicture:
        story, operation, picture = self._story, self._operation, self._picture
        site, caller = story.site, story.caller
        assert caller is not None
        artefact = await site.artefacts.keep(
            caller.account_id,
            data,
            types=PICTURES,
            token_id=caller.token_id,
            request_id=story.call.request_id,
            artefact_id=self._id,
            pending=True,
        )
        base64_wanted = operation.wants == "b64_json" or (
            operation.stream and operation.form == "openai"
        )
        drawn = f"{artefact.width}x{artefact.height}" if artefact.width and artefact.height else ""
        return ShownPicture(
            url=site.artefacts.link(artefact, public_base(story.call, site.settings)),
            b64=b64encode(data).decode("ascii") if base64_wanted else None,
            revised_prompt=picture.revised_prompt,
            seed=picture.seed,
            size=picture.size or drawn or None,
            style=picture.style,
            artefact_id=artefact.id,
            content_type=artefact.content_type,
            drawn_size=drawn,
        )


async def _fetched(site: Site, channel: Channel, picture: Picture) -> bytes:
    """Raises Fault (502)."""
    assert picture.address is not None
    host = site.ways.of(channel).origin.host if channel.allow_private else None
    wanted = Wanted("vendor", types=PICTURES, private_host=host, proxy=channel.proxy)
    return (await site.fetcher.fetch(picture.address, wanted)).data

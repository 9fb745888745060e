"""Pictures from the vendor to our own store, and what a reply shows of them."""

import asyncio
from base64 import b64encode

import structlog

from waystation.artefacts.media_types import PICTURES
from waystation.artefacts.shelf import ArtefactsAway
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

log = structlog.get_logger("waystation.pictures")


async def kept(story: Story, channel: Channel, pictures: Pictures) -> list[ShownPicture]:
    """All that came, in order; at most as many as were asked for. A picture that cannot be had or
    is none is left out as long as another is there. Raises AttemptFailed when none is left."""
    operation = story.operation
    assert isinstance(operation, PictureOperation)
    outcomes = await asyncio.gather(
        *(_keep(story, channel, operation, each) for each in pictures.items[: operation.n])
    )
    shown = [each for each in outcomes if isinstance(each, ShownPicture)]
    if not shown:
        raise next(each for each in outcomes if isinstance(each, AttemptFailed))
    return shown


async def _keep(
    story: Story, channel: Channel, operation: PictureOperation, picture: Picture
) -> ShownPicture | AttemptFailed:
    if picture.blocked:
        return ShownPicture(seed=picture.seed, size=picture.size, is_safe=False)
    site, call = story.site, story.call
    assert story.caller is not None
    try:
        data = picture.data or await _fetched(site, channel, picture)
        artefact = await site.artefacts.keep(
            story.caller.account_id,
            data,
            types=PICTURES,
            token_id=story.caller.token_id,
            request_id=call.request_id,
        )
    except Fault as fault:
        return AttemptFailed(fault, status=200)
    except (ArtefactsAway, StorageAway) as away:
        log.error("a picture could not be stored", request_id=call.request_id, reason=str(away))
        return AttemptFailed(Fault("temporarily_unavailable", retry_after=5), status=503)
    base64_wanted = operation.wants == "b64_json" or (
        operation.stream and operation.form == "openai"
    )
    size = picture.size
    if size is None and artefact.width and artefact.height:
        size = f"{artefact.width}x{artefact.height}"
    return ShownPicture(
        url=site.artefacts.link(artefact, public_base(call, site.settings)),
        b64=b64encode(data).decode("ascii") if base64_wanted else None,
        revised_prompt=picture.revised_prompt,
        seed=picture.seed,
        size=size,
        style=picture.style,
    )


async def _fetched(site: Site, channel: Channel, picture: Picture) -> bytes:
    """Raises Fault (502)."""
    assert picture.address is not None
    host = site.ways.of(channel).origin.host if channel.allow_private else None
    wanted = Wanted("vendor", types=PICTURES, private_host=host, proxy=channel.proxy)
    return (await site.fetcher.fetch(picture.address, wanted)).data

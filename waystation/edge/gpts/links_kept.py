"""Links of an answer made ours: what they lead to is fetched and stored, once for each address."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from urllib.parse import urlsplit

from waystation.artefacts.media_types import AUDIO, DOCUMENTS, PICTURES, TEXT, VIDEO
from waystation.artefacts.shelf import ArtefactsAway
from waystation.dialects.gpts.addresses import extension_of
from waystation.dialects.gpts.links import Link, Piece
from waystation.edge.public_base import public_base
from waystation.edge.story import Story
from waystation.errors import Fault
from waystation.routing.snapshot import Channel
from waystation.storage.database import StorageAway
from waystation.upstream.fetching import Wanted

LINKS_MAX = 20
"""Of one answer; the rest stand as they came."""
FILE_BYTES_MAX = 50 * 1024 * 1024
PARALLEL = 8
SECONDS_MAX = 45.0
"""That one answer waits for all of its links together: what is not there by then stands as it
came."""
_TYPES = PICTURES | AUDIO | VIDEO | DOCUMENTS | TEXT
_PAGES = frozenset({"html", "xml", "js", "py", "md"})
"""Of addresses that often lead to pages about something: only a download of them is a file."""
_DOWNLOADS = ("download", "下载")


class LinksKept:
    """One an answer."""

    def __init__(self, story: Story, channel: Channel) -> None:
        self._story = story
        self._channel = channel
        self._known: dict[str, str] = {}
        self._turn = asyncio.Semaphore(PARALLEL)
        self._seconds_left = SECONDS_MAX

    async def text(self, pieces: Sequence[Piece]) -> str:
        """The pieces as they are told, in their order."""
        urls = [piece.url for piece in pieces if isinstance(piece, Link) and _is_file(piece)]
        new = [url for url in dict.fromkeys(urls) if url not in self._known]
        if new := new[: LINKS_MAX - len(self._known)]:
            await self._fetch(new)
        return "".join(map(self._told, pieces))

    def _told(self, piece: Piece) -> str:
        if isinstance(piece, str):
            return piece
        return f"{piece.before}{self._known.get(piece.url, piece.url)}{piece.after}"

    async def _fetch(self, urls: Sequence[str]) -> None:
        """Some at once; each that is ours by the end of the time is known as ours."""
        self._known |= {url: url for url in urls}
        began = monotonic()
        try:
            async with asyncio.timeout(max(0.0, self._seconds_left)):
                await asyncio.gather(*map(self._keep, urls))
        except TimeoutError:
            pass
        self._seconds_left -= monotonic() - began

    async def _keep(self, url: str) -> None:
        async with self._turn:
            self._known[url] = await self._kept(url)

    async def _kept(self, url: str) -> str:
        """Our link, or the same when it cannot be had."""
        story, channel = self._story, self._channel
        site, caller = story.site, story.caller
        assert caller is not None
        host = site.ways.of(channel).origin.host if channel.allow_private else None
        wanted = Wanted(
            "vendor",
            types=_TYPES,
            private_host=host,
            proxy=channel.proxy,
            bytes_max=FILE_BYTES_MAX,
        )
        try:
            found = await site.fetcher.fetch(url, wanted)
            kept = await site.artefacts.keep(
                caller.account_id,
                found.data,
                types=_TYPES,
                token_id=caller.token_id,
                request_id=story.call.request_id,
            )
        except (Fault, ArtefactsAway, StorageAway):
            return url
        return site.artefacts.link(kept, public_base(story.call, site.settings))


def _is_file(link: Link) -> bool:
    """A picture, or an address that ends like a file's or is offered for download."""
    if link.is_picture:
        return True
    if any(word in link.label.lower() for word in _DOWNLOADS):
        return True
    try:
        if not urlsplit(link.url).path.strip("/"):
            return False
    except ValueError:
        return False
    ext = extension_of(link.url)
    return bool(ext) and ext not in _PAGES

"""GET and HEAD /files/{kind}/{id}.{ext}?sig=…: stored files, for whoever has the link.

No key is asked for: the signature and the id are the secret. A wrong signature, a deleted file and
one that never was look the same.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from urllib.parse import parse_qs

from waystation.artefacts.artefact import Artefact
from waystation.artefacts.shelf import ArtefactsAway, NoObject
from waystation.edge.call import Call, Writer
from waystation.edge.language import language_of
from waystation.edge.ranges import matches, read_range
from waystation.edge.replies import Headers, send_fault
from waystation.edge.site import Site
from waystation.errors import Fault
from waystation.storage.database import StorageAway

_NO_STORE: Headers = ((b"cache-control", b"no-store"),)
_FIXED: Headers = (
    (b"cache-control", b"public, max-age=31536000, immutable"),
    (b"accept-ranges", b"bytes"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)
_SANDBOX = (
    b"content-security-policy",
    b"default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
)
"""An SVG is a document: opened by itself it would run its scripts as ours."""


class Files:
    """A handler."""

    __slots__ = ("_site",)

    def __init__(self, site: Site) -> None:
        self._site = site

    async def __call__(self, call: Call) -> None:
        try:
            artefact = await self._find(call)
            await self._answer(call, artefact)
        except Fault as fault:
            language = language_of(call, self._site.settings.language)
            send_fault(call, fault, "openai", language, _NO_STORE)

    async def _find(self, call: Call) -> Artefact:
        signature = parse_qs(call.query).get("sig", [""])[0]
        kind, name = call.params["kind"], call.params["name"]
        try:
            found = await self._site.artefacts.find_linked(kind, name, signature)
        except StorageAway:
            raise Fault("temporarily_unavailable", retry_after=2) from None
        if found is None:
            raise Fault("artefact_not_found")
        return found

    async def _answer(self, call: Call, artefact: Artefact) -> None:
        size, etag = artefact.bytes, f'"{artefact.sha256}"'
        headers = _headers(artefact, etag)
        if matches(call.header("if-none-match"), etag):
            call.reply(304, headers, b"")
            return
        asked = call.header("range") if call.method == "GET" else None
        condition = call.header("if-range")
        if condition is not None and condition.strip() != etag:
            asked = None
        span = read_range(asked, size)
        if span == "unsatisfiable":
            total = (b"content-range", b"bytes */%d" % size)
            call.reply(416, (*_NO_STORE, total), b"")
        elif span == "whole":
            await self._send(call, artefact, 200, headers, 0, size)
        else:
            start, end = span
            part = (b"content-range", b"bytes %d-%d/%d" % (start, end - 1, size))
            await self._send(call, artefact, 206, (*headers, part), start, end)

    async def _send(
        self, call: Call, artefact: Artefact, status: int, headers: Headers, start: int, end: int
    ) -> None:
        """The first piece is there before the head goes, so that a store that is away is told."""
        headers = (*headers, (b"content-length", b"%d" % (end - start)))
        if call.method == "HEAD":
            call.reply(status, headers, b"")
            return
        async with aclosing(self._site.artefacts.read(artefact, start, end)) as pieces:
            try:
                piece = await anext(pieces)
            except NoObject:
                raise Fault("artefact_not_found") from None
            except ArtefactsAway:
                raise Fault("temporarily_unavailable", retry_after=2) from None
            await _stream(call, call.stream(status, headers), piece, pieces)


async def _stream(call: Call, writer: Writer, piece: bytes, more: AsyncIterator[bytes]) -> None:
    writer.write(piece)
    try:
        async for piece in more:
            if writer.congested:
                await writer.drain()
            if call.is_gone:
                return
            writer.write(piece)
        writer.end()
    except ArtefactsAway:
        writer.abort()  # shorter than it said: it must not pass for whole


def _headers(artefact: Artefact, etag: str) -> Headers:
    headers: Headers = (
        (b"content-type", artefact.content_type.encode()),
        (b"content-disposition", b'inline; filename="%b"' % artefact.name.encode()),
        (b"etag", etag.encode()),
        *_FIXED,
    )
    return (*headers, _SANDBOX) if artefact.content_type == "image/svg+xml" else headers

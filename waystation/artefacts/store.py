"""What the rest of the program knows of artefacts: keep, find, read, link, delete.

store = await ArtefactStore.open(settings, database, sealing)
kept = await store.keep(account_id, data, request_id=…)      the object first, then its row
url = store.link(kept, "https://relay.example")
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from waystation.artefacts.artefact import Artefact, Page
from waystation.artefacts.examine import Examined, Refused, examine
from waystation.artefacts.links import Links
from waystation.artefacts.media_types import PICTURES, Types
from waystation.artefacts.pictures import Pictures
from waystation.artefacts.rows import Rows
from waystation.artefacts.shelf import ArtefactsAway, Shelf
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.kernel.ids import random_text
from waystation.settings import Settings
from waystation.storage.database import Database
from waystation.storage.sealing import Sealing

if TYPE_CHECKING:
    from obstore.store import ObjectStore

ID_CHARACTERS = 22
"""Of base62: 131 bits."""

log = structlog.get_logger("waystation.artefacts")


def new_artefact_id() -> str:
    return random_text(ID_CHARACTERS)


class ArtefactStore:
    """One a process; nothing is opened or read before it is needed. unseal: what opens the
    signing keys, see Links. objects: instead of the place that the settings name. pictures:
    shared with whoever decodes some."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        unseal: Callable[[], Sealing],
        objects: "ObjectStore | None" = None,
    ) -> None:
        self.pictures = Pictures(settings)
        self.rows = Rows(database, settings.artefact_days)
        self.shelf = Shelf(settings, objects)
        self._links = Links(database, unseal)

    # ---- keeping ---------------------------------------------------------------------------

    async def keep(
        self,
        account_id: int,
        data: bytes | Path,
        *,
        types: Types = PICTURES,
        token_id: int | None = None,
        request_id: str = "",
        task_id: str = "",
        life_seconds: float | None = None,
        artefact_id: str | None = None,
        pending: bool = False,
    ) -> Artefact:
        """Store a file, whole or not at all; a Path is streamed. types: what it may be, told by
        its bytes. life_seconds: instead of the setting's days. artefact_id: a new one, from who
        may want to take the file back though this was cancelled. pending: its request (or task)
        is not paid for yet: lists leave it out until `publish`; should nobody come to that, the
        control process asks how the request ended. Raises Fault (502 bad_upstream_response) for
        any other content, ArtefactsAway, StorageAway."""
        found = await self._examine(data, types)
        tag = await self._links.tag()
        await self._links.refresh()
        artefact_id, created_ms = artefact_id or new_artefact_id(), now_ms()
        artefact = Artefact(
            id=artefact_id,
            account_id=account_id,
            token_id=token_id,
            request_id=request_id,
            task_id=task_id,
            kind=found.media_type.kind,
            content_type=found.media_type.name,
            object=_object_name(tag, artefact_id, found, created_ms),
            bytes=found.bytes,
            width=found.width,
            height=found.height,
            sha256=found.sha256,
            created_ms=created_ms,
            expires_ms=None if life_seconds is None else created_ms + int(life_seconds * 1000),
            pending_ms=created_ms if pending else None,
        )
        await self.shelf.put(artefact.object, data)
        # Where this fails or is cancelled, nobody knows whether the row was written: the object
        # stays, and the sweep judges it later.
        await self.rows.add(artefact)
        return artefact

    async def publish(self, ids: Sequence[str]) -> None:
        """What was kept `pending` is paid for. Raises StorageAway."""
        if ids:
            await self.rows.publish(ids)

    async def _examine(self, data: bytes | Path, types: Types) -> Examined:
        try:
            return await asyncio.to_thread(examine, data, types, self.pictures.pixels_max)
        except Refused as refused:
            raise Fault("bad_upstream_response", reason=str(refused)) from None

    # ---- finding ---------------------------------------------------------------------------

    async def bytes_of(self, account_id: int) -> int:
        """Of all that an account has stored. Raises StorageAway."""
        return await self.rows.bytes_of(account_id, now_ms())

    async def find(self, artefact_id: str) -> Artefact | None:
        """One that is there; whose it is, is the asker's to judge. Raises StorageAway."""
        await self._links.refresh()
        return await self.rows.find(artefact_id, now_ms())

    async def find_linked(self, kind: str, name: str, signature: str) -> Artefact | None:
        """What a link leads to; None: not our signature, or no longer there. Raises
        StorageAway."""
        if not await self._links.verify(f"/files/{kind}/{name}", signature):
            return None
        found = await self.rows.find(name.partition(".")[0], now_ms())
        return found if found is not None and found.path == f"/files/{kind}/{name}" else None

    async def page(self, account_id: int, cursor: str, count: int) -> Page:
        """An account's own, the newest first; cursor: "" for the first page. Raises BadCursor,
        StorageAway."""
        await self._links.refresh()
        return await self.rows.page(account_id, cursor, count, now_ms())

    def link(self, artefact: Artefact, base: str) -> str:
        """The address at which anybody can load it. base: scheme and host, without a slash. The
        artefact came out of `keep`, `find` or `page` of this very store."""
        return base + self._links.sign(artefact.path)

    async def signing(self) -> Callable[[str], str]:
        """What signs another path of ours: path → path with its signature. Raises StorageAway."""
        await self._links.refresh()
        return self._links.sign

    async def verify(self, path: str, signature: str) -> bool:
        """Whether `signing` gave this. Raises StorageAway."""
        return await self._links.verify(path, signature)

    # ---- the bytes -------------------------------------------------------------------------

    def read(
        self, artefact: Artefact, start: int = 0, end: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Bytes start to end (exclusive), in pieces; whoever does not ask for more gets no more.
        Raises ArtefactsAway, NoObject."""
        return self.shelf.read(artefact.object, start, artefact.bytes if end is None else end)

    async def read_all(self, artefact: Artefact) -> bytes:
        """The whole file. Raises ArtefactsAway, NoObject."""
        return await self.shelf.read_all(artefact.object)

    async def tag(self) -> str:
        """The top folder of this installation's objects, so that two that share a bucket leave
        each other's alone. Raises StorageAway."""
        return await self._links.tag()

    # ---- deleting --------------------------------------------------------------------------

    async def delete(self, artefact_id: str, account_id: int) -> bool:
        """Nobody finds it from now on; False: this account has none of this id. The object goes
        at once, or with the next round of the retention job. Raises StorageAway."""
        going = await self.rows.mark_deleted(artefact_id, account_id, now_ms())
        if going is None:
            return False
        try:
            await self.shelf.remove(going.object)
        except ArtefactsAway as away:
            log.warning("a deleted object has yet to go", object=going.object, reason=str(away))
        return True


def _object_name(tag: str, artefact_id: str, found: Examined, created_ms: int) -> str:
    """By day, so that a sweep need not look at all that ever was."""
    day = datetime.fromtimestamp(created_ms / 1000, UTC).strftime("%Y%m%d")
    return f"{tag}/{day}/{artefact_id}.{found.media_type.ext}"

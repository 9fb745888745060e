"""Replies that a repeat of their request gets again: whole, for a day, beside the stored files.

An object is all there is of one. It lies outside the folders of files, where no link leads to it
and no sweep for files without rows looks.
"""

from collections.abc import Sequence

import msgspec

from waystation.artefacts.shelf import NoObject, Shelf
from waystation.artefacts.store import ArtefactStore
from waystation.kernel.clock import now_ms

KEPT_MS = 24 * 3_600_000
"""As long as an Idempotency-Key counts."""


class KeptReply(msgspec.Struct, frozen=True, array_like=True):
    """is_stream: it was answered piece by piece, without a length."""

    account_id: int
    created_ms: int
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    is_stream: bool


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(KeptReply).decode


class KeptReplies:
    """By the id of the request that was answered."""

    def __init__(self, store: ArtefactStore) -> None:
        self._store = store

    async def put(self, request_id: str, reply: KeptReply) -> None:
        """Durable when it returns. Raises ArtefactsAway, StorageAway."""
        await self._store.shelf.put(await self._name(request_id), _encode(reply))

    async def find(self, request_id: str, account_id: int) -> KeptReply | None:
        """Raises ArtefactsAway, StorageAway."""
        try:
            kept = _decode(await self._store.shelf.read_all(await self._name(request_id)))
        except NoObject:
            return None
        is_over = kept.created_ms + KEPT_MS < now_ms()
        return None if is_over or kept.account_id != account_id else kept

    async def end_old(self) -> int:
        """Remove those whose time is over; returns how many. Raises ArtefactsAway,
        StorageAway."""
        shelf, before_ms = self._store.shelf, now_ms() - KEPT_MS
        folder, old = await self._folder(), list[str]()
        async for listed in shelf.names(folder):
            old += [one.name for one in listed if one.modified_ms < before_ms]
        await _remove(shelf, old)
        return len(old) + await shelf.sweep_unfinished(folder, KEPT_MS / 1000)

    async def _folder(self) -> str:
        return f"{await self._store.tag()}-replies"

    async def _name(self, request_id: str) -> str:
        return f"{await self._folder()}/{request_id}"


async def _remove(shelf: Shelf, names: Sequence[str]) -> None:
    for name in names:
        await shelf.remove(name)

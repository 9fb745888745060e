"""The objects themselves, through obstore: put, read, remove, list. Nothing here knows of rows."""

import asyncio
import os
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

import msgspec

from waystation.artefacts.place import folder_of, open_place
from waystation.settings import Settings
from waystation.storage.database import StorageAway

if TYPE_CHECKING:
    from obstore.store import ObjectStore

PIECE_BYTES = 256 * 1024
LIST_COUNT = 500
_UNFINISHED = re.compile(r".*#[0-9]+")
"""What obstore calls a local file until it is whole; one that died leaves it behind."""


class ArtefactsAway(StorageAway):
    """The object store does not answer, refuses us or is full. What was asked may not have
    happened."""


class NoObject(ArtefactsAway):
    """There is no such object."""


class Listed(msgspec.Struct, frozen=True):
    name: str
    modified_ms: int


class Shelf:
    """store: for tests; else the settings' place, opened when first used."""

    def __init__(self, settings: Settings, store: "ObjectStore | None" = None) -> None:
        self._settings = settings
        self._store = store
        self._folder = folder_of(settings) if store is None else None
        self._synced: set[Path] = set()
        self._is_near = self._folder is not None

    def _open(self) -> "ObjectStore":
        if self._store is None:
            self._store = open_place(self._settings)
        return self._store

    async def put(self, name: str, data: bytes | Path) -> None:
        """A new object, whole or not at all. Raises ArtefactsAway."""
        with _away():
            await self._open().put_async(name, data)
            if self._folder is not None:
                # The row that follows is durable when it is committed; so must this be.
                await asyncio.to_thread(self._sync, self._folder, name)

    def _sync(self, folder: Path, name: str) -> None:
        """The file and its folder; of a new folder, those above it too."""
        path = folder / name
        places = [path, path.parent]
        if path.parent not in self._synced:
            above = path.parent.relative_to(folder).parts
            places += list(path.parents)[1 : len(above) + 2]
        for place in places:
            _sync(place)
        self._synced.add(path.parent)

    async def read(self, name: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """Bytes start to end (exclusive, start < end), in pieces. The first one is asked for
        before anything is given. Raises ArtefactsAway, NoObject."""
        if self._is_near:
            # Its stream goes by 8 KiB, at five times the cost.
            for at in range(start, end, PIECE_BYTES):
                with _away():
                    last = min(at + PIECE_BYTES, end)
                    piece = bytes(await self._open().get_range_async(name, start=at, end=last))
                yield piece
            return
        with _away():
            found = await self._open().get_async(name, options={"range": (start, end)})
            pieces = found.stream(min_chunk_size=PIECE_BYTES).__aiter__()
        while True:
            with _away():
                try:
                    piece = await pieces.__anext__()
                except StopAsyncIteration:
                    return
            yield piece

    async def read_all(self, name: str) -> bytes:
        """Raises ArtefactsAway, NoObject."""
        with _away():
            found = await self._open().get_async(name)
            return bytes(await found.bytes_async())

    async def remove(self, name: str) -> None:
        """Whether it was there or not. Raises ArtefactsAway."""
        try:
            with _away():
                await self._open().delete_async(name)
        except NoObject:
            pass

    async def names(self, prefix: str) -> AsyncIterator[Sequence[Listed]]:
        """All objects below a prefix, in no order. Raises ArtefactsAway."""
        with _away():
            listing = self._open().list(prefix, chunk_size=LIST_COUNT)
        while True:
            with _away():
                try:
                    found = await listing.__anext__()
                except StopAsyncIteration:
                    return
            yield [
                Listed(one["path"], int(one["last_modified"].timestamp() * 1000)) for one in found
            ]

    async def sweep_unfinished(self, prefix: str, older_seconds: float) -> int:
        """Remove what puts that died left in a local folder. Returns how many there were.
        Raises ArtefactsAway."""
        if self._folder is None:
            return 0
        with _away():
            return await asyncio.to_thread(
                _remove_unfinished, self._folder / prefix, time() - older_seconds
            )


def _sync(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_unfinished(folder: Path, before: float) -> int:
    count = 0
    for path in folder.rglob("*#*"):
        if _UNFINISHED.fullmatch(path.name) and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            count += 1
    return count


@contextmanager
def _away() -> Iterator[None]:
    """Failures of the object store under our names."""
    from obstore.exceptions import BaseError

    try:
        yield
    except FileNotFoundError as fault:
        raise NoObject(_first_line(fault)) from None
    except (BaseError, OSError, ValueError) as fault:
        raise ArtefactsAway(_first_line(fault)) from None


def _first_line(fault: Exception) -> str:
    """obstore appends its inner structures, which may name credentials."""
    return (str(fault).strip() or type(fault).__name__).split("\n", 1)[0][:300]

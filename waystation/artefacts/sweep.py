"""What is left to do apart from requests: end what is over, remove what nobody knows.

Each step may be killed anywhere and is taken up again; several processes may do it at once.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from waystation.artefacts.shelf import ArtefactsAway, Listed
from waystation.artefacts.store import ID_CHARACTERS, ArtefactStore
from waystation.kernel.clock import now_ms

BATCH_COUNT = 100
ORPHAN_SECONDS = 3600.0
"""A row follows its object within seconds; one that has not come by now never will."""


class Ended(msgspec.Struct, frozen=True):
    """expired: rows whose time was over. removed: objects that went. away: why not more."""

    expired: int
    removed: int
    away: str = ""


async def end_expired(store: ArtefactStore, batch_count: int = BATCH_COUNT) -> Ended:
    """One batch: mark what is over, then remove the objects of what is marked. Raises
    StorageAway; that objects cannot be removed is in the answer."""
    expired = await store.rows.mark_expired(now_ms(), batch_count)
    gone: list[str] = []
    away = ""
    for going in await store.rows.going(batch_count):
        try:
            await store.shelf.remove(going.object)
        except ArtefactsAway as fault:
            away = str(fault)
            break
        gone.append(going.id)
    await store.rows.mark_gone(gone)
    return Ended(expired, len(gone), away)


async def sweep_orphans(
    store: ArtefactStore, days: int | None = None, older_seconds: float = ORPHAN_SECONDS
) -> int:
    """Remove objects that no row names, of the last `days` folders (None: of all), and what puts
    that died left half-way. Returns how many. Raises ArtefactsAway, StorageAway."""
    before_ms = now_ms() - int(older_seconds * 1000)
    count = 0
    for prefix in _prefixes(await store.tag(), days):
        async for listed in store.shelf.names(prefix):
            old = [one for one in listed if one.modified_ms < before_ms]
            count += await _remove_unknown(store, old)
        count += await store.shelf.sweep_unfinished(prefix, older_seconds)
    return count


def _prefixes(tag: str, days: int | None) -> Sequence[str]:
    if days is None:
        return (tag,)
    today = datetime.fromtimestamp(now_ms() / 1000, UTC)
    return [f"{tag}/{today - timedelta(days=back):%Y%m%d}" for back in range(days)]


async def _remove_unknown(store: ArtefactStore, listed: Sequence[Listed]) -> int:
    """Names that are not of our making are left alone."""
    by_id = {found: one.name for one in listed if (found := _id_of(one.name))}
    if not by_id:
        return 0
    unknown = await store.rows.unknown(tuple(by_id))
    for artefact_id in unknown:
        await store.shelf.remove(by_id[artefact_id])
    return len(unknown)


def _id_of(name: str) -> str:
    artefact_id = name.rpartition("/")[2].partition(".")[0]
    plain = len(artefact_id) == ID_CHARACTERS and artefact_id.isascii() and artefact_id.isalnum()
    return artefact_id if plain else ""

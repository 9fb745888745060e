"""The job that ends stored files: what is over goes each minute, in small batches; what no row
names is looked for a few times a day."""

import asyncio
from time import monotonic

import structlog

from waystation.artefacts.kept_replies import KeptReplies
from waystation.artefacts.store import ArtefactStore
from waystation.artefacts.sweep import BATCH_COUNT, end_expired, sweep_orphans
from waystation.storage.database import StorageAway

ROUND_SECONDS = 60.0
PAUSE_SECONDS = 0.5
"""Between two batches of one round: others want to write too."""
SWEEP_SECONDS = 6 * 3600.0
SWEEP_DAYS = 2
"""Folders that a later sweep looks at; the first after a start looks at all."""

log = structlog.get_logger("waystation.control")


async def keep_tidy(store: ArtefactStore, round_seconds: float = ROUND_SECONDS) -> None:
    """Until cancelled."""
    told = ""
    swept_at: float | None = None
    while True:
        try:
            told = _tell(told, await end_all(store))
            if swept_at is None or monotonic() - swept_at >= SWEEP_SECONDS:
                count = await sweep_orphans(store, None if swept_at is None else SWEEP_DAYS)
                await KeptReplies(store).end_old()
                swept_at = monotonic()
                if count:
                    log.info("stored files without a row were removed", count=count)
        except StorageAway as away:
            told = _tell(told, str(away))
        await asyncio.sleep(round_seconds)


async def end_all(store: ArtefactStore) -> str:
    """Batches until nothing is left to end; why not, "" when all went. Raises StorageAway."""
    while True:
        ended = await end_expired(store)
        if ended.away or max(ended.expired, ended.removed) < BATCH_COUNT:
            return ended.away
        await asyncio.sleep(PAUSE_SECONDS)


def _tell(told: str, away: str) -> str:
    """Say a trouble once; what was said last."""
    if away and away != told:
        log.warning("stored files could not be tidied up", reason=away)
    return away

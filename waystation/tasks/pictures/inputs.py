"""Files of a form that became a task: kept as artefacts beside its row, gone with its end."""

import asyncio
from collections.abc import Sequence

from waystation.artefacts.media_types import VISION
from waystation.artefacts.shelf import NoObject
from waystation.artefacts.store import ArtefactStore
from waystation.dialects.pictures.order import PictureInput
from waystation.errors import Fault
from waystation.storage.database import StorageAway
from waystation.tasks.pictures.saved import Saved, SavedFile
from waystation.tasks.task import Task

LIFE_SECONDS = 3 * 3600.0
"""Longer than any task waits and draws: what no runner takes away goes by itself."""
INPUTS = "inputs"
"""The field of a task's memo that has their ids."""


async def keep_inputs(
    store: ArtefactStore,
    files: Sequence[tuple[str, PictureInput]],
    *,
    account_id: int,
    token_id: int,
    request_id: str,
    kept: list[SavedFile],
) -> None:
    """kept: grows as they are, for who must take them away when this fails. Raises Fault (400),
    StorageAway."""
    for field, picture in files:
        data = await asyncio.to_thread(picture.read)
        try:
            artefact = await store.keep(
                account_id,
                data,
                types=VISION,
                token_id=token_id,
                request_id=request_id,
                life_seconds=LIFE_SECONDS,
            )
        except Fault as fault:  # what sniffing let pass is no sound picture after all
            if fault.code != "bad_upstream_response":
                raise
            reason = "not a sound picture"
            raise Fault("invalid_image", param=field, reason=reason) from None
        kept.append(SavedFile(field, artefact.id, picture.name))


async def read_inputs(store: ArtefactStore, saved: Saved) -> list[tuple[str, PictureInput]]:
    """Raises Fault (400) for one that is gone, StorageAway."""
    return [(file.field, await _read(store, file)) for file in saved.files]


async def _read(store: ArtefactStore, file: SavedFile) -> PictureInput:
    artefact = await store.find(file.artefact)
    if artefact is not None:
        try:
            data = await store.read_all(artefact)
            return PictureInput(data, artefact.content_type, file.name)
        except NoObject:
            pass
    raise Fault("invalid_image", param=file.field, reason="the uploaded file is gone")


async def drop_inputs(store: ArtefactStore, task: Task) -> None:
    """Of a task that is over. Those that cannot be reached go by themselves."""
    await drop(store, task.account_id, [str(one) for one in task.memo.get(INPUTS, ())])


async def drop(store: ArtefactStore, account_id: int, ids: Sequence[str]) -> None:
    try:
        for artefact_id in ids:
            await store.delete(artefact_id, account_id)
    except StorageAway:
        return

"""A process that keeps and deletes until it is killed; see test_kills.py.

usage: python -m tests.artefacts.keeper MODE FOLDER DSN MASTER_KEY ACCOUNT
MODE: loop, or where to stop and wait for the kill: before_row, before_object_goes.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

from tests.artefacts.making import picture
from waystation.artefacts.store import ArtefactStore
from waystation.settings import Settings
from waystation.storage.database import Database
from waystation.storage.master_key import MasterKey
from waystation.storage.sealing import Sealing


def say(*words: str) -> None:
    print(*words, flush=True)


async def stop_here(*_: Any) -> None:
    say("here")
    await asyncio.Event().wait()


async def keep_on(store: ArtefactStore, account_id: int) -> None:
    """Three are kept for one that is deleted; each is told once it is done."""
    at = 0
    while True:
        at += 1
        kept = await store.keep(account_id, picture(width=4 + at % 50))
        say("kept", kept.id)
        if at % 3 == 0:
            say("deleting", kept.id)
            await store.delete(kept.id, account_id)


async def main(mode: str, folder: str, dsn: str, key: str, account: str) -> None:
    settings = Settings(data=Path(folder), database=dsn or None)
    sealing = Sealing(MasterKey.decode(key, "argv"))
    store = ArtefactStore(settings, Database.of(settings), lambda: sealing)
    if mode == "before_row":
        store.rows.add = stop_here  # type: ignore[method-assign]
    if mode == "before_object_goes":
        kept = await store.keep(int(account), picture())
        say("kept", kept.id)
        store.shelf.remove = stop_here  # type: ignore[method-assign]
        await store.delete(kept.id, int(account))
    await keep_on(store, int(account))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

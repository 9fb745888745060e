"""`waystation rotate-keys`: a new master key for everything that is sealed.

The new key is on disk before anything is sealed with it, and takes the old one's place after all
is: whenever this is interrupted, one of the two files opens the store.
"""

import typer

from waystation.cli.options import Data, Database, Json, settings_from
from waystation.cli.refusal import Refusal
from waystation.cli.say import json_document, progress, run_async
from waystation.settings import Settings
from waystation.storage.master_key import (
    MasterKey,
    MasterKeyError,
    key_path,
    read_master_key,
    write_master_key,
)

NEXT_FILE_NAME = "master.key.next"


def register(app: typer.Typer) -> None:
    app.command("rotate-keys")(rotate_keys)


def rotate_keys(data: Data = None, database: Database = None, as_json: Json = False) -> None:
    """Seal all stored secrets with a new master key. Restart the server afterwards."""
    from waystation.storage.sealing import SealBroken

    settings = settings_from(data=data, database=database)
    old = read_master_key(settings)
    new = MasterKey.new()
    next_path = settings.data / NEXT_FILE_NAME
    try:
        write_master_key(next_path, new)
    except FileExistsError:
        raise Refusal(
            f"{next_path} is left from an interrupted rotation: see whether it opens the store "
            f"(move it to {key_path(settings).name} and run `waystation doctor`), or remove it"
        ) from None
    with progress("Sealing anew", quiet=as_json):
        try:
            count = run_async(_rotate(settings, old, new))
        except (MasterKeyError, SealBroken):  # refused before anything was written
            next_path.unlink()
            raise
    in_file = settings.master_key is None
    if in_file:
        next_path.replace(key_path(settings))
    _tell(settings, new, count, in_file, as_json)


async def _rotate(settings: Settings, old: MasterKey, new: MasterKey) -> int:
    from waystation.storage.database import Database as Store
    from waystation.storage.vault import rotate

    store = Store.of(settings)
    try:
        return await rotate(store, old, new)
    finally:
        await store.close()


def _tell(settings: Settings, new: MasterKey, count: int, in_file: bool, as_json: bool) -> None:
    where = key_path(settings) if in_file else settings.data / NEXT_FILE_NAME
    if as_json:
        json_document({"resealed": count, "key_id": new.id, "key_file": str(where)})
        return
    print(f"{count} secrets are sealed with the new master key {new.id}.")
    if not in_file:
        print(f"Set WAYSTATION_MASTER_KEY on every node to the content of {where}, then delete it.")
    print("Restart the server: running processes still hold the old key.")

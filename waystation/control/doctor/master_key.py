"""Does the master key open what is stored?"""

from sqlalchemy import select

from waystation.control.doctor.check import Check
from waystation.settings import Settings
from waystation.storage.database import Database, StorageAway
from waystation.storage.main import secrets
from waystation.storage.master_key import MasterKeyError, read_master_key
from waystation.storage.sealing import Sealing
from waystation.storage.vault import verify

NEXT_FILE_NAME = "master.key.next"
_NAME = "master key"
_GET_BACK = "Bring back the key that this store was set up with, from your backup."


async def check_master_key(settings: Settings, database: Database) -> Check:
    """Reads the stored check value; writes none."""
    try:
        key = read_master_key(settings)
        envelope = await _stored(database)
        if envelope is None:
            return Check(_NAME, False, "the store has no check value", "Run `waystation init`.")
        verify(Sealing(key), envelope)
    except MasterKeyError as wrong:
        return Check(_NAME, False, str(wrong), _GET_BACK)
    except StorageAway as away:
        return Check(_NAME, False, f"the database does not answer: {away}", "See the schema check.")
    if (settings.data / NEXT_FILE_NAME).exists():
        return Check(
            _NAME,
            True,
            f"{key.id} opens the store; {NEXT_FILE_NAME} is left from an interrupted rotation",
            f"Remove {NEXT_FILE_NAME}.",
        )
    return Check(_NAME, True, f"{key.id} opens the store")


async def _stored(database: Database) -> str | None:
    async with database.read() as connection:
        found = await connection.execute(select(secrets.c.sealed).where(secrets.c.name == "check"))
        return found.scalar_one_or_none()

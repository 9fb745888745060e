"""Can stored files be written, read again and removed, where the settings say?"""

import secrets
import time

from waystation.artefacts.place import folder_of
from waystation.artefacts.shelf import ArtefactsAway, Shelf
from waystation.control.doctor.check import Check
from waystation.settings import Settings

_NAME = "stored files"
_SHARED = "Several nodes need a folder that all of them see, or a bucket."
_ADVICE = "See WAYSTATION_ARTEFACTS, its credentials, and the rights of this user."


async def check_stored_files(settings: Settings) -> Check:
    """With a file of a few bytes, which does not stay."""
    shelf = Shelf(settings)
    place = settings.artefacts or "the data folder"
    name, data = f"doctor/{secrets.token_hex(8)}.txt", secrets.token_bytes(64)
    began = time.perf_counter()
    try:
        await shelf.put(name, data)
        found = await shelf.read_all(name)
        await shelf.remove(name)
    except ArtefactsAway as away:
        return Check(_NAME, False, f"{place}: {away}", _ADVICE)
    if found != data:
        return Check(_NAME, False, f"{place} gives back what was not written", _ADVICE)
    detail = f"{place}, {(time.perf_counter() - began) * 1000:.0f} ms"
    alone = settings.database is not None and folder_of(settings) is not None
    return Check(_NAME, True, detail, _SHARED if alone else "")

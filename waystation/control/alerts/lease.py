"""Who looks for what is wrong: one control process of all, so that one says it and one ends it."""

import secrets

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from waystation.kernel.clock import now_ms
from waystation.storage.database import Database
from waystation.storage.main import settings

NAME = "alerts_watcher"
LEASE_MS = 60_000
"""Four rounds: after a death another process looks within a minute."""
_RENEW_MS = 40_000


class _Held(msgspec.Struct, frozen=True):
    who: str
    until_ms: int


class Lease:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._who = secrets.token_hex(8)

    async def is_ours(self) -> bool:
        """Taken when it is free, renewed while it is ours. Raises StorageAway."""
        now, mine = now_ms(), settings.c.name == NAME
        query = select(settings.c.value).where(mine)
        async with self._database.read() as connection:
            text = (await connection.execute(query)).scalar_one_or_none()
        held = None if text is None else msgspec.json.decode(text, type=_Held)
        if held is not None and held.until_ms > now and held.who != self._who:
            return False
        if held is not None and held.who == self._who and held.until_ms - now > _RENEW_MS:
            return True
        wanted = msgspec.json.encode(_Held(self._who, now + LEASE_MS)).decode()
        try:
            async with self._database.write() as connection:
                if text is None:
                    await connection.execute(insert(settings).values(name=NAME, value=wanted))
                    return True
                same = update(settings).where(mine, settings.c.value == text)
                return bool((await connection.execute(same.values(value=wanted))).rowcount)
        except IntegrityError:  # another took it at the same moment
            return False

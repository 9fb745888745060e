"""Signatures of links: keys of their own, apart from the master key.

The newest key signs; a retired one goes on verifying until its day, so a change of keys breaks no
link that is out. A signature is `<key id>.<base64url of HMAC-SHA256>`.
"""

import base64
import hmac
import os
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, update

from waystation.storage.database import Database
from waystation.storage.main import signing_keys
from waystation.storage.sealing import Sealing

KEY_BYTES = 32


class Signer:
    """keys: id → secret, of all that verify. newest: the id that signs."""

    def __init__(self, keys: Mapping[str, bytes], newest: str) -> None:
        self._keys = dict(keys)
        self._newest = newest

    def sign(self, message: bytes) -> str:
        return f"{self._newest}.{self._mac(self._keys[self._newest], message)}"

    def verify(self, message: bytes, signature: str) -> bool:
        key_id, _, given = signature.partition(".")
        secret = self._keys.get(key_id)
        if secret is None or not given.isascii():
            return False
        return hmac.compare_digest(self._mac(secret, message), given)

    def knows(self, signature: str) -> bool:
        """Whether it names a key that we have."""
        return signature.partition(".")[0] in self._keys

    @staticmethod
    def _mac(secret: bytes, message: bytes) -> str:
        return base64.urlsafe_b64encode(hmac.digest(secret, message, "sha256")).decode().rstrip("=")


async def load_signer(database: Database, sealing: Sealing, now_ms: int) -> Signer:
    """Raises SealBroken, StorageAway; LookupError when `add_signing_key` was never called."""
    async with database.read() as connection:
        found = await connection.execute(
            select(signing_keys).order_by(signing_keys.c.created_ms, signing_keys.c.id)
        )
        rows: Sequence[Any] = found.all()
    living = [row for row in rows if row.retired_ms is None or row.retired_ms > now_ms]
    signing = [row for row in living if row.retired_ms is None]
    if not signing:
        raise LookupError("the store has no signing key")
    keys = {row.id: base64.b64decode(sealing.open(row.sealed, "signing_key")) for row in living}
    return Signer(keys, signing[-1].id)


async def add_signing_key(
    database: Database, sealing: Sealing, now_ms: int, keep_ms: int | None = None
) -> str:
    """A new key signs from now on; the others verify for keep_ms more, None: for ever.
    Returns its id."""
    key_id = os.urandom(6).hex()
    secret = base64.b64encode(os.urandom(KEY_BYTES)).decode("ascii")
    sealed = sealing.seal(secret, "signing_key")
    async with database.write() as connection:
        if keep_ms is not None:
            still = signing_keys.c.retired_ms.is_(None)
            await connection.execute(
                update(signing_keys).where(still).values(retired_ms=now_ms + keep_ms)
            )
        await connection.execute(
            insert(signing_keys).values(id=key_id, sealed=sealed, created_ms=now_ms)
        )
    return key_id

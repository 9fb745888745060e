"""Signatures of links, with the store's keys; a new key is noticed within a minute."""

from collections.abc import Callable
from time import monotonic

import structlog
from sqlalchemy import select

from waystation.kernel.clock import now_ms
from waystation.storage.database import Database, StorageAway
from waystation.storage.main import signing_keys
from waystation.storage.master_key import MasterKeyError
from waystation.storage.sealing import SealBroken, Sealing
from waystation.storage.signing import Signer, load_signer

RELOAD_SECONDS = 60.0
UNKNOWN_SECONDS = 2.0
"""At least so long between two look-ups that links with unknown keys can cause."""

log = structlog.get_logger("waystation.artefacts")


class Links:
    """unseal: what opens the keys; asked when they are first needed, and may raise
    MasterKeyError."""

    def __init__(self, database: Database, unseal: Callable[[], Sealing]) -> None:
        self._database = database
        self._unseal = unseal
        self._signer: Signer | None = None
        self._loaded_at = 0.0
        self._tag = ""

    async def refresh(self, older_seconds: float = RELOAD_SECONDS) -> Signer:
        """The keys as they are now; those known stay when they cannot be read anew. Raises
        StorageAway when they never could."""
        if self._signer is not None and monotonic() - self._loaded_at < older_seconds:
            return self._signer
        self._loaded_at = monotonic()  # at once: whoever comes meanwhile takes what is known
        try:
            self._signer = await self._load()
        except StorageAway as away:
            if self._signer is None:
                raise
            log.warning("the signing keys could not be read, the last ones stay", reason=str(away))
        return self._signer

    async def _load(self) -> Signer:
        try:
            return await load_signer(self._database, self._unseal(), now_ms())
        except (MasterKeyError, SealBroken, LookupError) as fault:
            raise StorageAway(str(fault)) from None

    def sign(self, path: str) -> str:
        """The path with its signature. `refresh` was awaited before."""
        assert self._signer is not None
        return f"{path}?sig={self._signer.sign(path.encode())}"

    async def verify(self, path: str, signature: str) -> bool:
        """Whether we signed it. A key that is new to us makes us look once. Raises StorageAway."""
        signer = await self.refresh()
        if not signer.knows(signature):
            signer = await self.refresh(UNKNOWN_SECONDS)
        return signer.verify(path.encode(), signature)

    async def tag(self) -> str:
        """The id of the first signing key: each database has its own, for good. Raises
        StorageAway."""
        if not self._tag:
            oldest = select(signing_keys.c.id).order_by(
                signing_keys.c.created_ms, signing_keys.c.id
            )
            async with self._database.read() as connection:
                found = (await connection.execute(oldest.limit(1))).scalar_one_or_none()
            if found is None:
                raise StorageAway("the store has no signing key")
            self._tag = found
        return self._tag

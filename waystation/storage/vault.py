"""The master key meets the store: the check value, and the change to a new key."""

from collections.abc import Iterator

from sqlalchemy import Column, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.storage.database import Database, next_epoch
from waystation.storage.main import (
    alert_receivers,
    channel_keys,
    channels,
    letters,
    payment_providers,
    profiles,
    secrets,
    sign_in_providers,
    signing_keys,
)
from waystation.storage.master_key import MasterKey, MasterKeyError
from waystation.storage.sealing import Purpose, SealBroken, Sealing

_CHECK = "check"
_CHECK_TEXT = "this store is sealed by the right master key"


async def open_vault(database: Database, key: MasterKey) -> Sealing:
    """The sealing of this store, after its check value was opened with `key`; a store without
    one gets it. Raises MasterKeyError, StorageAway."""
    sealing = Sealing(key)
    async with database.read() as connection:
        envelope = await _check_envelope(connection)
    if envelope is None:
        async with database.write() as connection:
            await _offer_check(connection, sealing.seal(_CHECK_TEXT, "check"))
            envelope = await _check_envelope(connection)
    verify(sealing, envelope or "")
    return sealing


def verify(sealing: Sealing, envelope: str) -> None:
    """Raises MasterKeyError."""
    try:
        opened = sealing.open(envelope, "check")
    except SealBroken as broken:
        raise MasterKeyError(
            f"wrong master key: this store was not sealed with the key {sealing.key_id} ({broken})"
        ) from None
    if opened != _CHECK_TEXT:
        raise MasterKeyError("the store's check value is not ours")


async def rotate(database: Database, old: MasterKey, new: MasterKey) -> int:
    """Seal everything anew with `new`, in one transaction. Returns how many secrets there were.
    Gateways must be given the new key; until then they go on with what they have in memory.
    Raises MasterKeyError, SealBroken, StorageAway."""
    sealing = Sealing(new, (old,))
    count = 0
    async with database.write() as connection:
        await next_epoch(connection)
        verify(Sealing(old), await _check_envelope(connection) or "")
        renewed = {"sealed": sealing.seal(_CHECK_TEXT, "check")}
        await connection.execute(update(secrets).where(secrets.c.name == _CHECK).values(renewed))
        for table, column, purpose in _sealed_columns():
            count += await _reseal(connection, sealing, table, column, purpose)
    return count


def _sealed_columns() -> Iterator[tuple[Table, Column[str], Purpose]]:
    yield channel_keys, channel_keys.c.sealed, "channel_key"
    yield channels, channels.c.header_overrides, "header_overrides"
    yield channels, channels.c.proxy, "proxy"
    yield signing_keys, signing_keys.c.sealed, "signing_key"
    yield profiles, profiles.c.totp, "totp"
    yield profiles, profiles.c.totp_new, "totp"
    yield letters, letters.c.sealed, "letter"
    yield sign_in_providers, sign_in_providers.c.sealed, "provider"
    yield alert_receivers, alert_receivers.c.sealed, "alert"
    yield payment_providers, payment_providers.c.sealed, "payment"


async def _reseal(
    connection: AsyncConnection,
    sealing: Sealing,
    table: Table,
    column: Column[str],
    purpose: Purpose,
) -> int:
    rows = (await connection.execute(select(table.c.id, column).where(column != ""))).all()
    for row_id, envelope in rows:
        secret = sealing.open(envelope, purpose)
        values = {column.name: sealing.seal(secret, purpose)}
        if table is channel_keys:
            values |= {"sealed_by": sealing.key_id, "fingerprint": sealing.fingerprint(secret)}
        await connection.execute(update(table).where(table.c.id == row_id).values(values))
    return len(rows)


async def _check_envelope(connection: AsyncConnection) -> str | None:
    found = await connection.execute(select(secrets.c.sealed).where(secrets.c.name == _CHECK))
    return found.scalar_one_or_none()


async def _offer_check(connection: AsyncConnection, envelope: str) -> None:
    """Two first starts may race for it: the first one's stays, and judges the other's key."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    await connection.execute(
        dialect.insert(secrets)
        .values(name=_CHECK, sealed=envelope)
        .on_conflict_do_nothing(index_elements=["name"])
    )

"""The first start of a data folder: master key, schema, an operator's login, something to call."""

import asyncio
from contextlib import suppress
from pathlib import Path

import msgspec
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.price_list import ensure_catalogue
from waystation.identity.keys import digest, mask, mint
from waystation.identity.passwords import hash_password, new_password
from waystation.kernel.clock import now_ms
from waystation.settings import Settings
from waystation.storage.database import CACHE_KIB, Database, next_epoch
from waystation.storage.main import (
    account_grants,
    accounts,
    channels,
    groups,
    outbox,
    tokens,
)
from waystation.storage.master_key import MasterKey, key_path, read_master_key, write_master_key
from waystation.storage.migrate import migrate, version
from waystation.storage.sealing import Sealing
from waystation.storage.signing import add_signing_key, load_signer
from waystation.storage.vault import open_vault

OPERATOR = "operator@localhost"
DEMO_GROUP = "demo"
DEMO_DRAWS = {
    "mj_*": "demo-image",
    "mj_describe": "demo-describe",
    "mj_shorten": "demo-shorten",
    "mj_swap_face": "demo-swap-face",
    "swap_face": "demo-swap-face",
}
"""Midjourney's verbs, and the demo's models that stand for it."""
TOKEN_NAME = "first"  # noqa: S105  a name


RESTORING = "restore.half"
"""A folder in the data folder, for as long as a restore is at work, or was when it was killed."""


class RestoreUnfinished(Exception):
    """What is in the data folder is half a restore."""


class Started(msgspec.Struct, frozen=True):
    """What a first start made; told once. token: a key that works at once, on the demo channel
    until there are others."""

    email: str
    password: str
    token: str
    key_id: str
    master_key_path: str

    def __repr__(self) -> str:
        return f"Started({self.email!r})"


async def first_start(settings: Settings) -> Started | None:
    """Set up what `settings` name, on an empty folder or database; None: it was set up already
    (then only the schema is brought up to date). Safe to run twice at once.
    Raises MasterKeyError, SchemaTooNew, StorageAway, RestoreUnfinished, OSError."""
    make_folder(settings.data)
    _refuse_half(settings)
    database = Database.of(settings)
    try:
        key = await _master_key(settings, database)
        await migrate(database)
        sealing = await open_vault(database, key)
        started = await _populate(database, sealing, settings)
        await _ensure_signing_key(database, sealing)
        await ensure_catalogue(database)
        return started
    finally:
        await database.close()


async def open_store(settings: Settings, cache_kib: int = CACHE_KIB) -> tuple[Database, Sealing]:
    """The store of a folder that was set up, checked against its master key; the caller closes
    it. cache_kib: of a connection, on SQLite. Raises MasterKeyError, StorageAway,
    RestoreUnfinished."""
    _refuse_half(settings)
    database = Database.of(settings, cache_kib)
    try:
        return database, await open_vault(database, read_master_key(settings))
    except BaseException:
        await database.close()
        raise


def _refuse_half(settings: Settings) -> None:
    if (settings.data / RESTORING).exists():
        raise RestoreUnfinished(
            f"a restore into {settings.data} is at work, or was cut short: "
            "run `waystation restore` again"
        )


def make_folder(path: Path) -> None:
    """For its owner alone."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)


async def _master_key(settings: Settings, database: Database) -> MasterKey:
    """The one that is there. A new one is made only for a store that nothing was sealed in: a
    lost key is never silently replaced."""
    path = key_path(settings)
    if settings.master_key is None and not path.exists() and await _is_empty(database):
        with suppress(FileExistsError):  # another start was quicker
            write_master_key(path, MasterKey.new())
    return read_master_key(settings)


async def _is_empty(database: Database) -> bool:
    """No schema, or nobody in it."""
    if database.path is not None and not database.path.exists():
        return True
    if await version(database) is None:
        return True
    async with database.read() as connection:
        return not await _count_accounts(connection)


async def _count_accounts(connection: AsyncConnection) -> int:
    return int((await connection.execute(select(func.count()).select_from(accounts))).scalar_one())


async def _populate(database: Database, sealing: Sealing, settings: Settings) -> Started | None:
    async with database.read() as connection:
        if await _count_accounts(connection):
            return None
    password, key = new_password(), mint()
    hashed = await asyncio.to_thread(hash_password, password)
    async with database.write() as connection:
        epoch = await next_epoch(connection)
        if await _count_accounts(connection):  # another start was quicker
            return None
        account_id = await _add_operator(connection, epoch, hashed)
        await _add_demo(connection, account_id)
        await _add_token(connection, epoch, account_id, key)
    return Started(OPERATOR, password, key, sealing.key_id, str(key_path(settings)))


async def _ensure_signing_key(database: Database, sealing: Sealing) -> None:
    try:
        await load_signer(database, sealing, now_ms())
    except LookupError:
        await add_signing_key(database, sealing, now_ms())


async def _add_operator(connection: AsyncConnection, epoch: int, hashed: str) -> int:
    row = insert(accounts).values(
        email=OPERATOR,
        role="operator",
        password_hash=hashed,
        changed_epoch=epoch,
        created_ms=now_ms(),
    )
    account_id = int((await connection.execute(row.returning(accounts.c.id))).scalar_one())
    await _tell(connection, "account", str(account_id))
    return account_id


async def _add_demo(connection: AsyncConnection, account_id: int) -> None:
    """In a group of its own, which only the operator's first token uses: a channel that answers to
    every model must never stand in for a real one."""
    for name, label in (("default", "Default"), (DEMO_GROUP, "Demo")):
        values = {"name": name, "label": label, "created_ms": now_ms()}
        if name == DEMO_GROUP:
            values |= {"visible": False, "description": "The built-in demo channel; free."}
            values["rate"] = "0"  # models with a price, Midjourney's verbs among them, cost nothing
        await connection.execute(insert(groups).values(values))
        await _tell(connection, "group", name)
    await connection.execute(
        insert(channels).values(
            name="demo",
            vendor="demo",
            groups=f'["{DEMO_GROUP}"]',
            models='["demo-chat","demo-completion","demo-embedding","demo-moderation","demo-image",'
            '"demo-speech","demo-transcription","*"]',
            model_map=msgspec.json.encode(DEMO_DRAWS).decode(),
            created_ms=now_ms(),
        )
    )
    await connection.execute(
        insert(account_grants).values(account_id=account_id, group_name=DEMO_GROUP)
    )


async def _add_token(connection: AsyncConnection, epoch: int, account_id: int, key: str) -> None:
    row = insert(tokens).values(
        account_id=account_id,
        name=TOKEN_NAME,
        digest=digest(key),
        mask=mask(key),
        groups=f'["default","{DEMO_GROUP}"]',
        changed_epoch=epoch,
        created_ms=now_ms(),
    )
    token_id = (await connection.execute(row.returning(tokens.c.id))).scalar_one()
    await _tell(connection, "token", str(token_id))


async def _tell(connection: AsyncConnection, kind: str, ref: str) -> None:
    await connection.execute(
        insert(outbox).values(kind=kind, ref=ref, version=1, created_ms=now_ms())
    )

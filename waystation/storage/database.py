"""The store of `main`: SQLite in the data folder, or PostgreSQL, behind one object.

    async with database.read() as connection:    one consistent view, never written to
    async with database.write() as connection:   one transaction, one writer at a time on SQLite

A store that cannot be reached, is locked for too long, full or broken raises `StorageAway`;
violated constraints are the caller's to judge and pass as SQLAlchemy's IntegrityError.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Literal, NamedTuple

import asyncpg
from sqlalchemy import event, select, text, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from waystation.settings import Settings
from waystation.storage.main import config_epoch
from waystation.storage.sqlite_connections import SqliteConnections

CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 30.0
LOCK_SECONDS = 5.0
POOL_CONNECTIONS = 2
POOL_OVERFLOW = 6
CACHE_KIB = 2_048
_LOOK_SECONDS = 0.005

_NO_SCHEMA = ("42P01", "3F000")  # PostgreSQL: undefined table, undefined schema

Kind = Literal["sqlite", "postgresql"]


class StorageAway(Exception):
    """The store does not answer, or cannot be written. What was asked did not happen."""


class Database:
    """Connections are made when first needed; nothing is held open before."""

    def __init__(
        self, engine: AsyncEngine, kind: Kind, path: Path | None = None, dsn: str | None = None
    ) -> None:
        self.engine = engine
        self.kind: Kind = kind
        self.path = path
        self.dsn = dsn
        self._connections: SqliteConnections | None = None
        self._users = 0
        self._readers = engine
        if kind == "postgresql":  # a view that several statements share
            self._readers = engine.execution_options(isolation_level="REPEATABLE READ")

    @classmethod
    def of(cls, settings: Settings, cache_kib: int = CACHE_KIB) -> "Database":
        """The database that the settings name. cache_kib: of a connection, on SQLite."""
        if settings.database:
            return cls.postgres(settings.database)
        return cls.sqlite(settings.data / "main.db", cache_kib)

    @classmethod
    def sqlite(cls, path: Path, cache_kib: int = CACHE_KIB) -> "Database":
        connections = SqliteConnections(path, LOCK_SECONDS)
        engine = create_async_engine(
            f"sqlite+aiosqlite:///{path}",
            async_creator=connections.connect,
            pool_size=POOL_CONNECTIONS,
            max_overflow=POOL_OVERFLOW,
            pool_timeout=LOCK_SECONDS,
        )
        event.listen(engine.sync_engine, "connect", partial(_prepare_sqlite, cache_kib))
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        database = cls(engine, "sqlite", path)
        database._connections = connections
        return database

    @classmethod
    def postgres(cls, dsn: str) -> "Database":
        """dsn: as libpq understands it, postgresql://…"""

        async def connect() -> Any:
            return await asyncpg.connect(
                dsn, timeout=CONNECT_SECONDS, command_timeout=STATEMENT_SECONDS
            )

        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=connect,
            pool_size=POOL_CONNECTIONS,
            max_overflow=POOL_OVERFLOW,
            pool_timeout=CONNECT_SECONDS,
        )
        return cls(engine, "postgresql", dsn=dsn)

    async def connect(self) -> None:
        """See that the store answers. Raises StorageAway."""
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A consistent view, rolled back at the end. Raises StorageAway."""
        with _Away(), self._using():
            async with self._readers.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, committed at the end unless the block raised. Raises StorageAway."""
        with _Away(), self._using():
            async with self.engine.connect() as connection:
                connection = await connection.execution_options(waystation_write=True)
                async with connection.begin():
                    yield connection

    @contextmanager
    def _using(self) -> Iterator[None]:
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1

    async def close(self) -> None:
        """After whoever still reads or writes, or after LOCK_SECONDS. A connection that came back
        to a pool that had been closed would never be closed itself."""
        due = monotonic() + LOCK_SECONDS
        while self._users and monotonic() < due:
            await asyncio.sleep(_LOOK_SECONDS)
        await self.engine.dispose()
        if self._connections is not None:
            await self._connections.ended(LOCK_SECONDS)


class Epochs(NamedTuple):
    """epoch: of the last change. routing: of the last one that routing must know."""

    epoch: int
    routing: int


async def next_epoch(connection: AsyncConnection, *, routing: bool = True) -> int:
    """Count the configuration's epoch up; the first statement of whatever changes it. The row's
    lock makes such transactions follow one another, so that epochs appear in order. routing: False
    when only accounts and tokens change, so that gateways need not read all the rest again."""
    following = config_epoch.c.epoch + 1
    values = {"epoch": following, "routing": following} if routing else {"epoch": following}
    counted = update(config_epoch).values(values).returning(config_epoch.c.epoch)
    return int((await connection.execute(counted)).scalar_one())


async def read_epochs(connection: AsyncConnection) -> Epochs:
    found = await connection.execute(select(config_epoch.c.epoch, config_epoch.c.routing))
    return Epochs(*found.one())


class _Away:
    """Tells failures of the store from mistakes in a statement."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        if isinstance(fault, asyncio.CancelledError) or fault is None:
            return
        if isinstance(fault, ProgrammingError) and _code(fault) in _NO_SCHEMA:
            raise StorageAway("the schema is missing: run `waystation migrate`") from fault
        if isinstance(fault, IntegrityError | ProgrammingError | DataError):
            return
        if isinstance(fault, DBAPIError):
            raise StorageAway(str(fault.orig or fault)) from fault
        if isinstance(fault, PoolTimeout | OSError | TimeoutError | asyncpg.PostgresError):
            raise StorageAway(str(fault) or type(fault).__name__) from fault


def _code(fault: DBAPIError) -> str | None:
    return getattr(fault.orig, "sqlstate", None)


def _prepare_sqlite(cache_kib: int, connection: Any, record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    try:
        cursor = connection.cursor()
        for setting in (
            f"busy_timeout = {int(LOCK_SECONDS * 1000)}",
            "synchronous = FULL",
            "foreign_keys = ON",
            f"cache_size = -{cache_kib}",
        ):
            cursor.execute(f"PRAGMA {setting}")
        cursor.close()
    except BaseException:
        connection.close()  # nobody else knows of it yet, and it has a thread
        raise


def _begin_sqlite(connection: Any) -> None:
    """A writer takes the lock at once: a reader that becomes one would fail at a busy store."""
    write = connection.get_execution_options().get("waystation_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

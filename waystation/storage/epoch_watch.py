"""The epoch, asked five times a second by every gateway: so without the machinery of `Database`."""

import asyncio
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg

from waystation.storage.database import (
    CONNECT_SECONDS,
    Database,
    Epochs,
    StorageAway,
    read_epochs,
)

_QUESTION = "SELECT epoch, routing FROM main.config_epoch"
_BUSY_SECONDS = 0.05
_ANSWER_SECONDS = 5.0


class EpochWatch:
    """One connection is kept, on SQLite as long as the file at the path is the same one. There the
    question is asked in place: a reader of a WAL never waits for a writer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Any = None
        self._file: sqlite3.Connection | None = None
        self._inode = (0, 0)

    async def read(self) -> Epochs:
        """Raises StorageAway."""
        if self._database.path is not None:
            return self._read_file(self._database.path)
        if self._database.dsn is not None:
            return await self._read_postgres(self._database.dsn)
        async with self._database.read() as connection:
            return await read_epochs(connection)

    async def close(self) -> None:
        self._close_file()
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=1)

    async def _read_postgres(self, dsn: str) -> Epochs:
        try:
            if self._connection is None:
                self._connection = await asyncpg.connect(
                    dsn, timeout=CONNECT_SECONDS, command_timeout=_ANSWER_SECONDS
                )
            return Epochs(*await self._connection.fetchrow(_QUESTION))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
            self._drop()
            raise StorageAway(str(fault) or type(fault).__name__) from fault
        except asyncio.CancelledError:
            self._drop()
            raise

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    def _read_file(self, path: Path) -> Epochs:
        try:
            status = os.stat(path)
            if self._file is None or self._inode != (status.st_dev, status.st_ino):
                self._close_file()
                place = f"{path.absolute().as_uri()}?mode=ro"
                self._file = sqlite3.connect(place, uri=True, timeout=_BUSY_SECONDS)
                self._inode = (status.st_dev, status.st_ino)
            row = self._file.execute(_QUESTION).fetchone()
        except (OSError, sqlite3.Error) as fault:
            self._close_file()
            raise StorageAway(str(fault)) from fault
        if row is None:
            raise StorageAway("the configuration's epoch is missing")
        return Epochs(*row)

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

"""The other system's SQLite file."""

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from waystation.control.importing.source import SourceAway


class SqliteSource:
    kind = "SQLite"

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        if not self._path.is_file():
            raise SourceAway(f"{self._path}: there is no such file")
        try:
            self._connection = sqlite3.connect(
                f"{self._path.resolve().as_uri()}?mode=ro",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
            )
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("BEGIN")
            self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as fault:
            await self.close()
            raise SourceAway(f"{self._path}: {fault}") from fault

    def quoted(self, name: str) -> str:
        return f'"{name}"'

    async def columns(self, table: str) -> frozenset[str]:
        rows = await self.query(f"PRAGMA table_info({self.quoted(table)})")
        return frozenset(row["name"] for row in rows)

    async def query(self, sql: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
        return await asyncio.to_thread(self._query, sql, values)

    def _query(self, sql: str, values: Sequence[object]) -> list[dict[str, Any]]:
        assert self._connection is not None
        try:
            rows = self._connection.execute(sql, tuple(values))
            return [dict(row) for row in rows]
        except sqlite3.Error as fault:
            raise SourceAway(f"{self._path}: {fault}") from fault

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

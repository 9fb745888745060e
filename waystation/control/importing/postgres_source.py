"""The other system's PostgreSQL database."""

import re
from collections.abc import Sequence
from typing import Any

import asyncpg

from waystation.control.importing.source import SourceAway

_CONNECT_SECONDS = 10.0
_STATEMENT_SECONDS = 600.0
_OURS = re.compile(r"[?&](?:TimeZone|timezone)=[^&]*")
_NAME = "SELECT column_name AS name FROM information_schema.columns WHERE table_name = ? AND "


class PostgresSource:
    kind = "PostgreSQL"

    def __init__(self, dsn: str) -> None:
        self._dsn = _OURS.sub("", dsn)
        self._connection: Any = None

    async def open(self) -> None:
        try:
            self._connection = await asyncpg.connect(
                self._dsn, timeout=_CONNECT_SECONDS, command_timeout=_STATEMENT_SECONDS
            )
            await self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        except (OSError, ValueError, TimeoutError, asyncpg.PostgresError) as fault:
            await self.close()
            raise SourceAway(f"PostgreSQL: {fault or type(fault).__name__}") from fault

    def quoted(self, name: str) -> str:
        return f'"{name}"'

    async def columns(self, table: str) -> frozenset[str]:
        rows = await self.query(f"{_NAME}table_schema = current_schema()", (table,))
        return frozenset(row["name"] for row in rows)

    async def query(self, sql: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
        parts = sql.split("?")
        numbered = "".join(f"{part}${at}" for at, part in enumerate(parts[:-1], 1)) + parts[-1]
        try:
            return [dict(row) for row in await self._connection.fetch(numbered, *values)]
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
            raise SourceAway(f"PostgreSQL: {fault or type(fault).__name__}") from fault

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

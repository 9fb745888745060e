"""The other system's MySQL or MariaDB database."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pymysql
from pymysql.cursors import DictCursor

from waystation.control.importing.source import SourceAway

_CONNECT_SECONDS = 10
_READ_SECONDS = 600
_GO = re.compile(r"(?P<login>.*)@(?P<net>tcp|unix)\((?P<at>[^)]*)\)/(?P<name>[^?]*)(?:\?.*)?", re.S)
_COLUMNS = (
    "SELECT column_name AS name FROM information_schema.columns "
    "WHERE table_schema = DATABASE() AND table_name = ?"
)


def mysql_place(dsn: str) -> dict[str, Any]:
    """What pymysql.connect takes. Raises SourceAway."""
    found = _GO.fullmatch(dsn.removeprefix("mysql://"))
    if found is not None:
        user, _, password = found["login"].partition(":")
        place: dict[str, Any] = {"user": user, "password": password, "database": found["name"]}
        if found["net"] == "unix":
            return place | {"unix_socket": found["at"]}
        host, _, port = found["at"].rpartition(":")
        return place | {"host": host or found["at"], "port": int(port) if host else 3306}
    try:
        parts = urlsplit(dsn)
        port = parts.port or 3306
    except ValueError as wrong:
        raise SourceAway(f"not an address of MySQL: {wrong}") from None
    place = {
        "host": parts.hostname or "127.0.0.1",
        "port": port,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": parts.path.lstrip("/"),
    }
    sockets = parse_qs(parts.query).get("unix_socket")
    return place | ({"unix_socket": sockets[0]} if sockets else {})


class MysqlSource:
    kind = "MySQL"

    def __init__(self, place: dict[str, Any]) -> None:
        self._place = place
        self._connection: Any = None

    async def open(self) -> None:
        try:
            self._connection = await asyncio.to_thread(self._connect)
        except (pymysql.MySQLError, OSError, RuntimeError) as fault:
            await self.close()
            raise SourceAway(f"MySQL: {fault}") from fault

    def _connect(self) -> Any:
        connection = pymysql.connect(
            **self._place,
            charset="utf8mb4",
            cursorclass=DictCursor,
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
        )
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        return connection

    def quoted(self, name: str) -> str:
        return f"`{name}`"

    async def columns(self, table: str) -> frozenset[str]:
        return frozenset(str(row["name"]) for row in await self.query(_COLUMNS, (table,)))

    async def query(self, sql: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
        return await asyncio.to_thread(self._query, sql.replace("?", "%s"), values)

    def _query(self, sql: str, values: Sequence[object]) -> list[dict[str, Any]]:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql, tuple(values) or None)
                return list(cursor.fetchall())
        except pymysql.MySQLError as fault:
            raise SourceAway(f"MySQL: {fault}") from fault

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await asyncio.to_thread(connection.close)

"""The other system's database, read in one consistent view; nothing is written to it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

PAGE_ROWS = 5_000

Row = Mapping[str, Any]


class SourceAway(Exception):
    """It cannot be reached or read, or is not what it was said to be."""


class Source(Protocol):
    """One database. SQL is written with `?`; names go through `quoted`."""

    kind: str

    async def open(self) -> None:
        """Raises SourceAway."""

    def quoted(self, name: str) -> str: ...

    async def columns(self, table: str) -> frozenset[str]:
        """None: there is no such table."""

    async def query(self, sql: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
        """Raises SourceAway."""

    async def close(self) -> None: ...


def open_source(dsn: str) -> Source:
    """dsn: a file, sqlite://…, mysql://…, postgresql://…, or as those systems have it in SQL_DSN
    (user:password@tcp(host:3306)/name). Not connected yet. Raises SourceAway."""
    scheme = dsn.partition("://")[0] if "://" in dsn else ""
    if scheme in ("postgres", "postgresql"):
        from waystation.control.importing.postgres_source import PostgresSource

        return PostgresSource(dsn)
    if scheme in ("mysql", "mariadb") or "@tcp(" in dsn or "@unix(" in dsn:
        from waystation.control.importing.mysql_source import MysqlSource, mysql_place

        return MysqlSource(mysql_place(dsn))
    if scheme not in ("", "sqlite", "file"):
        raise SourceAway(f"{scheme}:// is none of sqlite, mysql and postgresql")
    from waystation.control.importing.sqlite_source import SqliteSource

    path = unquote(urlsplit(dsn).path) if scheme else dsn.partition("?")[0]
    return SqliteSource(path.removeprefix("/") if dsn.startswith("sqlite:///./") else path)


async def known_columns(source: Source, table: str, wanted: Sequence[str]) -> list[str]:
    """Those of the wanted columns that this version of the other system has."""
    there = await source.columns(table)
    return [name for name in wanted if name in there]


async def pages(
    source: Source, table: str, wanted: Sequence[str], where: str = "", after: int = 0
) -> AsyncIterator[list[dict[str, Any]]]:
    """All rows by their ids, a page at a time. where: more of the condition, with AND before."""
    names = await known_columns(source, table, wanted)
    if "id" not in names:
        return
    shown = ", ".join(source.quoted(name) for name in names)
    sql = (
        f"SELECT {shown} FROM {source.quoted(table)} WHERE id > ?{where} "  # noqa: S608
        f"ORDER BY id LIMIT {PAGE_ROWS}"
    )
    while True:
        page = await source.query(sql, (after,))
        if not page:
            return
        yield page
        after = int(page[-1]["id"])


def text(row: Row, name: str) -> str:
    """ "" for NULL and for a column that is not there."""
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, bytes | bytearray):
        value = value.decode("utf-8", "replace")
    return str(value).replace("\x00", "").strip()


def number(row: Row, name: str, default: int = 0) -> int:
    value = row.get(name)
    if value is None or value == "":
        return default
    try:
        return int(value)
    except (TypeError, ValueError):
        return default


def flag(row: Row, name: str) -> bool:
    value = row.get(name)
    if isinstance(value, bytes | bytearray):  # MySQL's BIT
        return any(value)
    return bool(value) and str(value).lower() not in ("0", "false")

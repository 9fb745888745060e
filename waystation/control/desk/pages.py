"""Pages by keyset: a cursor says after which row to go on, so that no page counts what it skips."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta
from sqlalchemy import Column, Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.errors import Fault
from waystation.storage.database import Database

Item = TypeVar("Item")

Limit = Annotated[int, Meta(ge=1, le=100)]
Cursor = Annotated[str, Meta(max_length=200)]
Number = Annotated[int, Meta(ge=0, le=2**53)]
"""A row's number in a query; 0: any."""
_MS_MAX = 253_370_764_800_000
"""The last year that can be written."""


class Page(msgspec.Struct, Generic[Item], frozen=True):
    """next_cursor: for the page after this one; null: there is none."""

    data: list[Item]
    next_cursor: str | None = None


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """limit: rows at most. cursor: the next_cursor of the page before."""

    limit: Limit = 20
    cursor: Cursor = ""


def write_cursor(*place: int) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(place)).decode().rstrip("=")


def read_cursor(text: str, count: int) -> tuple[int, ...]:
    """Raises Fault (invalid_value). "" is the beginning: zeroes."""
    if not text:
        return (0,) * count
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        place: tuple[int, ...] = msgspec.msgpack.decode(raw, type=tuple[int, ...])
    except (binascii.Error, ValueError):
        place = ()
    if len(place) != count or not all(0 <= each < 2**62 for each in place):
        raise Fault("invalid_value", param="cursor", reason="not a cursor of this list")
    return place


async def page_by_id(
    connection: AsyncConnection,
    query: Select[Any],
    key: Column[Any],
    asked: PageQuery,
    show: Callable[[Any], Item],
) -> Page[Item]:
    """Newest first. Raises Fault (invalid_value)."""
    (before,) = read_cursor(asked.cursor, 1)
    if before:
        query = query.where(key < before)
    found = await connection.execute(query.order_by(key.desc()).limit(asked.limit + 1))
    rows: Sequence[Any] = found.all()
    shown = [show(row) for row in rows[: asked.limit]]
    more = len(rows) > asked.limit
    last = rows[asked.limit - 1] if more else None
    return Page(shown, None if last is None else write_cursor(last._mapping[key.name]))


async def all_by_id(
    database: Database, table: Table, asked: PageQuery, show: Callable[[Any], Item]
) -> Page[Item]:
    """A whole table, newest first. Raises Fault (invalid_value), StorageAway."""
    async with database.read() as connection:
        return await page_by_id(connection, select(table), table.c.id, asked, show)


def at(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def at_or_none(ms: int | None) -> datetime | None:
    return at(ms) if ms else None


def ms_of(moment: datetime) -> int:
    """Raises Fault (invalid_value) for a time without a zone, or out of all bounds."""
    if moment.tzinfo is None:
        raise Fault("invalid_value", param="time", reason="needs a zone: 2027-01-01T00:00:00Z")
    ms = int(moment.timestamp() * 1000)
    if not 0 <= ms <= _MS_MAX:
        raise Fault("invalid_value", param="time", reason="from 1970 to 9998")
    return ms

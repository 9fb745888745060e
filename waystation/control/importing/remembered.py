"""Which of theirs became which of ours: the table `imports`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.storage.main import imports

_CHUNK = 500


class Remembered:
    """Of one origin."""

    def __init__(self, origin: str) -> None:
        self.origin = origin

    async def known(self, connection: AsyncConnection, kind: str) -> dict[str, int | None]:
        """All of a kind: their id → ours."""
        query = select(imports.c.foreign_id, imports.c.our_id).where(*self._mine(kind))
        return {row.foreign_id: row.our_id for row in await connection.execute(query)}

    async def among(
        self, connection: AsyncConnection, kind: str, ids: Iterable[object]
    ) -> dict[str, int | None]:
        """Of these alone."""
        asked = [str(each) for each in ids]
        found: dict[str, int | None] = {}
        for at in range(0, len(asked), _CHUNK):
            query = select(imports.c.foreign_id, imports.c.our_id).where(
                *self._mine(kind), imports.c.foreign_id.in_(asked[at : at + _CHUNK])
            )
            rows = await connection.execute(query)
            found |= {row.foreign_id: row.our_id for row in rows}
        return found

    async def totals(self, connection: AsyncConnection, kind: str) -> tuple[int, int, int]:
        """(how many, units, nanos)"""
        query = select(
            func.count(),
            func.coalesce(func.sum(imports.c.units), 0),
            func.coalesce(func.sum(imports.c.nanos), 0),
        ).where(*self._mine(kind))
        many, units, nanos = (await connection.execute(query)).one()
        return int(many), int(units), int(nanos)

    async def state(self, connection: AsyncConnection, kind: str, name: str) -> str:
        query = select(imports.c.state).where(*self._mine(kind), imports.c.foreign_id == name)
        return str((await connection.execute(query)).scalar() or "")

    async def remember(
        self, connection: AsyncConnection, kind: str, rows: Sequence[Mapping[str, Any]], now_ms: int
    ) -> None:
        """rows: foreign_id, our_id, and units and nanos where there are some."""
        if rows:
            usual = {"origin": self.origin, "kind": kind, "created_ms": now_ms}
            await connection.execute(insert(imports), [{**usual, **row} for row in rows])

    async def put_state(
        self, connection: AsyncConnection, kind: str, name: str, state: str, now_ms: int
    ) -> None:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(imports).values(
            origin=self.origin, kind=kind, foreign_id=name, state=state, created_ms=now_ms
        )
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=["origin", "kind", "foreign_id"], set_={"state": state}
            )
        )

    def _mine(self, kind: str) -> tuple[Any, ...]:
        return imports.c.origin == self.origin, imports.c.kind == kind


async def ids_by(
    connection: AsyncConnection, column: Column[Any], keys: Sequence[Any]
) -> list[int]:
    """The ids of rows that were just written, in the order of their natural keys: many rows go in
    by one statement only when none of them is asked back."""
    found: dict[Any, int] = {}
    for at in range(0, len(keys), _CHUNK):
        query = select(column, column.table.c.id).where(column.in_(keys[at : at + _CHUNK]))
        found |= {row[0]: int(row[1]) for row in await connection.execute(query)}
    return [found[key] for key in keys]

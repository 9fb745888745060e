"""One transaction of an apply: what every kind of row shares."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Table, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.apply.change import Action, Change, Kind, Minted
from waystation.control.apply.document import Document
from waystation.storage.main import outbox
from waystation.storage.sealing import Sealing

CHUNK = 500
_FIELDS = {
    "account_group": "group",
    "digest": "key",
    "expires_ms": "expires",
    "mask": "key",
    "own_members": "channels",
    "password_hash": "password",
}
Item = TypeVar("Item")


class Wish(msgspec.Struct, frozen=True):
    """A row by its natural key. keys: the columns of that key. columns: the rest, as stored."""

    name: str
    keys: Mapping[str, Any]
    columns: Mapping[str, Any]


class Hashed(NamedTuple):
    """seen: the hash that was stored when the password was judged. stored: what shall be."""

    seen: str | None
    stored: str


class ManagedRow(Exception):
    """The configuration file manages it, so nobody else changes it."""

    def __init__(self, kind: Kind, name: str) -> None:
        super().__init__(kind, name)
        self.kind = kind
        self.name = name


class Run:
    """hashes: by e-mail, made before the lock was taken. routing: whether anything changed that
    gateways route by. managed: of rows that are written; False: by hand, and what a file manages
    is refused as ManagedRow."""

    def __init__(
        self,
        connection: AsyncConnection,
        document: Document,
        sealing: Sealing,
        *,
        epoch: int,
        now_ms: int,
        prune: bool,
        hashes: Mapping[str, Hashed],
        managed: bool = True,
    ) -> None:
        self.connection = connection
        self.document = document
        self.sealing = sealing
        self.epoch = epoch
        self.now_ms = now_ms
        self.prune = prune
        self.hashes = hashes
        self.managed = managed
        self.routing = False
        self.changes: list[Change] = []
        self.minted: list[Minted] = []

    def note(self, action: Action, kind: Kind, name: str, fields: Sequence[str] = ()) -> None:
        self.changes.append(Change(action, kind, name, tuple(fields)))

    def renote(self, kind: Kind, name: str, fields: Sequence[str]) -> None:
        """The row was as wished, but what hangs on it was not."""
        self.changes.remove(Change("unchanged", kind, name))
        self.note("updated", kind, name, fields)

    async def write(
        self,
        table: Table,
        kind: Kind,
        wishes: Iterable[Wish],
        existing: Mapping[str, Any],
        fresh: Mapping[str, Any] | None = None,
        touched: Mapping[str, Any] | None = None,
    ) -> set[str]:
        """Make the rows what they are wished to be. existing: rows by natural key. fresh, touched:
        further columns of new and of changed rows. Returns the names that were not as wished."""
        new: list[dict[str, Any]] = []
        changed: set[str] = set()
        for wish in wishes:
            row = existing.get(wish.name)
            if row is None:
                new.append({**wish.keys, **wish.columns, "managed": self.managed, **(fresh or {})})
                self.note("created", kind, wish.name)
                changed.add(wish.name)
                continue
            self.may_change(kind, wish.name, row)
            values = differences(row, {**wish.columns, "managed": self.managed})
            self.note("updated" if values else "unchanged", kind, wish.name, _shown(values))
            if values:
                changed.add(wish.name)
                which = [table.c[name] == value for name, value in wish.keys.items()]
                await self.connection.execute(
                    update(table).where(*which).values({**values, **(touched or {})})
                )
        for part in chunks(new, CHUNK):
            await self.connection.execute(insert(table), part)
        return changed

    def may_change(self, kind: Kind, name: str, row: Any) -> None:
        """Raises ManagedRow."""
        if row.managed and not self.managed:
            raise ManagedRow(kind, name)

    async def tell(self, kind: str, versions: Iterable[tuple[str, int]]) -> None:
        """Put into the outbox that the ledger must learn these rows, once for each."""
        dialect = postgresql if self.connection.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(outbox)
        statement = statement.on_conflict_do_update(
            index_elements=["kind", "ref"],
            set_={"version": statement.excluded.version, "acked_ms": None, "problem": ""},
        )
        rows = [
            {"kind": kind, "ref": ref, "version": version, "created_ms": self.now_ms}
            for ref, version in versions
        ]
        for part in chunks(rows, CHUNK):
            await self.connection.execute(statement, part)


def _shown(columns: Iterable[str]) -> list[str]:
    """Columns by the names that the file has for them."""
    return list(dict.fromkeys(_FIELDS.get(name, name) for name in columns))


def differences(row: Any, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that are not what they should be."""
    facts = row._mapping
    return {name: value for name, value in columns.items() if facts[name] != value}


def chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part

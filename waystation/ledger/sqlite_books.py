"""The ledger's books in one SQLite file, locked by this process alone.

What was touched stays in memory, so a batch reads little and writes what it changed. The commit
blocks the process: what arrives meanwhile is the next batch.

When anything fails, the connection and all that is in memory are dropped and the next batch opens
them anew. Whether a commit of unknown outcome happened is told by the number of the batch, which
is written in it; holds that turn out to be there although their callers were told otherwise are
voided then.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from waystation.ledger.books import BooksAway, BooksLocked, Posted
from waystation.ledger.calendar import Calendar
from waystation.ledger.copying import NAME, copy_file
from waystation.ledger.decide import decide
from waystation.ledger.doubt import Doubt
from waystation.ledger.messages import Decision, TakeSlot
from waystation.ledger.migrate import migrate_sqlite
from waystation.ledger.poison import settle_singly
from waystation.ledger.queries import Question
from waystation.ledger.slots import Slots
from waystation.ledger.sqlite_answers import ask, audit_copy
from waystation.ledger.sqlite_shelves import load_state, trim
from waystation.ledger.sqlite_writer import write
from waystation.ledger.state import Changes, State

NODE = "local"
LOCK_SECONDS_MAX = 0.5
KEPT_MAX = 100_000
KEYS_PURGE_MS = 3_600_000
KEYS_KEPT_MS = 25 * 3_600_000
PURGE_KEYS = "DELETE FROM idempotency_keys WHERE created_ms < ?"

OWN_FAULTS = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)
"""Of the values written, not of the disk."""

T = TypeVar("T")


class SqliteBooks:
    """kept_max: accounts, tokens and the like that stay in memory when idle."""

    def __init__(
        self, path: Path, *, time_zone: str = "Asia/Shanghai", kept_max: int = KEPT_MAX
    ) -> None:
        self._path = path
        self._calendar = Calendar(time_zone)
        self._kept_max = kept_max
        self._slots = Slots()
        self._connection: sqlite3.Connection | None = None
        self._state: State | None = None
        self._batch = 0
        self._doubt: Doubt | None = None
        self._purged_ms = 0
        self._single = False

    async def open(self) -> None:
        """Raises BooksLocked, BooksAway, LedgerTooNewError."""
        self._away(self._open)

    async def settle(self, batch: Sequence[Posted], now_ms: int) -> list[Decision | None]:
        if self._state is None:
            self._away(self._open)
        if self._doubt is not None:
            self._clear_doubt(now_ms)
        try:
            decisions = self._settle(batch, now_ms)
        except BooksAway:
            raise
        except Exception:
            # Not the store: something in the batch itself. Alone, it is the caller's to set aside.
            if len(batch) == 1 and self._single:
                raise
            decisions = await self._settle_singly(batch, now_ms)
        for index, posted in enumerate(batch):
            if decisions[index] is None and isinstance(posted.command, Question):
                decisions[index] = self._answer(posted.command)
        return decisions

    async def _settle_singly(self, batch: Sequence[Posted], now_ms: int) -> list[Decision | None]:
        self._single = True
        try:
            return await settle_singly(self.settle, batch, now_ms)
        finally:
            self._single = False

    async def report(self) -> bytes:
        """Needs room on the disk for a second copy while it runs."""
        if self._connection is None:
            self._away(self._open)
        connection = self._connection
        assert connection is not None
        try:
            return await asyncio.to_thread(audit_copy, connection, self._path)
        except sqlite3.Error as error:
            raise BooksAway(str(error)) from error

    async def copy(self, name: str) -> None:
        if NAME.fullmatch(name) is None:
            raise BooksAway(f"{name!r} is not the name of a copy")
        if self._connection is None:
            self._away(self._open)
        connection = self._connection
        assert connection is not None
        try:
            await asyncio.to_thread(copy_file, connection, self._path.with_name(name))
        except sqlite3.Error as error:
            raise BooksAway(str(error)) from error

    async def close(self) -> None:
        self._drop()

    @property
    def open_holds(self) -> int:
        return 0 if self._state is None else len(self._state.holds)

    def _settle(self, batch: Sequence[Posted], now_ms: int) -> list[Decision | None]:
        state = self._state
        assert state is not None
        try:
            decisions, changes = decide(state, batch, now_ms)
            if changes.empty:
                return decisions
            self._begin(changes, now_ms)
        except BaseException as error:
            self._fail(batch)
            if isinstance(error, sqlite3.Error) and not isinstance(error, OWN_FAULTS):
                raise BooksAway(str(error)) from error
            raise
        self._commit(batch, changes)
        if self._state is state:
            trim(state, self._kept_max)
        return decisions

    def _begin(self, changes: Changes, now_ms: int) -> None:
        """All writes of the batch, up to the commit."""
        connection = self._connection
        assert connection is not None
        connection.execute("BEGIN IMMEDIATE")
        self._batch += 1
        write(connection, changes, NODE, self._batch)
        if now_ms - self._purged_ms >= KEYS_PURGE_MS:
            self._purge_keys(connection, now_ms)

    def _commit(self, batch: Sequence[Posted], changes: Changes) -> None:
        """Raises BooksAway when it did not happen, or nobody can tell."""
        connection = self._connection
        assert connection is not None
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._doubt = Doubt(self._batch, tuple(changes.holds_new))
            self._fail(batch)
            self._away(self._open)
            if self._doubt.happened(self._batch):
                self._doubt = None
                return
            self._doubt = None
            raise BooksAway(str(error)) from error

    def _clear_doubt(self, now_ms: int) -> None:
        """A commit failed and the store was away since. Now it can be told what became of it."""
        doubt = self._doubt
        assert doubt is not None
        assert self._state is not None
        if doubt.happened(self._batch):
            self._settle(doubt.voids(self._state.holds, now_ms), now_ms)
        self._doubt = None

    def _answer(self, question: Question) -> Decision | None:
        """None when the store failed just now: the batch itself is committed."""
        try:
            return self._ask(question)
        except sqlite3.Error:
            self._drop()
            return None

    def _ask(self, question: Question) -> Decision | None:
        return None if self._connection is None else ask(self._connection, question)

    def _open(self) -> None:
        connection = sqlite3.connect(
            self._path,
            timeout=LOCK_SECONDS_MAX,
            isolation_level=None,
            cached_statements=256,
            check_same_thread=False,  # the audit copies it from a thread of its own
        )
        try:
            for pragma in (
                "locking_mode = EXCLUSIVE",
                "journal_mode = WAL",
                "synchronous = FULL",
                "cache_size = -131072",
                "wal_autocheckpoint = 4000",
                "temp_store = MEMORY",
            ):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
            migrate_sqlite(connection)
            self._batch = self._read_batch(connection)
            self._state = load_state(connection, self._calendar, NODE, self._slots)
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    @staticmethod
    def _read_batch(connection: sqlite3.Connection) -> int:
        row = connection.execute("SELECT batch FROM nodes WHERE node = ?", (NODE,)).fetchone()
        return 0 if row is None else int(row[0])

    def _purge_keys(self, connection: sqlite3.Connection, now_ms: int) -> None:
        connection.execute(PURGE_KEYS, (now_ms - KEYS_KEPT_MS,))
        self._purged_ms = now_ms

    def _fail(self, batch: Sequence[Posted]) -> None:
        """Forget everything; slots, which are only in memory, as the callers will think."""
        self._drop()
        for posted in batch:
            if isinstance(posted.command, TakeSlot):
                self._slots.give(posted.command.slot_id)

    def _drop(self) -> None:
        connection, self._connection, self._state = self._connection, None, None
        if connection is not None:
            try:
                connection.close()
            except sqlite3.Error:
                # A full disk may refuse the last checkpoint; the log file keeps it for next time.
                pass

    def _away(self, act: Callable[..., T], *arguments: Any) -> T:
        """Run it; SQLite's faults become ours, and what is in memory is then dropped."""
        try:
            return act(*arguments)
        except sqlite3.Error as error:
            self._drop()
            if "locked" in str(error):
                raise BooksLocked(f"{self._path} is in use by another process") from error
            raise BooksAway(str(error)) from error

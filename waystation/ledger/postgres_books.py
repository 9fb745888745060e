"""The ledger's books in PostgreSQL, shared by the ledgers of several nodes.

Each batch is one transaction: lock the accounts it touches in the order of their ids, load what
belongs to them, decide with the same function as everywhere, write set-based, and check the node's
lease by the database's clock as the last thing before the commit.

A node is one session: an advisory lock keeps a second ledger of the same node out, and a new
session gets it only when the old one has ended, so that a commit of unknown outcome can be judged
by the batch number in the node's row.

Channel slots are not rows: each node has its share of a channel's limit, by its place among the
living nodes. Exact counting would make every attempt on a busy channel queue for one row that all
nodes lock for the length of a commit.
"""

import asyncio
import secrets
import time
from collections.abc import Sequence

import asyncpg

from waystation.kernel.clock import now_ms as clock_ms
from waystation.ledger.books import BooksAway, BooksLocked, KeepLease, Posted
from waystation.ledger.calendar import Calendar
from waystation.ledger.decide import decide
from waystation.ledger.doubt import Doubt
from waystation.ledger.messages import Decision, TakeSlot
from waystation.ledger.migrate import migrate_postgres
from waystation.ledger.poison import settle_singly
from waystation.ledger.postgres_answers import ask
from waystation.ledger.postgres_loader import ALIVE_AGAIN, Loader
from waystation.ledger.postgres_node import LeaseLapsedError, Node
from waystation.ledger.postgres_parts import make_ahead
from waystation.ledger.postgres_wants import Wants
from waystation.ledger.postgres_writer import write
from waystation.ledger.queries import Question
from waystation.ledger.questions import AskAudit, AuditState
from waystation.ledger.slots import Slots
from waystation.ledger.state import Changes, State

CONNECT_SECONDS_MAX = 5.0
COMMAND_SECONDS_MAX = 15.0
OUTCOME_SECONDS_MAX = 5.0
TRIES_MAX = 6
OWNERS_MAX = 100_000
KEYS_PURGE_MS = 3_600_000
KEYS_KEPT_MS = 25 * 3_600_000
PURGE_KEYS = "DELETE FROM idempotency_keys WHERE created_ms < $1"

StoreFaults = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
OwnFaults = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.SyntaxOrAccessError,
    ValueError,
)
"""Of the values written, not of the server."""


class _AgainError(Exception):
    """Roll back and decide anew, with so many numbers for new rows."""

    def __init__(self, numbers: int) -> None:
        super().__init__(numbers)
        self.numbers = numbers


class PostgresBooks:
    """dsn: postgresql://…. node: this machine's name, unique among the ledgers that share it.
    log_days: how long rows of the log are kept, which decides how it is divided; 0: for ever."""

    def __init__(
        self,
        dsn: str,
        *,
        node: str,
        time_zone: str = "Asia/Shanghai",
        lease_seconds: float = 10.0,
        log_days: int = 90,
    ) -> None:
        self._dsn = dsn
        self._calendar = Calendar(time_zone)
        self._slots = Slots()
        self._node = Node(node, secrets.token_hex(8), round(lease_seconds * 1000))
        self._connection: asyncpg.Connection | None = None
        self._owners: dict[str, int] = {}
        self._doubt: Doubt | None = None
        self._single = False
        self._purged_ms = 0
        self._log_days = log_days

    async def open(self) -> None:
        """Raises BooksLocked, BooksAway, LedgerTooNewError."""
        await self._connect()

    async def settle(self, batch: Sequence[Posted], now_ms: int) -> list[Decision | None]:
        try:
            return await self._settle_all(batch, now_ms)
        except BooksAway:
            self._give_back(batch)
            raise
        except BaseException as error:
            self._drop()
            self._give_back(batch)
            if isinstance(error, StoreFaults) and not isinstance(error, OwnFaults):
                raise BooksAway(str(error) or type(error).__name__) from error
            if not isinstance(error, Exception) or (len(batch) == 1 and self._single):
                raise
        # Not the store: something in the batch itself.
        self._single = True
        try:
            return await settle_singly(self.settle, batch, now_ms)
        finally:
            self._single = False

    async def report(self) -> bytes:
        try:
            connection = await self._dial()
        except (*StoreFaults, ValueError) as error:
            raise BooksAway(str(error) or type(error).__name__) from error
        try:
            told = await ask(connection, AskAudit("report"))
        finally:
            connection.terminate()
        if not isinstance(told, AuditState):
            raise BooksAway("the connection was lost")
        return told.report

    async def copy(self, name: str) -> None:
        raise BooksAway("books in PostgreSQL are backed up by pg_dump")

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            await self._node.leave(connection)
            await connection.close(timeout=CONNECT_SECONDS_MAX)
        except StoreFaults:
            # It is ending anyway, and the lease lapses by itself.
            connection.terminate()

    async def _settle_all(self, batch: Sequence[Posted], now_ms: int) -> list[Decision | None]:
        connection = self._connection
        if connection is None or connection.is_closed():
            connection = await self._connect()
        if self._doubt is not None:
            await self._clear_doubt(connection, now_ms)
        if any(isinstance(posted.command, KeepLease) for posted in batch):
            await self._upkeep(connection, now_ms)
        decisions = await self._settle(connection, batch, now_ms)
        for index, posted in enumerate(batch):
            if decisions[index] is None and isinstance(posted.command, Question):
                decisions[index] = await ask(self._connection, posted.command)
        return decisions

    async def _upkeep(self, connection: asyncpg.Connection, now_ms: int) -> None:
        await self._node.renew(connection, self._slots)
        if now_ms - self._purged_ms >= KEYS_PURGE_MS:
            await connection.execute(PURGE_KEYS, now_ms - KEYS_KEPT_MS)
            await make_ahead(connection, clock_ms(), self._log_days)
            self._purged_ms = now_ms

    async def _settle(
        self, connection: asyncpg.Connection, batch: Sequence[Posted], now_ms: int
    ) -> list[Decision | None]:
        if Wants(batch).nothing:
            return decide(self._new_state(), batch, now_ms)[0]
        numbers = len(batch)
        for _ in range(TRIES_MAX):
            await self._node.claim_numbers(connection, numbers)
            try:
                await connection.execute("BEGIN")
                decisions, changes = await self._decide(connection, batch, now_ms)
            except LeaseLapsedError:
                await connection.execute("ROLLBACK")
                await self._node.renew(connection, self._slots)
            except _AgainError as again:
                await connection.execute("ROLLBACK")
                numbers = again.numbers
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                await connection.execute("ROLLBACK")
            else:
                await self._commit(connection, changes)
                return decisions
        raise BooksAway("the batch was rolled back again and again")

    async def _decide(
        self, connection: asyncpg.Connection, batch: Sequence[Posted], now_ms: int
    ) -> tuple[list[Decision | None], Changes]:
        """All of the transaction but its end."""
        state = self._new_state()
        await Loader(connection, self._owners).load(state, Wants(batch))
        numbers = len(batch) + len(state.holds)
        if not self._node.numbers_suffice(numbers):
            raise _AgainError(numbers)
        state.transfer_n = state.log_n = self._node.number
        decisions, changes = decide(state, batch, now_ms)
        if changes.empty:
            return decisions, changes
        self._node.number = max(state.transfer_n, state.log_n)
        await write(connection, changes)
        if state.dead_nodes and await connection.fetch(ALIVE_AGAIN, list(state.dead_nodes)):
            raise _AgainError(numbers)
        await self._node.stamp(connection)
        return decisions, changes

    async def _commit(self, connection: asyncpg.Connection, changes: Changes) -> None:
        """Raises BooksAway when it did not happen, or nobody can tell."""
        if changes.empty:
            await connection.execute("ROLLBACK")
            return
        self._doubt = Doubt(self._node.batch, tuple(changes.holds_new))
        try:
            await connection.execute("COMMIT")
        except StoreFaults as error:
            self._drop()
            if not await self._happened(self._doubt):
                raise BooksAway(str(error) or type(error).__name__) from error
        self._doubt = None
        self._remember(changes)

    async def _happened(self, doubt: Doubt) -> bool:
        """Connect anew and look. Raises BooksAway when that is not possible soon."""
        deadline = time.monotonic() + OUTCOME_SECONDS_MAX
        while True:
            try:
                connection = await self._connect()
                happened = doubt.happened(await self._node.read_batch(connection))
            except (BooksAway, *StoreFaults) as error:
                self._drop()
                if time.monotonic() > deadline:
                    raise BooksAway("the outcome of a commit is not known yet") from error
                await asyncio.sleep(0.05)
                continue
            if not happened:
                self._doubt = None
            return happened

    async def _clear_doubt(self, connection: asyncpg.Connection, now_ms: int) -> None:
        """Callers were told that nothing happened; what did is taken back."""
        doubt = self._doubt
        assert doubt is not None
        if doubt.happened(await self._node.read_batch(connection)):
            state = self._new_state()
            wants = Wants(())
            wants.old_holds.update(doubt.holds)
            await Loader(connection, self._owners).load_unlocked(state, wants)
            voids = doubt.voids(state.holds, now_ms)
            if voids:
                await self._settle(connection, voids, now_ms)
        self._doubt = None

    async def _connect(self) -> asyncpg.Connection:
        """Connected, alone under this node's name, migrated, with a lease."""
        self._drop()
        try:
            connection = await self._dial()
        except (*StoreFaults, ValueError) as error:
            raise BooksAway(str(error) or type(error).__name__) from error
        try:
            await self._node.lock(connection)
            await migrate_postgres(connection)
            await make_ahead(connection, clock_ms(), self._log_days)
            await self._node.enter(connection, self._slots)
        except BooksLocked:
            connection.terminate()
            raise
        except StoreFaults as error:
            connection.terminate()
            raise BooksAway(str(error) or type(error).__name__) from error
        except BaseException:
            connection.terminate()
            raise
        self._connection = connection
        return connection

    async def _dial(self) -> asyncpg.Connection:
        return await asyncpg.connect(
            self._dsn,
            timeout=CONNECT_SECONDS_MAX,
            command_timeout=COMMAND_SECONDS_MAX,
            server_settings={
                "search_path": "ledger",
                "application_name": f"waystation ledger {self._node.name}",
                "idle_in_transaction_session_timeout": "10000",
                "synchronous_commit": "on",
            },
        )

    def _new_state(self) -> State:
        return State(self._calendar, self._node.name, self._slots)

    def _remember(self, changes: Changes) -> None:
        for hold in changes.holds_new.values():
            self._owners[hold.id] = hold.account_id
        for hold in changes.holds_ended:
            self._owners.pop(hold.id, None)
        if len(self._owners) > OWNERS_MAX:
            self._owners.clear()

    def _give_back(self, batch: Sequence[Posted]) -> None:
        for posted in batch:
            if isinstance(posted.command, TakeSlot):
                self._slots.give(posted.command.slot_id)

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

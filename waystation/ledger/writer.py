"""The one writer: what arrived while a batch was being committed is the next batch.

A batch of reports alone (resolutions and the like, whose senders wait for nothing) lingers for a
moment: the next request would wait for its commit, and can as well share it.

Decisions go back one frame per connection and batch. When the store is away, who waits is answered
`Away`; what reports something that has happened (resolutions, `sent`, `Lose`, …) stays in the inbox
and is tried again, in its order.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence

from waystation.ledger.books import Books, BooksAway, Internal, KeepLease, Lose, Posted
from waystation.ledger.connection import Connection
from waystation.ledger.copying import Copied, CopyBooks
from waystation.ledger.figures import Counters
from waystation.ledger.frames import Away, Reply
from waystation.ledger.log_upkeep import TidyLog
from waystation.ledger.messages import (
    Checkpoint,
    Command,
    Decision,
    Extend,
    GiveSlot,
    Hello,
    Hold,
    Note,
    Recall,
    Resolve,
    Sent,
    Swept,
    TakeSlot,
    Transfer,
)
from waystation.ledger.policies import PutAccount, PutGroup, PutToken
from waystation.ledger.questions import (
    AskAccount,
    AskAudit,
    AskFigures,
    AskLog,
    AskOpenHolds,
    AskPage,
    AskRow,
    AskSums,
    AskTaskHolds,
    AskToken,
    AskTransfers,
    AskVersions,
)

BATCH_MAX = 2_000
INBOX_MAX = 20_000
NOTES_KEPT_MAX = 5_000
RETRY_SECONDS = 0.1
LAST_TRIES = 20
LINGER_SECONDS = 0.002
_REPORTS = frozenset({Resolve, Sent, Checkpoint, Note, GiveSlot})

_Entry = tuple[Posted, Connection | None]
_ABOUT_ID = (
    AskAccount, AskToken, AskRow, AskPage, AskAudit, AskVersions, AskFigures, Transfer, Recall,
    AskOpenHolds, AskTaskHolds, AskLog, AskSums, AskTransfers, TidyLog, CopyBooks,
)  # fmt: skip
_PUTS = (PutAccount, PutToken, PutGroup)


class Writer:
    """on_full: called with True when the inbox is full, with False when there is room again."""

    def __init__(self, books: Books, on_full: Callable[[bool], None]) -> None:
        self.counters = Counters()
        self.connections = 0
        """Those of the server, for the figures."""
        self._books = books
        self._on_full = on_full
        self._full = False
        self._inbox: deque[_Entry] = deque()
        self._due = asyncio.Event()
        """There is a batch that must not wait any longer."""
        self._lingering: asyncio.TimerHandle | None = None
        self._stopping = False
        self._copies: set[asyncio.Task[None]] = set()
        self._is_away = False
        """The last batch failed: who asks is refused at once, until another has succeeded."""

    @property
    def inbox_count(self) -> int:
        return len(self._inbox)

    def put(self, connection: Connection, commands: Sequence[Command]) -> None:
        """Commands of a gateway or a tool, in their order."""
        if self._is_away:
            commands = _turn_away(connection, commands)
        gateway, boot = connection.gateway, connection.boot
        self._inbox.extend([(Posted(gateway, boot, one), connection) for one in commands])
        self._call(commands)
        if len(self._inbox) > INBOX_MAX and not self._full:
            self._full = True
            self._on_full(True)

    def put_internal(self, boot: str, command: Internal) -> None:
        """A command of the server itself; nobody hears its decision."""
        self._inbox.append((Posted("", boot, command), None))
        self._due.set()

    def withdraw_loss(self, gateway: str) -> None:
        """It is back before its loss was decided."""
        loss = Lose(gateway)
        if any(posted.command == loss for posted, _ in self._inbox):
            self._inbox = deque(entry for entry in self._inbox if entry[0].command != loss)

    def stop(self) -> None:
        """`run` returns when the inbox is empty, or the store does not come back soon."""
        self._stopping = True
        self._due.set()

    async def run(self) -> None:
        """Until `stop`. Raises whatever but BooksAway the books raise: then nothing is certain,
        and the process had better start anew."""
        tries = 0
        while self._inbox or not self._stopping:
            if not self._inbox or not self._due.is_set():
                self._due.clear()
                await self._due.wait()
                continue
            batch = self._take()
            try:
                await self._settle(batch)
                self._is_away = False
                tries = 0
            except BooksAway:
                self._is_away = True
                self._set_aside(batch)
                tries += 1
                if self._stopping and tries >= LAST_TRIES:
                    return
                await asyncio.sleep(RETRY_SECONDS)
                self.put_internal("", KeepLease())  # something to try with
        if self._copies:
            await asyncio.gather(*self._copies)

    def _call(self, commands: Sequence[Command]) -> None:
        """Have these settled: at once, or, where nobody waits for any, in a moment."""
        for command in commands:
            if type(command) not in _REPORTS:
                self._due.set()
                return
        if self._lingering is None:
            loop = asyncio.get_running_loop()
            self._lingering = loop.call_later(LINGER_SECONDS, self._linger_no_more)

    def _linger_no_more(self) -> None:
        self._lingering = None
        self._due.set()

    def _take(self) -> list[_Entry]:
        inbox = self._inbox
        if len(inbox) <= BATCH_MAX:
            batch = list(inbox)
            inbox.clear()
            if not self._stopping:
                self._due.clear()
        else:
            batch = [inbox.popleft() for _ in range(BATCH_MAX)]
        if self._full and len(inbox) < INBOX_MAX // 2:
            self._full = False
            self._on_full(False)
        return batch

    async def _settle(self, batch: list[_Entry]) -> None:
        began = time.perf_counter()
        decisions = await self._books.settle(
            [posted for posted, _ in batch], time.time_ns() // 1_000_000
        )
        self.counters.settled(len(batch), time.perf_counter() - began)
        assert len(decisions) == len(batch)
        self._route(batch, decisions)

    def _route(self, batch: list[_Entry], decisions: list[Decision | None]) -> None:
        touched: dict[Connection, None] = {}
        for (posted, connection), decision in zip(batch, decisions, strict=True):
            if connection is None:
                continue
            reply: Reply | None = decision
            if reply is None and isinstance(posted.command, CopyBooks):
                self._copy(connection, posted.command)
                continue
            if reply is None:
                reply = self._for_silence(posted.command)
                if reply is None:
                    continue
            connection.out.append(reply)
            touched[connection] = None
        for connection in touched:
            connection.flush()

    def _copy(self, connection: Connection, asked: CopyBooks) -> None:
        """Beside the batches; answered when it is done."""
        task = asyncio.create_task(self._copied(connection, asked))
        self._copies.add(task)
        task.add_done_callback(self._copies.discard)

    async def _copied(self, connection: Connection, asked: CopyBooks) -> None:
        problem = ""
        try:
            await self._books.copy(asked.name)
        except BooksAway as away:
            problem = str(away)
        connection.out.append(Copied(asked.id, problem))
        connection.flush()

    def _for_silence(self, command: Command | Internal) -> Reply | None:
        """What the books leave to us: a Hello is always answered, and so is who waits."""
        if isinstance(command, AskFigures):
            return self.counters.figures(command.id, len(self._inbox), self.connections)
        return Swept(()) if isinstance(command, Hello) else _away(command)

    def _set_aside(self, batch: list[_Entry]) -> None:
        """Answer who waits, keep what must not be lost, in front of what is new."""
        waiting = batch + list(self._inbox)
        touched: dict[Connection, None] = {}
        kept: deque[_Entry] = deque()
        notes = 0
        for entry in waiting:
            posted, connection = entry
            reply = _away(posted.command)
            if reply is not None:
                if connection is not None:
                    connection.out.append(reply)
                    touched[connection] = None
            elif isinstance(posted.command, Checkpoint | KeepLease):
                continue  # the next one says it again
            elif isinstance(posted.command, Note) and (notes := notes + 1) > NOTES_KEPT_MAX:
                self.counters.log_dropped += 1
            else:
                kept.append(entry)
        self._inbox = kept
        for connection in touched:
            connection.flush()


def _away(command: Command | Internal) -> Away | None:
    """What a command that somebody waits for is answered when nothing can be decided."""
    if isinstance(command, Hold):
        return Away("hold", command.id)
    if isinstance(command, Extend):
        return Away("hold", command.hold_id)
    if isinstance(command, TakeSlot):
        return Away("slot", command.slot_id)
    if isinstance(command, _ABOUT_ID):
        return Away("ask", command.id)
    if isinstance(command, _PUTS):
        return Away("ask", "")
    return None


def _turn_away(connection: Connection, commands: Sequence[Command]) -> list[Command]:
    """Answer who waits; what is left reports something that has happened."""
    told: list[Command] = []
    for command in commands:
        reply = _away(command)
        if reply is None:
            told.append(command)
        else:
            connection.out.append(reply)
    if connection.out:
        connection.flush()
    return told

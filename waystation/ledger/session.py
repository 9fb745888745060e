"""The ledger for tools: `apply`, `audit`, `token` and the like, whether a ledger runs or not."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol, cast

from waystation.ledger.books import Books, BooksAway, BooksLocked, Posted
from waystation.ledger.client import LedgerClient
from waystation.ledger.copying import Copied, CopyBooks
from waystation.ledger.port import Answer, LedgerAway, Question
from waystation.ledger.socket_address import connect
from waystation.ledger.stores import make_books
from waystation.settings import Settings

PRESENT_SECONDS_MAX = 10.0
BATCH_MAX = 2_500
_RETRY_SECONDS = 0.05

_Waiting = tuple[Question, asyncio.Future[Answer]]


class Session(Protocol):
    async def ask(self, question: Question) -> Answer:
        """Raises LedgerAway."""


@asynccontextmanager
async def open_ledger(
    settings: Settings, seconds_max: float = PRESENT_SECONDS_MAX
) -> AsyncIterator[Session]:
    """Through the socket where a ledger answers, else with the books in our own hands: on SQLite
    under their lock, on PostgreSQL as one more node. Raises LedgerAway."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    deadline = time.monotonic() + seconds_max
    while True:
        if listens(settings):
            async with _remote(settings, deadline) as session:
                yield session
            return
        books = make_books(settings, f"tool-{secrets.token_hex(4)}")
        try:
            await books.open()
        except BooksLocked as locked:
            # A ledger that is starting has the lock before it listens.
            if time.monotonic() >= deadline:
                raise LedgerAway("a ledger has the books and does not answer") from locked
            await asyncio.sleep(_RETRY_SECONDS)
        except BooksAway as away:
            raise LedgerAway(str(away)) from away
        else:
            break
    try:
        yield _Local(books)
    finally:
        await books.close()


def listens(settings: Settings) -> bool:
    """Whether a ledger is at work on this folder."""
    try:
        connect(settings.ledger_socket).close()
    except OSError:
        return False
    return True


@asynccontextmanager
async def _remote(settings: Settings, deadline: float) -> AsyncIterator[Session]:
    client = LedgerClient(settings.ledger_socket, gateway="", boot="")
    client.start()
    try:
        await client.wait_present(max(0.1, deadline - time.monotonic()))
        yield client
    finally:
        client.close()


class _Local:
    """Asks the books themselves; what is asked while they are busy makes the next batch, so that
    many questions at once cost few commits."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._lock = asyncio.Lock()
        self._waiting: list[_Waiting] = []

    async def ask(self, question: Question) -> Answer:
        if isinstance(question, CopyBooks):
            return await self._copy(question)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        await asyncio.sleep(0)  # those who ask at this moment too
        async with self._lock:
            while not answer.done():
                await self._settle()
        return answer.result()

    async def _copy(self, asked: CopyBooks) -> Copied:
        async with self._lock:
            try:
                await self._books.copy(asked.name)
            except BooksAway as away:
                return Copied(asked.id, str(away))
        return Copied(asked.id)

    async def _settle(self) -> None:
        batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
        posted = [Posted("", "", question) for question, _ in batch]
        try:
            answers = await self._books.settle(posted, time.time_ns() // 1_000_000)
        except BooksAway as away:
            _fail(batch, str(away))
            return
        except BaseException:
            _fail(batch, "the question was interrupted")
            raise
        for (question, waiting), answered in zip(batch, answers, strict=True):
            if answered is None:
                _fail([(question, waiting)], "the books gave no answer")
            else:
                waiting.set_result(cast(Answer, answered))


def _fail(batch: list[_Waiting], reason: str) -> None:
    for _, answer in batch:
        answer.set_exception(LedgerAway(reason))
        answer.exception()  # who asked may have been cancelled

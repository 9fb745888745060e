"""A store, a ledger on real sockets and files, and one account with money: what tasks live in."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.support.main_store import open_store
from waystation.journal.row import Facts
from waystation.kernel.clock import now_ms
from waystation.kernel.ids import request_id
from waystation.ledger.books import Books
from waystation.ledger.client import LedgerClient
from waystation.ledger.messages import Transfer
from waystation.ledger.policies import PutAccount, PutToken
from waystation.ledger.postgres_books import PostgresBooks
from waystation.ledger.questions import (
    AccountState,
    AskAccount,
    AskAudit,
    AskRow,
    AuditState,
    RowState,
)
from waystation.ledger.server import LedgerServer
from waystation.ledger.sqlite_books import SqliteBooks
from waystation.routing.snapshot import Channel
from waystation.storage.database import Database
from waystation.tasks.audit import cross_audit
from waystation.tasks.begin import Beginnings, Order
from waystation.tasks.kind import TaskKind
from waystation.tasks.runner import Runner
from waystation.tasks.store import TaskStore
from waystation.tasks.task import Request, Task

CREDIT_NANOS = 1_000_000
BOOT = "boot-of-the-plant"


def facts(**more: Any) -> Facts:
    plain: dict[str, Any] = {
        "request_id": request_id(), "created_ms": now_ms(), "account_id": 1, "token_id": 1,
        "token_name": "laptop", "operation": "task", "dialect": "tasks", "model": "slow-1",
        "stream": False, "peer": "127.0.0.1", "client": "", "group": "default",
        "price_version": "v1", "rate": "1",
    }  # fmt: skip
    return Facts(**{**plain, **more})


def order(nanos: int = 1000, kind: str = "slow", **more: Any) -> Order:
    return Order(kind=kind, facts=facts(), nanos=nanos, request=Request(b"{}"), **more)


class Plant:
    """store: of this process's tasks. place: of `main`. ledger_dsn: the ledger's, None: SQLite."""

    def __init__(self, folder: Path, place: Path | str, ledger_dsn: str | None = None) -> None:
        self.folder = folder
        self.place = place
        self.socket = folder / "ledger.sock"
        self.ledger_dsn = ledger_dsn
        self.database: Database = open_store(place)
        self.store = TaskStore(self.database)
        self.server: LedgerServer
        self.ledger: LedgerClient
        self.beginnings: Beginnings

    async def start_ledger(self) -> None:
        books: Books
        if self.ledger_dsn is None:
            books = SqliteBooks(self.folder / "ledger.db")
        else:
            books = PostgresBooks(self.ledger_dsn, node="n1")
        self.server = LedgerServer(books, self.socket, BOOT)
        await self.server.start()

    async def connect(self, gateway: str = "gateway-1") -> None:
        self.ledger = LedgerClient(self.socket, gateway, BOOT)
        self.ledger.start()
        await self.ledger.wait_present(10)
        self.beginnings = Beginnings(self.store, self.ledger)

    async def fund(self, nanos: int = CREDIT_NANOS) -> None:
        await self.ledger.ask(PutAccount(1, 1, True))
        await self.ledger.ask(PutToken(1, 1, 1, True))
        await self.ledger.ask(Transfer(1, "credit", "topup", nanos))

    async def close(self) -> None:
        await self.store.close()
        self.ledger.close()
        await self.server.stop()
        await self.database.close()

    # ---- asking ------------------------------------------------------------------------------

    async def account(self) -> tuple[int, int]:
        """(balance, held)"""
        state = await self.ledger.ask(AskAccount("a", 1))
        assert isinstance(state, AccountState)
        return state.balance, state.held

    async def row_of(self, task: Task) -> RowState:
        state = await self.ledger.ask(AskRow("r", 1, task.facts.request_id))
        assert isinstance(state, RowState)
        return state

    async def read(self, task_id: str) -> Task:
        found = await self.store.get(task_id)
        assert found is not None
        return found

    async def until(self, task_id: str, *states: str, seconds_max: float = 15.0) -> Task:
        """Wait for a state."""
        give_up_at = asyncio.get_running_loop().time() + seconds_max
        while True:
            task = await self.read(task_id)
            if task.state in states:
                return task
            late = asyncio.get_running_loop().time() > give_up_at
            assert not late, f"{task.state} {task.fail_reason}: not {states}"
            await asyncio.sleep(0.02)

    async def until_settled(self, task_id: str, seconds_max: float = 15.0) -> Task:
        give_up_at = asyncio.get_running_loop().time() + seconds_max
        while True:
            task = await self.read(task_id)
            if task.settle in ("posted", "voided"):
                return task
            assert asyncio.get_running_loop().time() < give_up_at, (task.state, task.settle)
            await asyncio.sleep(0.02)

    async def check(self, open_holds: int = 0) -> dict[str, Any]:
        """The audit of the books, and of both stores against each other."""
        state = await self.ledger.ask(AskAudit("audit"))
        assert isinstance(state, AuditState)
        report: dict[str, Any] = json.loads(state.report)
        assert report["clean"], report["failures"]
        assert report["open_holds"] == open_holds
        assert await cross_audit(self.store, self.ledger.ask, after_seconds=0) == []
        return report

    @contextlib.asynccontextmanager
    async def running(
        self, *kinds: TaskKind, channels: tuple[Channel, ...] = (), **options: Any
    ) -> AsyncIterator[Runner]:
        by_id = {channel.id: channel for channel in channels}
        runner = Runner(
            self.store, self.ledger, {kind.name: kind for kind in kinds}, by_id.get, **options
        )
        task = asyncio.create_task(runner.run())
        try:
            yield runner
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def channel(number: int = 1, name: str = "c1") -> Channel:
    return Channel(
        id=number, name=name, vendor="openai", base_url="http://127.0.0.1:1", allow_private=True,
        keys=(), models=("slow-1",), model_map={}, paths={},
    )  # fmt: skip

"""A gateway, its ledger, and a runner with one kind of tasks, in this process on real sockets.

What tests of Midjourney and of songs have in common; each adds how it is asked.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import select

from tests.support.gateway import KEY, Document, Station, open_station
from tests.support.rogue import Rogue
from tests.support.wire import Reply
from waystation.artefacts.store import ArtefactStore
from waystation.configuration.feed import Feed
from waystation.demo.transport import DemoTransport
from waystation.ledger.client import LedgerClient
from waystation.routing.choice import Router
from waystation.storage.database import Database
from waystation.storage.main import tasks
from waystation.storage.master_key import read_master_key
from waystation.storage.sealing import Sealing
from waystation.storage.vault import open_vault
from waystation.tasks.rows import COLUMNS
from waystation.tasks.runner import Runner
from waystation.tasks.settle import DUE, Settler
from waystation.tasks.store import TaskStore
from waystation.tasks.task import Change, Task
from waystation.tasks.workshop import Workshop
from waystation.upstream.egress import EgressGuard
from waystation.upstream.fetching import Fetcher
from waystation.upstream.outbound import Outbound

Kind = TypeVar("Kind")

LOOK_SECONDS = 0.06
"""Between two looks at a task: each is a request with all that belongs to it."""


class Workroom(Generic[Kind]):
    """kind: of the tasks. seconds_max: that something is waited for."""

    seconds_max: ClassVar[float] = 45.0

    def __init__(self, station: Station) -> None:
        self.station = station
        self.runner: Runner
        self.kind: Kind
        self.workshop: Workshop
        self.running: asyncio.Task[None] | None = None

    # ---- calling it ------------------------------------------------------------------------

    async def post(
        self, path: str, body: Any = None, key: str | None = KEY, **headers: str
    ) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.station.request("POST", path, body, key, named)

    async def get(self, path: str, key: str | None = KEY) -> Reply:
        return await self.station.request("GET", path, None, key)

    async def file(self, link: str, **headers: str) -> Reply:
        """What a link of ours leads to, without a key."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.station.request("GET", "/" + link.split("/", 3)[3], None, None, named)

    async def row(self, task_id: str) -> Task:
        task = await self.station.gateway.site.tasks.get(task_id)
        assert task is not None
        return task

    async def settled(self, task_id: str) -> Task:
        """The row once the ledger has acknowledged its end."""
        async with asyncio.timeout(self.seconds_max):
            while (task := await self.row(task_id)).settle not in ("posted", "voided"):
                await asyncio.sleep(LOOK_SECONDS)
        return task

    # ---- its runner --------------------------------------------------------------------------

    async def start_runner(self) -> None:
        kind: Any = self.kind
        self.runner = Runner(
            self.workshop.store,
            self.workshop.ledger,
            {kind.name: kind},
            self.workshop.channel,
            name="runner-",
            slots=self.workshop.slots,
        )
        self.running = asyncio.create_task(self.runner.run())

    async def stop_runner(self) -> None:
        if self.running is not None:
            self.running.cancel()
            await asyncio.gather(self.running, return_exceptions=True)
            self.running = None

    async def give_up(self) -> None:
        """What a test left unfinished: its hold is given back, and the audit must be clean."""
        store, ledger = self.workshop.store, self.workshop.ledger
        for task in await store.find(select(*COLUMNS).where(tasks.c.finished_ms == 0)):
            over = await store.change(task, Change(state="CANCEL", fail_code="cancelled"))
            await Settler(store, ledger).settle(over)
        # The runner may have been stopped between a task's end and its settlement.
        for task in await store.find(select(*COLUMNS).where(tasks.c.settle.in_(DUE))):
            await Settler(store, ledger).settle(task)

    async def apply(self, wanted: Document) -> None:
        await self.station.apply(wanted)
        snapshot = self.station.gateway.site.directory
        assert snapshot is not None
        self.workshop.configure(snapshot.snapshot)


Room = TypeVar("Room", bound=Workroom[Any])


@contextlib.asynccontextmanager
async def open_workroom(
    room: Callable[[Station], Room],
    kind: Callable[[Workshop], Any],
    template: Path,
    folder: Path,
    document: Document,
    rogue: Rogue,
    *,
    runs: bool = True,
    **options: Any,
) -> AsyncIterator[Room]:
    """kind: made of a workshop; it has `prepare` and `close`. options: settings."""
    async with open_station(template, folder, document, rogue, **options) as station:
        made = room(station)
        async with contextlib.AsyncExitStack() as stack:
            made.workshop = await _furnished(station, stack)
            made.kind = kind(made.workshop)
            await made.kind.prepare()
            stack.push_async_callback(made.kind.close)
            if runs:
                await made.start_runner()
            stack.push_async_callback(made.stop_runner)
            yield made
            await made.stop_runner()
            await made.give_up()


async def _furnished(station: Station, stack: contextlib.AsyncExitStack) -> Workshop:
    settings = station.settings
    database = Database.of(settings)
    stack.push_async_callback(database.close)
    store = TaskStore(database)
    stack.push_async_callback(store.close)
    ledger = LedgerClient(settings.ledger_socket, "tasks-of-the-workroom", "boot-of-the-proofs")
    ledger.start()
    stack.callback(ledger.close)
    await ledger.wait_present(10)
    outbound = Outbound(EgressGuard(settings.egress_allow))
    stack.push_async_callback(outbound.close)
    demo = DemoTransport()
    stack.push_async_callback(demo.close)
    transports = {"http": outbound, "https": outbound, "demo": demo}
    artefacts = ArtefactStore(settings, database, lambda: Sealing(read_master_key(settings)))
    fetcher = Fetcher(outbound, settings)
    workshop = Workshop(settings, store, ledger, Router(), transports, artefacts, fetcher)
    sealing = await open_vault(database, read_master_key(settings))
    feed = Feed(database, sealing, workshop.configure)
    stack.push_async_callback(feed.close)
    feed.start()
    await feed.ready()
    return workshop

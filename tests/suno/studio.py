"""A gateway, its ledger, and a runner with songs' tasks, in this process on real sockets.

made = await studio.music(gpt_description_prompt="ferries")     the task's id
await studio.task(made, "SUCCESS")                              the task object, once it is so
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.support.gateway import KEY, Station, document, open_station
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
from waystation.tasks.suno.kind import SunoTasks
from waystation.tasks.task import Change, Task
from waystation.tasks.workshop import Workshop
from waystation.upstream.egress import EgressGuard
from waystation.upstream.fetching import Fetcher
from waystation.upstream.outbound import Outbound

SECONDS_MAX = 45.0
FINAL = ("SUCCESS", "FAILURE")
PRICES = (
    {"model": "suno_music", "per_call": "0.1"},
    {"model": "suno_lyrics", "per_call": "0.01"},
    {"model": "suno_concat", "per_call": "0.02"},
    {"model": "suno_uploads", "per_call": "0.03"},
    {"model": "suno-v3.5", "per_call": "0.2"},
)


class Studio:
    def __init__(self, station: Station) -> None:
        self.station = station
        self.runner: Runner
        self.kind: SunoTasks
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

    async def submit(self, page: str, **fields: Any) -> str:
        reply = await self.post(f"/suno/submit/{page}", fields)
        assert reply.status == 200, reply.body
        told = reply.json()
        assert (told["code"], told["message"]) == ("success", "")
        return str(told["data"])

    async def music(self, **fields: Any) -> str:
        return await self.submit("music", **(fields or {"gpt_description_prompt": "ferries"}))

    async def fetch(self, task_id: str) -> dict[str, Any]:
        reply = await self.get(f"/suno/fetch/{task_id}")
        assert reply.status == 200, reply.body
        shown: dict[str, Any] = reply.json()["data"]
        return shown

    async def task(self, task_id: str, status: str) -> dict[str, Any]:
        """The task object once it has this status."""
        shown: dict[str, Any] = {}
        try:
            async with asyncio.timeout(SECONDS_MAX):
                while (shown := await self.fetch(task_id))["status"] != status:
                    assert shown["status"] not in FINAL, shown
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"not {status}: {shown}") from None
        return shown

    async def row(self, task_id: str) -> Task:
        task = await self.station.gateway.site.tasks.get(task_id)
        assert task is not None
        return task

    async def settled(self, task_id: str) -> Task:
        """The row once the ledger has acknowledged its end."""
        async with asyncio.timeout(SECONDS_MAX):
            while (task := await self.row(task_id)).settle not in ("posted", "voided"):
                await asyncio.sleep(0.02)
        return task

    async def file(self, link: str) -> Reply:
        """What a link of ours leads to, without a key."""
        return await self.station.request("GET", "/" + link.split("/", 3)[3], None, None)

    # ---- its runner --------------------------------------------------------------------------

    async def start_runner(self) -> None:
        self.runner = Runner(
            self.workshop.store,
            self.workshop.ledger,
            {self.kind.name: self.kind},
            self.workshop.channel,
            name="runner-",
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
        for task in await store.find(select(*COLUMNS).where(tasks.c.settle.in_(DUE))):
            await Settler(store, ledger).settle(task)


@contextlib.asynccontextmanager
async def open_studio(
    template: Path,
    folder: Path,
    channels: list[dict[str, Any]],
    rogue: Rogue,
    *,
    runs: bool = True,
    wanted: Mapping[str, Any] | None = None,
    **options: Any,
) -> AsyncIterator[Studio]:
    """wanted: more for `document`."""
    what = document(channels, **{"prices": PRICES, **(wanted or {})})
    async with open_station(template, folder, what, rogue, **options) as station:
        studio = Studio(station)
        async with contextlib.AsyncExitStack() as stack:
            await _furnish(studio, stack)
            if runs:
                await studio.start_runner()
            stack.push_async_callback(studio.stop_runner)
            yield studio
            await studio.stop_runner()
            await studio.give_up()


async def _furnish(studio: Studio, stack: contextlib.AsyncExitStack) -> None:
    settings = studio.station.settings
    database = Database.of(settings)
    stack.push_async_callback(database.close)
    store = TaskStore(database)
    stack.push_async_callback(store.close)
    ledger = LedgerClient(settings.ledger_socket, "", "boot-of-the-proofs")
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
    studio.workshop = Workshop(settings, store, ledger, Router(), transports, artefacts, fetcher)
    sealing = await open_vault(database, read_master_key(settings))
    feed = Feed(database, sealing, studio.workshop.configure)
    stack.push_async_callback(feed.close)
    feed.start()
    await feed.ready()
    studio.kind = SunoTasks(studio.workshop, pauses_seconds=(0.01, 0.01))
    await studio.kind.prepare()
    stack.push_async_callback(studio.kind.close)

"""The gateway process: makes the parts, hands them to each other, and waits for the signal to go.

It imports neither FastAPI nor Alembic nor the price catalogue: a worker stays small.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator

from waystation.artefacts.store import ArtefactStore
from waystation.configuration.feed import Feed
from waystation.demo.transport import DemoTransport
from waystation.edge.gateway import Gateway
from waystation.edge.listening import bind
from waystation.edge.response_memory import ResponseMemory
from waystation.edge.site import Site
from waystation.identity.authenticator import Authenticator
from waystation.journal.lines import LineLog
from waystation.journal.metrics import Metrics
from waystation.journal.push import PUSH_SECONDS, control_ready, push_forever
from waystation.kernel.clock import now_ms
from waystation.kernel.memory import settle_memory
from waystation.ledger.client import LedgerClient
from waystation.ledger.port import LedgerAway
from waystation.routing.budget import RetryBudget
from waystation.routing.choice import Router
from waystation.settings import Settings
from waystation.storage.database import Database
from waystation.storage.master_key import read_master_key
from waystation.storage.signing import load_signer
from waystation.storage.stored_responses import StoredResponses
from waystation.storage.vault import open_vault
from waystation.tasks.begin import Beginnings
from waystation.tasks.store import TaskStore
from waystation.upstream.egress import EgressGuard
from waystation.upstream.http1.client import Http1Transport
from waystation.upstream.outbound import Outbound

_SETTLED_SECONDS_MAX = 5.0
SUPERVISED = "WAYSTATION_BOOT"
"""Set by `serve`: the control process is one of ours, and comes up beside us."""


class TracesMissing(Exception):
    """Traces were asked for, but the extra is not installed."""


async def run_gateway(settings: Settings, boot: str) -> None:
    """Until SIGTERM or SIGINT; then drains."""
    loop = asyncio.get_running_loop()
    leave = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, leave.set)
    worker = os.environ.get("WAYSTATION_WORKER", "0")
    async with gateway(settings, boot, f"gateway-{worker}-{os.getpid()}") as running:
        listen = bind(settings.host, settings.port)
        await running.start(listen)
        settle_memory()
        await leave.wait()
        await running.drain()


@contextlib.asynccontextmanager
async def gateway(settings: Settings, boot: str, name: str) -> AsyncIterator[Gateway]:
    """A gateway with its parts, configured but not yet listening; all is closed at the end."""
    async with contextlib.AsyncExitStack() as stack:
        database = Database.of(settings)
        stack.push_async_callback(database.close)
        sealing = await open_vault(database, read_master_key(settings))
        artefacts = ArtefactStore(settings, database, lambda: sealing)
        ledger = LedgerClient(settings.ledger_socket, name, boot)
        ledger.start()
        stack.callback(ledger.close)
        site = _site(settings, stack, database, ledger, name, artefacts)
        if settings.traces == "otlp":
            await _trace(site, stack)
        site.tasks = TaskStore(database)
        stack.push_async_callback(site.tasks.close)
        site.beginnings = Beginnings(site.tasks, ledger)
        site.signer = lambda: load_signer(database, sealing, now_ms())
        table = StoredResponses(database, sealing, settings.response_days)
        site.responses = ResponseMemory(table, settings.response_bytes_max)
        stack.push_async_callback(site.responses.close)
        feed = Feed(database, sealing, site.configure, site.authenticator.refresh)
        stack.push_async_callback(feed.close)
        ledger.on_swept = site.pulse.sweep
        feed.start()
        await feed.ready()
        control = Http1Transport(EgressGuard())
        stack.push_async_callback(control.close)
        gauges = asyncio.create_task(push_gauges(site, settings, boot))
        stack.push_async_callback(_cancel, gauges)
        if SUPERVISED in os.environ:
            site.awaits_control = True
            waiting = asyncio.create_task(_await_control(site, settings, boot))
            stack.push_async_callback(_cancel, waiting)
        yield Gateway(site, feed, control)
        with contextlib.suppress(LedgerAway):
            await ledger.settled(_SETTLED_SECONDS_MAX)


def _site(
    settings: Settings,
    stack: contextlib.AsyncExitStack,
    database: Database,
    ledger: LedgerClient,
    name: str,
    artefacts: ArtefactStore,
) -> Site:
    lines = None
    if settings.log_lines == "stdout":
        lines = LineLog()
        lines.start(asyncio.get_running_loop())
        stack.callback(lines.stop)
    authenticator = Authenticator(database)
    stack.push_async_callback(authenticator.close)
    guard = EgressGuard(settings.egress_allow)
    outbound, demo = Outbound(guard), DemoTransport()
    stack.push_async_callback(outbound.close)
    stack.push_async_callback(demo.close)
    return Site(
        settings,
        ledger,
        authenticator,
        Router(budget=RetryBudget(settings.retry_ratio)),
        {"http": outbound, "https": outbound, "demo": demo},
        Metrics(name),
        lines,
        artefacts,
    )


async def _trace(site: Site, stack: contextlib.AsyncExitStack) -> None:
    """An extra, so it is imported only where it is asked for."""
    try:
        from waystation.journal.traces import Traces, Upstream
    except ModuleNotFoundError as missing:
        raise TracesMissing(
            f"WAYSTATION_TRACES=otlp needs waystation[otel]: {missing.name} is not installed"
        ) from missing

    def find(channel_id: int) -> Upstream | None:
        found = site.upstream_of(channel_id)
        return None if found is None else Upstream(*found)

    site.traces = Traces(find)
    stack.push_async_callback(asyncio.to_thread, site.traces.stop)


async def push_gauges(site: Site, settings: Settings, boot: str) -> None:
    """What is now, told to the control process with what was counted; until cancelled."""
    pushing = asyncio.create_task(push_forever(site.metrics, settings.control_socket, boot))
    try:
        while True:
            site.gauge()
            await asyncio.sleep(PUSH_SECONDS / 2)
    finally:
        await _cancel(pushing)


async def _await_control(site: Site, settings: Settings, boot: str) -> None:
    await control_ready(settings.control_socket, boot)
    site.awaits_control = False


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

"""The part of the control process that runs tasks: everything it needs, made and kept going.

It comes up by itself when the store does; until then, and after a mistake, the rest of the control
process goes on without it.
"""

import asyncio
import contextlib

import structlog

from waystation.configuration.feed import Feed
from waystation.control.services import Services
from waystation.demo.transport import DemoTransport
from waystation.journal.metrics import TASKS_IN_HAND, Metrics
from waystation.journal.push import PUSH_SECONDS
from waystation.kernel.clock import now_ms
from waystation.kernel.ids import request_id
from waystation.ledger.client import LedgerClient
from waystation.routing.budget import RetryBudget
from waystation.routing.choice import Router
from waystation.storage.database import StorageAway
from waystation.storage.master_key import MasterKeyError, read_master_key
from waystation.storage.sealing import SealBroken, Sealing
from waystation.storage.signing import Signer, load_signer
from waystation.storage.vault import open_vault
from waystation.tasks.hooks.notifier import Notifier
from waystation.tasks.kinds import make_kinds
from waystation.tasks.runner import Runner
from waystation.tasks.store import TaskStore
from waystation.tasks.workshop import Workshop
from waystation.upstream.egress import EgressGuard
from waystation.upstream.fetching import Fetcher
from waystation.upstream.outbound import Outbound

RETRY_SECONDS = 1.0
MISTAKE_SECONDS = 5.0

log = structlog.get_logger("waystation.tasks")


async def keep_running_tasks(services: Services) -> None:
    """Until cancelled."""
    database = services.database
    told = None
    while True:
        try:
            sealing = await open_vault(database, read_master_key(services.settings))
            signer = await load_signer(database, sealing, now_ms())
        except (StorageAway, MasterKeyError, SealBroken, LookupError) as away:
            if told != str(away):
                log.warning("tasks are not run yet", reason=str(away))
            told = str(away)
            await asyncio.sleep(RETRY_SECONDS)
            continue
        try:
            await _run(services, sealing, signer)
        except* StorageAway as away:
            log.warning("the tasks' store went away", reason=str(away.exceptions[0]))
            await asyncio.sleep(RETRY_SECONDS)
        except* Exception:  # a mistake of ours must not leave tasks alone for ever
            log.exception("the task runner failed; it begins anew")
            await asyncio.sleep(MISTAKE_SECONDS)


async def _run(services: Services, sealing: Sealing, signer: Signer) -> None:
    settings, database = services.settings, services.database
    async with contextlib.AsyncExitStack() as stack:
        # By a name of its own, so that the ledger frees its places in channels' limits.
        ledger = LedgerClient(settings.ledger_socket, f"tasks-{request_id()}", services.boot)
        stack.callback(ledger.close)
        ledger.start()
        store = TaskStore(database)
        stack.push_async_callback(store.close)
        outbound = Outbound(EgressGuard(settings.egress_allow))
        stack.push_async_callback(outbound.close)
        demo = DemoTransport()
        workshop = Workshop(
            settings,
            store,
            ledger,
            Router(budget=RetryBudget(settings.retry_ratio)),
            {"http": outbound, "https": outbound, "demo": demo},
            services.artefacts,
            Fetcher(outbound, settings),
        )
        stack.callback(workshop.slots.close)
        feed = Feed(database, sealing, workshop.configure)
        stack.push_async_callback(feed.close)
        feed.start()
        await feed.ready()
        metrics = Metrics("tasks")
        kinds = make_kinds(workshop)
        for kind in kinds.values():
            await kind.prepare()
            stack.push_async_callback(kind.close)
        runner = Runner(
            store,
            ledger,
            kinds,
            workshop.channel,
            name=f"{services.boot}:",
            alive_seconds=settings.task_lease_seconds,
            metrics=metrics,
            slots=workshop.slots,
        )
        notifier = Notifier(store, kinds, outbound, signer, metrics, settings.hook_waiting_max)
        async with asyncio.TaskGroup() as group:
            group.create_task(runner.run(), name="task-runner")
            group.create_task(notifier.run(), name="task-notifier")
            group.create_task(_count(services, runner, metrics), name="task-metrics")


async def _count(services: Services, runner: Runner, metrics: Metrics) -> None:
    """What tasks count, into this very process's sums; until cancelled."""
    while True:
        metrics.gauge(runner.tasks_count, TASKS_IN_HAND)
        services.aggregate.take(metrics.snapshot_delta())
        await asyncio.sleep(PUSH_SECONDS)

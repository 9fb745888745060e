"""The control process: serves the socket, keeps the ledger told what the configuration says."""

import asyncio
import signal

import structlog

from waystation.artefacts.store import ArtefactStore
from waystation.control.alerts.keeping import keep_alerting
from waystation.control.app import build_app
from waystation.control.apply import reconcile
from waystation.control.first_tokens import recall_first_tokens
from waystation.control.log_retention import keep_log_short
from waystation.control.mail.post import keep_posting
from waystation.control.pending_files import keep_deciding
from waystation.control.response_retention import end_old_responses
from waystation.control.retention import keep_tidy
from waystation.control.server import Server, listen, make_server
from waystation.control.services import Services
from waystation.control.sessions import Sessions
from waystation.control.sign_in import SignIn
from waystation.control.task_retention import keep_tasks_tidy
from waystation.control.task_runner import keep_running_tasks
from waystation.control.top_ups.keeping import keep_orders_tidy
from waystation.kernel.clock import now_ms
from waystation.kernel.memory import settle_memory
from waystation.ledger.client import LedgerClient
from waystation.ledger.port import LedgerAway
from waystation.settings import Settings
from waystation.storage.database import Database, StorageAway
from waystation.storage.master_key import read_master_key
from waystation.storage.sealing import Sealing

RECONCILE_SECONDS = 60.0
RETRY_SECONDS = 0.5
"""After a failure: at start the ledger is often a moment later than we are."""
LEDGER_SECONDS_MAX = 5.0

log = structlog.get_logger("waystation.control")


async def run_control(settings: Settings, boot: str) -> None:
    """Until SIGTERM or SIGINT. Raises OSError, SocketTaken when the socket cannot be had."""
    listener = listen(settings.control_socket)
    database = Database.of(settings)
    ledger = LedgerClient(settings.ledger_socket, gateway="", boot=boot)
    ledger.start()
    services = Services(
        settings=settings,
        boot=boot,
        database=database,
        ledger=ledger,
        sessions=Sessions(database),
        sign_in=SignIn(database),
        artefacts=ArtefactStore(settings, database, lambda: Sealing(read_master_key(settings))),
    )
    server = make_server(build_app(services))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, server)
    keeping = (
        asyncio.create_task(keep_told(services, ledger), name="reconcile"),
        asyncio.create_task(keep_tidy(services.artefacts), name="retention"),
        asyncio.create_task(
            keep_deciding(services.artefacts, database, ledger.ask), name="pending-files"
        ),
        asyncio.create_task(keep_running_tasks(services), name="tasks"),
        asyncio.create_task(end_old_responses(database), name="responses"),
        asyncio.create_task(keep_posting(settings, database, services.sealing), name="letters"),
        asyncio.create_task(keep_tasks_tidy(database, settings.task_days), name="old-tasks"),
        asyncio.create_task(keep_alerting(services), name="alerts"),
        asyncio.create_task(keep_orders_tidy(database), name="old-orders"),
        asyncio.create_task(keep_log_short(ledger.ask, settings.log_days), name="old-rows"),
        asyncio.create_task(recall_first_tokens(services.aggregate, ledger), name="first-tokens"),
    )
    settle_memory()
    log.info("control started", socket=str(settings.control_socket))
    try:
        await server.serve(sockets=[listener])
    finally:
        for task in keeping:
            task.cancel()
        await asyncio.wait(keeping)
        ledger.close()
        await database.close()
        settings.control_socket.unlink(missing_ok=True)
        log.info("control stopped")


def _stop(server: Server) -> None:
    server.should_exit = True


async def keep_told(services: Services, ledger: LedgerClient) -> None:
    """Compare and resend at start and every minute; soon again while something is away."""
    told = None
    while True:
        try:
            await ledger.wait_present(LEDGER_SECONDS_MAX)
            await reconcile(services.database, ledger.ask)
        except (LedgerAway, StorageAway) as away:
            if told != str(away):
                log.warning("the ledger could not be brought up to date", reason=str(away))
            told = str(away)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            told = None
            services.reconciled_ms = now_ms()
            await asyncio.sleep(RECONCILE_SECONDS)

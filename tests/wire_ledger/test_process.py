"""What `waystation ledger` does when it cannot have the books at once."""

import asyncio
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wire_ledger.conftest import until
from tests.wire_ledger.processes import Processes
from waystation.ledger import process
from waystation.ledger.books import BooksLocked
from waystation.ledger.client import LedgerClient
from waystation.ledger.process import run_ledger
from waystation.ledger.questions import AskFigures
from waystation.ledger.session import open_ledger
from waystation.ledger.stores import node_of
from waystation.settings import Settings


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    made = Processes("sqlite", tmp_path)
    yield made
    made.close()


async def a_client(processes: Processes) -> LedgerClient:
    client = LedgerClient(processes.folder / "ledger.sock", "", "")
    client.start()
    await client.wait_present(20)
    return client


async def wait_told(ledger: subprocess.Popen) -> None:
    """Until it says on stdout that it waits."""
    line = await asyncio.to_thread(ledger.stdout.readline)
    assert b"ledger waits" in line, line


async def test_a_ledger_waits_for_the_one_before_it(processes: Processes) -> None:
    first = processes.ledger()
    client = await a_client(processes)
    second = processes.ledger()
    await wait_told(second)
    processes.end(first, signal.SIGTERM)
    assert first.returncode == 0
    await until(lambda: client.link.connections == 2, 20)
    await client.wait_present(20)
    assert (await client.ask(AskFigures("f"))).connections == 1
    client.close()
    processes.end(second, signal.SIGTERM)
    assert second.returncode == 0


async def test_a_ledger_that_waits_can_be_told_to_end(processes: Processes) -> None:
    processes.ledger()
    client = await a_client(processes)
    second = processes.ledger()
    await wait_told(second)
    processes.end(second, signal.SIGTERM)
    assert second.returncode == 0
    assert client.present
    client.close()


async def test_a_ledger_does_not_wait_for_ever(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LOCKED_SECONDS_MAX", 0.0)
    processes.ledger()
    (await a_client(processes)).close()
    with pytest.raises(BooksLocked):
        await run_ledger(Settings(data=processes.folder), "boot-2")


async def test_a_session_keeps_the_lock_to_itself(processes: Processes) -> None:
    settings = Settings(data=processes.folder)
    async with open_ledger(settings):
        ledger = processes.ledger()
        await wait_told(ledger)
    (await a_client(processes)).close()


def test_a_node_keeps_its_name(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert node_of(settings) == node_of(settings)
    assert len(node_of(settings)) == 16

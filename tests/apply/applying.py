"""What tests of applying ask a store and its ledger."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.apply.relay import RELAY, document
from waystation.configuration.reading import Configuration
from waystation.control.apply import Report, execute
from waystation.control.apply.change import Plan
from waystation.control.apply.reconcile import Ask
from waystation.identity.credentials import Credential, credential
from waystation.ledger.session import open_ledger
from waystation.routing.snapshot import Snapshot
from waystation.settings import Settings
from waystation.storage.database import Database
from waystation.storage.master_key import MasterKey
from waystation.storage.sealing import Sealing


@pytest.fixture
def sealing() -> Sealing:
    return Sealing(MasterKey.new())


@pytest.fixture
async def ask(tmp_path: Path) -> AsyncIterator[Ask]:
    """A real ledger with its books on SQLite, in this process."""
    async with open_ledger(Settings(data=tmp_path / "books", database=None)) as session:
        yield session.ask


def show(key: str) -> Credential:
    return credential({"authorization": f"Bearer {key}"}.get)


async def run(
    store: Database,
    sealing: Sealing,
    ask: Ask | None = None,
    text: str = RELAY,
    prune: bool = False,
) -> Report:
    wanted = document(text)
    return await execute(store, Plan(document=wanted, prune=prune, changes=()), sealing, ask)


async def one(store: Database, table: Any, **which: Any) -> Any:
    async with store.read() as connection:
        conditions = [table.c[name] == value for name, value in which.items()]
        return (await connection.execute(select(table).where(*conditions))).one()


async def snapshot(store: Database, sealing: Sealing) -> Snapshot:
    return await Configuration(store, sealing).read()


def actions(report: Report | Plan) -> set[str]:
    return {change.action for change in report.changes}

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.main_store import *  # noqa: F403
from tests.tasks.plant import Plant


@pytest.fixture
async def plant(
    request: pytest.FixtureRequest, migrated_place: Path | str, tmp_path: Path
) -> AsyncIterator[Plant]:
    """On SQLite and on PostgreSQL in turn, both stores of it; the account is funded."""
    dsn = None
    if isinstance(migrated_place, str):
        dsn = request.getfixturevalue("postgres_dsn")
    made = Plant(tmp_path, migrated_place, dsn)
    await made.start_ledger()
    await made.connect()
    await made.fund()
    yield made
    await made.close()

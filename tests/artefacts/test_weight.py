"""What stored files cost those who store none, and their look-ups when there are many."""

import subprocess
import sys

from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from waystation.artefacts.rows import Rows
from waystation.storage.database import Database


def test_a_gateway_loads_neither_pillow_nor_obstore_before_it_needs_them() -> None:
    code = (
        "import sys, waystation.app;"
        "print([name for name in ('PIL', 'obstore') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"


async def test_the_job_looks_up_by_index(store: Database) -> None:
    if store.kind != "sqlite":
        return
    plans = []
    async with store.read() as connection:
        for due in Rows(store, days=30)._due(0):
            sql = due.limit(9).compile(
                dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}
            )
            rows = await connection.execute(text(f"EXPLAIN QUERY PLAN {sql}"))
            plans += [row[3] for row in rows]
    assert [plan.split(" INDEX ")[1].split()[0] for plan in plans] == [
        "ix_artefacts_expiring",
        "ix_artefacts_there",
    ]

"""The schema goes up and down on both databases; what dies half-way leaves nothing behind."""

import asyncio
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from tests.support.main_store import open_store
from waystation.storage.database import Database, StorageAway, read_epochs
from waystation.storage.main import metadata
from waystation.storage.migrate import SchemaTooNew, head, migrate, steps, version


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names(schema="main"))


async def _table_names(database: Database) -> set[str]:
    async with database.read() as connection:
        return await connection.run_sync(_tables)


async def test_up_gives_the_declared_tables_and_down_takes_them(empty_store: Database) -> None:
    assert await version(empty_store) is None
    assert await migrate(empty_store) == (None, head())
    declared = {table.name for table in metadata.sorted_tables}
    assert await _table_names(empty_store) == declared | {"schema_version"}
    assert await migrate(empty_store, "base") == (head(), None)
    assert await _table_names(empty_store) - {"schema_version"} == set()
    assert await migrate(empty_store) == (None, head())
    assert await migrate(empty_store) == (head(), head())
    async with empty_store.read() as connection:
        assert (await read_epochs(connection)).epoch == 0


async def test_from_every_version_to_the_newest_and_back_with_a_row_in_place(
    empty_store: Database,
) -> None:
    async def emails() -> list[str]:
        async with empty_store.read() as connection:
            query = text("SELECT email FROM main.accounts ORDER BY id")
            return list((await connection.execute(query)).scalars())

    for number, from_version in enumerate(reversed(steps())):
        await migrate(empty_store, from_version)
        async with empty_store.write() as connection:
            values = {"email": f"{number}@example.com"}
            added = text("INSERT INTO main.accounts (email) VALUES (:email)")
            await connection.execute(added, values)
        before = await emails()
        assert await migrate(empty_store) == (from_version, head())
        assert await emails() == before
        assert await migrate(empty_store, from_version) == (head(), from_version)
        assert await emails() == before
    assert len(before) == len(steps())


async def test_the_migrations_and_the_tables_in_code_are_the_same(store: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, _: kind != "schema" or name in (None, "main"),
                "version_table": "schema_version",
                "version_table_schema": "main",
                "compare_type": True,
            },
        )
        found = compare_metadata(context, metadata)
        if connection.dialect.name == "sqlite":  # reflects foreign keys without the schema
            found = [each for each in found if not str(each[0]).endswith("_fk")]
        return [each for each in found if "schema_version" not in repr(each)]

    async with store.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_several_starts_at_once_migrate_once(store_place: Path | str) -> None:
    stores = [open_store(store_place) for _ in range(4)]
    outcomes = await asyncio.gather(*(migrate(each) for each in stores))
    assert sorted(outcomes, key=str) == sorted([(None, head())] + [(head(), head())] * 3, key=str)
    for each in stores:
        await each.close()


DIES_IN_THE_MIDDLE = """
    import asyncio, os, sys
    from pathlib import Path
    from sqlalchemy import event
    from tests.support.main_store import open_store
    from waystation.storage.migrate import migrate

    place = Path(sys.argv[1]) if sys.argv[1].startswith("/") else sys.argv[1]
    store = open_store(place)
    seen = 0

    @event.listens_for(store.engine.sync_engine, "after_cursor_execute")
    def count(connection, cursor, statement, *rest):
        global seen
        seen += "CREATE TABLE" in statement
        if seen == 8:
            os._exit(9)

    asyncio.run(migrate(store))
"""


async def test_a_migration_killed_half_way_is_recovered(store_place: Path | str) -> None:
    killed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", textwrap.dedent(DIES_IN_THE_MIDDLE), str(store_place)],
        capture_output=True,
    )
    assert killed.returncode == 9, killed.stderr.decode()
    database = open_store(store_place)
    assert await migrate(database) == (None, head())
    await database.close()


async def test_a_store_of_a_newer_waystation_is_left_alone(store: Database) -> None:
    async with store.write() as connection:
        await connection.execute(text("UPDATE main.schema_version SET version_num = '9999'"))
    with pytest.raises(SchemaTooNew, match="9999"):
        await migrate(store)
    assert await version(store) == "9999"


async def test_without_migration_the_store_counts_as_away(empty_store: Database) -> None:
    await empty_store.connect()
    with pytest.raises(StorageAway):
        async with empty_store.read() as connection:
            await read_epochs(connection)

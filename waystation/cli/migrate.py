"""`waystation migrate`: bring the schemas of `main` and `ledger` up to date."""

import typer

from waystation.cli.options import Data, Database, Json, settings_from
from waystation.cli.say import json_document, progress, run_async
from waystation.settings import Settings


def register(app: typer.Typer) -> None:
    app.command("migrate")(migrate)


def migrate(data: Data = None, database: Database = None, as_json: Json = False) -> None:
    """Bring the database's schema up to date. Safe to repeat; a newer schema is refused."""
    settings = settings_from(data=data, database=database)
    with progress("Migrating", quiet=as_json):
        before, after = run_async(bring_up_to_date(settings))
    if as_json:
        json_document({"before": before, "after": after})
    elif before == after:
        print(f"The schema is up to date ({after}).")
    else:
        print(f"The schema went from {before or 'nothing'} to {after}.")


async def bring_up_to_date(settings: Settings) -> tuple[str | None, str | None]:
    """`main` by its migrations, `ledger` by opening its books. (before, after) of main."""
    from waystation.ledger.session import open_ledger
    from waystation.storage.database import Database as Store
    from waystation.storage.migrate import migrate as bring

    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store.of(settings)
    try:
        versions = await bring(store)
    finally:
        await store.close()
    async with open_ledger(settings):
        return versions

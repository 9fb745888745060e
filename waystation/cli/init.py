"""`waystation init`: the first start without the serving."""

from typing import TYPE_CHECKING

import typer

from waystation.cli.options import Data, Database, Json, settings_from
from waystation.cli.say import json_document, progress, run_async
from waystation.settings import Settings

if TYPE_CHECKING:
    from waystation.control.apply import Started


def register(app: typer.Typer) -> None:
    app.command("init")(init)


def init(data: Data = None, database: Database = None, as_json: Json = False) -> None:
    """Make the data folder, the master key, the schema, an operator login and a first token.

    What is printed is printed once. A folder that is already set up is left as it is.
    """
    settings = settings_from(data=data, database=database)
    with progress("Setting up", quiet=as_json):
        started = run_async(set_up(settings))
    if as_json:
        json_document(started)
        return
    from waystation.cli.greeting import print_credentials

    if started is None:
        print(f"{settings.data} is already set up; nothing was changed.")
    else:
        print_credentials(started, settings)


async def set_up(settings: Settings) -> "Started | None":
    """`main` and the books; the ledger knows at once what `main` says."""
    from waystation.control.apply import first_start, reconcile
    from waystation.ledger.session import open_ledger
    from waystation.storage.database import Database as Store

    started = await first_start(settings)
    store = Store.of(settings)
    try:
        async with open_ledger(settings) as ledger:
            await reconcile(store, ledger.ask)
    finally:
        await store.close()
    return started

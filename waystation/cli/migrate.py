"""`waystation migrate`: bring the schemas of `main` and `ledger` up to date, or back."""

from typing import Annotated

import typer

from waystation.cli.options import Data, Database, Json, settings_from
from waystation.cli.refusal import Refusal
from waystation.cli.say import json_document, progress, run_async
from waystation.settings import Settings

BackTo = Annotated[
    str | None,
    typer.Option(
        "--back-to",
        metavar="MAIN/LEDGER",
        help="Versions of an older program, such as 0012/1, which then takes over. Stopped.",
    ),
]


def register(app: typer.Typer) -> None:
    app.command("migrate")(migrate)


def migrate(
    data: Data = None, database: Database = None, back_to: BackTo = None, as_json: Json = False
) -> None:
    """Bring the database's schema up to date. Safe to repeat; a newer schema is refused.

    An older program refuses what this one has made: --back-to undoes it for that program, which
    says in its `doctor` which versions it needs.
    """
    settings = settings_from(data=data, database=database)
    with progress("Migrating", quiet=as_json):
        if back_to is None:
            before, after = run_async(bring_up_to_date(settings))
        else:
            before, after = run_async(take_back(settings, *_versions(back_to)))
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


async def take_back(settings: Settings, main: str, ledger: int) -> tuple[str | None, str | None]:
    """The ledger first: it is the one that can refuse, as long as somebody works on it.
    (before, after) of main. Raises Refusal."""
    from waystation.ledger.way_back import step_back
    from waystation.storage.database import Database as Store
    from waystation.storage.migrate import migrate as bring
    from waystation.storage.migrate import steps, version

    store = Store.of(settings)
    try:
        known, now = steps(), await version(store)
        if main not in known or now not in known or known.index(main) < known.index(now):
            raise Refusal(f"the schema is at {now}: there is no way back to {main}")
        await step_back(settings, ledger)
        return await bring(store, main)
    finally:
        await store.close()


def _versions(told: str) -> tuple[str, int]:
    main, _, ledger = told.partition("/")
    if not main or not ledger.isdigit():
        raise Refusal("--back-to wants both versions, such as 0012/1")
    return main, int(ledger)

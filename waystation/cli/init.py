"""`waystation init`: the first start without the serving."""

import typer

from waystation.cli.options import Data, Database, Json, settings_from
from waystation.cli.say import json_document, progress, run_async


def register(app: typer.Typer) -> None:
    app.command("init")(init)


def init(data: Data = None, database: Database = None, as_json: Json = False) -> None:
    """Make the data folder, the master key, the schema, an operator login and a first token.

    What is printed is printed once. A folder that is already set up is left as it is.
    """
    settings = settings_from(data=data, database=database)
    from waystation.control.apply import first_start

    with progress("Setting up", quiet=as_json):
        started = run_async(first_start(settings))
    if as_json:
        json_document(started)
        return
    from waystation.cli.greeting import print_credentials

    if started is None:
        print(f"{settings.data} is already set up; nothing was changed.")
    else:
        print_credentials(started, settings)

"""`waystation serve`: everything on one machine, ready to be called."""

from pathlib import Path
from typing import Annotated

import typer

from waystation.cli.options import Data, Database, settings_from
from waystation.cli.processes import Face, Host, Port, TlsCert, TlsKey
from waystation.cli.say import note, progress, run_async
from waystation.settings import Settings

Workers = Annotated[
    int | None, typer.Option("--workers", help="Gateway processes, one a core.", show_default="1")
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", help="A relay.toml that is applied at each start."),
]


def register(app: typer.Typer) -> None:
    app.command("serve")(serve)


def serve(
    data: Data = None,
    port: Port = None,
    host: Host = None,
    workers: Workers = None,
    config: ConfigFile = None,
    database: Database = None,
    face: Face = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
) -> int:
    """Run the ledger, the control process and the gateways, and restart what dies.

    The first start makes the data folder, a master key, an operator login, the demo channel and a
    token that is ready to use, and prints them once.
    """
    settings = settings_from(
        data=data,
        port=port,
        host=host,
        workers=workers,
        config=config,
        database=database,
        face=face,
        tls_cert=tls_cert,
        tls_key=tls_key,
    )
    from waystation.cli.greeting import greet_when_ready
    from waystation.serve import serve as run

    started = prepare(settings)
    greet_when_ready(settings, started)
    return run(settings)


def prepare(settings: Settings) -> object | None:
    """Set up or bring up to date; apply the configuration. What a first start made, else None."""
    from waystation.control.apply import first_start

    with progress("Preparing the data folder"):
        started = run_async(first_start(settings))
    if started is None:
        from waystation.cli.migrate import bring_up_to_date

        before, after = run_async(bring_up_to_date(settings))
        if before != after:
            note(f"The schema went from {before or 'nothing'} to {after}.")
    if settings.config is not None:
        from waystation.cli.apply import apply_file

        with progress(f"Applying {settings.config}"):
            report = run_async(apply_file(settings, settings.config))
        note(report.summary())
    return started

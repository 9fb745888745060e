"""`waystation serve`: everything on one machine, ready to be called."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from waystation.cli.options import Data, Database, settings_from
from waystation.cli.processes import Face, Host, Port, TlsCert, TlsKey
from waystation.cli.say import note, progress, run_async
from waystation.settings import Settings

if TYPE_CHECKING:
    from waystation.control.apply import Started

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


def prepare(settings: Settings) -> "Started | None":
    """Set up or bring up to date; apply the configuration. What a first start made, else None."""
    from waystation.control.apply import apply_file, first_start

    with progress("Preparing the data folder"):
        started = run_async(first_start(settings))
    if settings.config is not None:
        with progress(f"Applying {settings.config}"):
            applied = run_async(apply_file(settings, settings.config))
        note(f"{settings.config}: {applied.report.summary()}.")
        for minted in applied.report.minted:
            print(f"Key of {minted.account}/{minted.name}, printed this once: {minted.key}")
        for problem in applied.report.problems:
            note(f"problem: {problem}")
    return started

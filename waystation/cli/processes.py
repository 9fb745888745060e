"""`waystation gateway | ledger | control`: the parts of `serve`, run apart."""

from pathlib import Path
from typing import Annotated

import typer

from waystation.cli.options import Data, Database, settings_from
from waystation.cli.process import run_process

Host = Annotated[str | None, typer.Option("--host", help="The address to listen on.")]
Port = Annotated[int | None, typer.Option("--port", help="The public port.")]
Face = Annotated[str | None, typer.Option("--face", help="http1 (our own) or asgi.")]
TlsCert = Annotated[Path | None, typer.Option("--tls-cert", help="A PEM certificate chain.")]
TlsKey = Annotated[Path | None, typer.Option("--tls-key", help="Its PEM key.")]


def register(app: typer.Typer) -> None:
    app.command("gateway")(gateway)
    app.command("ledger")(ledger)
    app.command("control")(control)


def gateway(
    data: Data = None,
    database: Database = None,
    host: Host = None,
    port: Port = None,
    face: Face = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
) -> int:
    """Run one gateway worker: the relay routes on the public port."""
    settings = settings_from(
        data=data,
        database=database,
        host=host,
        port=port,
        face=face,
        tls_cert=tls_cert,
        tls_key=tls_key,
    )
    return run_process("gateway", settings)


def ledger(data: Data = None, database: Database = None) -> int:
    """Run the ledger: the only writer of money on this node."""
    return run_process("ledger", settings_from(data=data, database=database))


def control(data: Data = None, database: Database = None) -> int:
    """Run the control process: everything that is not the relay."""
    return run_process("control", settings_from(data=data, database=database))

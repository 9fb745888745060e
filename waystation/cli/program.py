"""The command line: which commands there are, and how they end.

Exit status: 0 done, 1 done and the answer is "no" (`audit`, `doctor`), 2 refused with one line on
stderr. A traceback is shown only with WAYSTATION_DEBUG=1.
"""

import os
import sys
from collections.abc import Sequence
from functools import cache

import typer
from typer.exceptions import Abort, Exit, TyperException

from waystation import __version__
from waystation.cli.refusal import EXIT_REFUSED, Refusal, one_line

app = typer.Typer(
    name="waystation",
    help="An AI API relay that is right about money.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(f"waystation {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: bool = typer.Option(
        False, "--version", help="Tell the version.", callback=_tell_version, is_eager=True
    ),
) -> None:
    pass


@cache
def _register() -> None:
    """Each module adds its command; their own imports stay inside the command's body."""
    from waystation.cli import (
        apply,
        audit,
        bring,
        care,
        channel,
        doctor,
        init,
        migrate,
        processes,
        rotate,
        serve,
        token,
    )

    for module in (serve, processes, init, apply, migrate, audit, doctor, rotate, bring, care):
        module.register(app)
    app.add_typer(token.app, name="token")
    app.add_typer(channel.app, name="channel")


def run(arguments: Sequence[str]) -> int:
    """Run one command; the exit status."""
    _register()
    try:
        with one_line():
            status = app(args=list(arguments), prog_name="waystation", standalone_mode=False)
    except Refusal as refusal:
        return _refused(str(refusal))
    except TyperException as wrong:
        return _refused(wrong.format_message())
    except Exit as end:
        return end.exit_code
    except (Abort, KeyboardInterrupt):
        return _refused("interrupted")
    except Exception as fault:
        if os.environ.get("WAYSTATION_DEBUG"):
            raise
        return _refused(
            f"internal error: {type(fault).__name__}: {fault} "
            "(WAYSTATION_DEBUG=1 shows where; please report it)"
        )
    return status if isinstance(status, int) else 0


def _refused(reason: str) -> int:
    line = " ".join(reason.split())
    print(f"waystation: {line}", file=sys.stderr)
    return EXIT_REFUSED

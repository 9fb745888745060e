"""Options that several commands share; each replaces its WAYSTATION_* variable.

They are put into the environment, so that child processes see the same settings.
"""

import os
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from waystation.cli.refusal import Refusal
from waystation.settings import Settings

Data = Annotated[Path | None, typer.Option("--data", help="The data folder.", show_default="data")]
Database = Annotated[
    str | None,
    typer.Option("--database", help="postgresql://… instead of SQLite files in the data folder."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, for scripts.")]


def settings_from(**options: object) -> Settings:
    """The environment's settings with these on top; None leaves the environment's.
    Raises Refusal naming each setting that is wrong."""
    for name, value in options.items():
        if value is not None:
            os.environ[f"WAYSTATION_{name.upper()}"] = str(value)
    try:
        return Settings()
    except ValidationError as wrong:
        raise Refusal("; ".join(_named(error) for error in wrong.errors())) from None


def _named(error: object) -> str:
    assert isinstance(error, dict)
    name = "_".join(str(part) for part in error["loc"]).upper()
    return f"WAYSTATION_{name.removeprefix('WAYSTATION_')}: {error['msg']}"

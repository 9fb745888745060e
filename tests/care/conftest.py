from tests.cli.conftest import (
    applied,
    applied_template,
    cli,
    data,
    first,
    own_environment,
    set_up,
)
from tests.support.postgres import postgres_dsn, postgres_server

__all__ = [
    "applied",
    "applied_template",
    "cli",
    "data",
    "first",
    "own_environment",
    "postgres_dsn",
    "postgres_server",
    "set_up",
]

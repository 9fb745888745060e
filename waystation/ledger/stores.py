"""Which store the settings name: a SQLite file in the data folder, or a PostgreSQL schema."""

import secrets
from pathlib import Path

from waystation.ledger.books import Books
from waystation.settings import Settings


def ledger_file(settings: Settings) -> Path:
    return settings.data / "ledger.db"


def make_books(settings: Settings, node: str) -> Books:
    """Not opened yet. node: which of the ledgers that share a PostgreSQL this one is."""
    if settings.database is None:
        from waystation.ledger.sqlite_books import SqliteBooks

        return SqliteBooks(ledger_file(settings), time_zone=settings.time_zone)
    from waystation.ledger.postgres_books import PostgresBooks

    return PostgresBooks(
        settings.database, node=node, time_zone=settings.time_zone, log_days=settings.log_days
    )


def node_of(settings: Settings) -> str:
    """This data folder's name among the nodes: the holds of its gateways bear it, so it outlives
    the process. Raises OSError."""
    path = settings.data / "node"
    try:
        with path.open("x", encoding="ascii") as file:
            file.write(secrets.token_hex(8))
    except FileExistsError:
        pass
    return path.read_text(encoding="ascii").strip()

"""A copy of the books while they are at work."""

import re
import sqlite3
from pathlib import Path

from waystation.ledger.message import Message

NAME = re.compile(r"[a-z0-9-]+\.copy")
COPY_PAGES = 1024
COPY_PAUSE_SECONDS = 0.001


class CopyBooks(Message, frozen=True, tag="copy_books"):
    """Copy the books into this file of the data folder. Answered by Copied, when it is whole."""

    id: str
    name: str


class Copied(Message, frozen=True, tag="copied"):
    id: str
    problem: str = ""


def copy_file(connection: sqlite3.Connection, path: Path) -> None:
    """As of one commit: what the same connection commits meanwhile is in it. For a thread of its
    own, SQLite takes turns. Raises sqlite3.Error."""
    path.unlink(missing_ok=True)
    copy = sqlite3.connect(path, isolation_level=None)
    try:
        copy.execute("PRAGMA synchronous = OFF")
        connection.backup(copy, pages=COPY_PAGES, sleep=COPY_PAUSE_SECONDS)
    except BaseException:
        copy.close()
        path.unlink(missing_ok=True)
        raise
    copy.close()

"""Runs the questions of `queries` on SQLite."""

import sqlite3
from pathlib import Path

from waystation.ledger.messages import Decision
from waystation.ledger.queries import Question, answer
from waystation.ledger.questions import AskAudit, AuditState

COPY_PAGES = 256
COPY_PAUSE_SECONDS = 0.001


def ask(connection: sqlite3.Connection, question: Question) -> Decision:
    """Raises sqlite3.Error."""
    answering = answer(question)
    sql, parameters = next(answering)
    while True:
        rows = connection.execute(sql, parameters).fetchall()
        try:
            sql, parameters = answering.send(rows)
        except StopIteration as done:
            decision: Decision = done.value
            return decision


def audit_copy(connection: sqlite3.Connection, path: Path) -> bytes:
    """The report on a copy, which is made while the connection goes on committing: nobody else
    may read a file that is locked, and the sums of millions of rows take seconds.

    In a thread of its own; SQLite takes turns. Raises sqlite3.Error."""
    copied = path.with_name(path.name + ".audit")
    copied.unlink(missing_ok=True)
    copy = sqlite3.connect(copied, isolation_level=None)
    try:
        copy.execute("PRAGMA synchronous = OFF")
        connection.backup(copy, pages=COPY_PAGES, sleep=COPY_PAUSE_SECONDS)
        copy.execute("PRAGMA journal_mode = OFF")
        told = ask(copy, AskAudit("report"))
    finally:
        copy.close()
        copied.unlink(missing_ok=True)
    assert isinstance(told, AuditState)
    return told.report

"""What ends a command without having done its work: one line on stderr, exit code 2."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

EXIT_REFUSED = 2


class Refusal(Exception):
    """Said to the person at the terminal as it stands."""


def _known() -> dict[type[BaseException], str]:
    """Faults of our own that say by themselves what is wrong, and what to put before them. Only
    modules that are loaded can have raised one."""
    names = {
        ("waystation.control.apply.document", "ConfigError"): "",
        ("waystation.control.apply.first_start", "RestoreUnfinished"): "",
        ("waystation.control.care.alone", "CareRefused"): "",
        ("waystation.control.importing.source", "SourceAway"): "the other system: ",
        ("waystation.storage.database", "StorageAway"): "the database does not answer: ",
        ("waystation.storage.master_key", "MasterKeyError"): "",
        ("waystation.storage.sealing", "SealBroken"): "",
        ("waystation.storage.migrate", "SchemaTooNew"): "",
        ("waystation.control.server", "SocketTaken"): "",
        ("waystation.app", "TracesMissing"): "",
        ("waystation.ledger.migrate", "LedgerTooNewError"): "",
        ("waystation.ledger.migrate", "NoWayBackError"): "",
        ("waystation.ledger.socket_address", "AddressTaken"): "",
        ("waystation.ledger.port", "LedgerAway"): "the ledger does not answer: ",
        ("waystation.ledger.books", "BooksAway"): "the ledger's store does not answer: ",
    }
    known: dict[type[BaseException], str] = {}
    for (module, name), before in names.items():
        fault = getattr(sys.modules.get(module), name, None)
        if isinstance(fault, type) and issubclass(fault, BaseException):
            known[fault] = before
    return known


@contextmanager
def one_line() -> Iterator[None]:
    """Turn what a command may well meet into a Refusal. A mistake in our own code passes."""
    try:
        yield
    except Refusal:
        raise
    except Exception as fault:
        reason = _reason(fault)
        if reason is None:
            raise
        raise Refusal(reason) from fault


def _reason(fault: Exception) -> str | None:
    for kind, before in _known().items():
        if isinstance(fault, kind):
            return before + (str(fault) or kind.__name__)
    if isinstance(fault, OSError):
        where = f"{fault.filename}: " if fault.filename else ""
        return f"{where}{fault.strerror or fault}"
    return None

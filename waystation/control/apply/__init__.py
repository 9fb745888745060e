"""Configuration as code: a relay.toml becomes rows of `main`, and the ledger is told.

    document = load(path)                                   raises ConfigError(line, reason)
    database, sealing = await open_store(settings)
    plan_ = await plan(database, document, sealing, prune)  changes nothing
    report = await execute(database, plan_, sealing, ask)   one transaction, then the ledger
    await reconcile(database, ask)                          at start and each minute

`apply_file` is all of that for one file; `first_start` sets an empty folder up.
"""

from waystation.control.apply.change import Change, Minted, Plan, Report
from waystation.control.apply.document import ConfigError, Document
from waystation.control.apply.execute import execute, plan
from waystation.control.apply.file import Applied, apply_file
from waystation.control.apply.first_start import Started, first_start, open_store
from waystation.control.apply.load import load
from waystation.control.apply.reconcile import Told, drain, reconcile

__all__ = [
    "Applied",
    "Change",
    "ConfigError",
    "Document",
    "Minted",
    "Plan",
    "Report",
    "Started",
    "Told",
    "apply_file",
    "drain",
    "execute",
    "first_start",
    "load",
    "open_store",
    "plan",
    "reconcile",
]

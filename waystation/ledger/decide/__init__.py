"""The ledger's one rule book: `decide` turns a batch of commands into decisions and changes.

No I/O and no clock. Each command sees what those before it in the batch did. Questions are not
decided here: a store answers them after the commit.
"""

from waystation.ledger.decide.batch import decide

__all__ = ["decide"]

"""Who acts, for the audit log; and the ledger told at once what an action changed."""

from waystation.control.apply.reconcile import drain
from waystation.control.audit import Actor
from waystation.control.desk.action import Call
from waystation.ledger.port import LedgerAway
from waystation.storage.database import StorageAway


def actor_of(call: Call) -> Actor:
    """Who signed in."""
    return Actor(call.person.account_id, call.person.email, call.peer, call.request_id)


def stranger(call: Call, account_id: int | None = None, name: str = "") -> Actor:
    """Who is not signed in, or not yet."""
    return Actor(account_id, name, call.peer, call.request_id)


async def tell_ledger(call: Call) -> None:
    """What waits in the outbox, now; what cannot be said now is said within a minute."""
    try:
        await drain(call.services.database, call.services.ledger.ask)
    except (LedgerAway, StorageAway):
        return

"""Tasks that came by an Idempotency-Key, found without the ledger: for a repeat that is not let in
because nothing more is taken."""

from hashlib import blake2b

from waystation.edge.midjourney.desk import Desk, away
from waystation.errors import Fault
from waystation.identity.caller import Caller
from waystation.kernel.clock import now_ms
from waystation.storage.database import StorageAway
from waystation.tasks.midjourney.places import read_memo
from waystation.tasks.task import Task

KEY_MS = 24 * 3_600_000


def name_of(caller: Caller, key: str) -> str:
    """Of a token's key."""
    return f"{caller.token_id}.{blake2b(key.encode(), digest_size=16).hexdigest()}"


def said_of(caller: Caller, idempotency: tuple[str, str] | None, number: int) -> str:
    """What its row remembers of a request. number: of one among several tasks of one request,
    whose keys end in it."""
    if idempotency is None:
        return ""
    key, body = idempotency
    return f"{name_of(caller, key.removesuffix(f'::{number}') if number else key)}/{body}"


def is_standing(task: Task) -> bool:
    """Of this day, and not given up: a failed one may be begun anew with its key."""
    given_up = task.is_final and task.state != "SUCCESS"
    return task.created_ms >= now_ms() - KEY_MS and not given_up


async def earlier(desk: Desk, caller: Caller, idempotency: tuple[str, str]) -> list[Task]:
    """The tasks of the request that came by this key, oldest first. Raises Fault: 422 for a key
    that came with another body, 503."""
    name = name_of(caller, idempotency[0])
    since_ms = now_ms() - KEY_MS
    try:
        found = await desk.site.tasks.remembering(caller.account_id, f"{name}/", since_ms)
    except StorageAway:
        raise away() from None
    said = f"{name}/{idempotency[1]}"
    standing = [task for task in found if is_standing(task)]
    if any(read_memo(task).said != said for task in standing):
        raise Fault("idempotency_key_reused", param="Idempotency-Key")
    return standing

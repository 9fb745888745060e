"""Windows that open once for each Idempotency-Key. The ledger does not know of them, since nothing
is held: the parent's children are looked through, and a name keeps two at one moment apart."""

import msgspec

from waystation.edge.midjourney.desk import Desk, away
from waystation.edge.midjourney.repeats import is_standing, name_of
from waystation.errors import Fault
from waystation.identity.caller import Caller
from waystation.storage.database import StorageAway
from waystation.tasks.begin import Order
from waystation.tasks.midjourney.ids import draw
from waystation.tasks.midjourney.places import read_memo
from waystation.tasks.task import Task


async def open_window(
    desk: Desk, caller: Caller, order: Order, parent: Task, idempotency: tuple[str, str] | None
) -> Task:
    """idempotency: the key, and the digest of the body. Raises Fault: 422 for a key that came with
    another body, 503."""
    beginnings = desk.site.beginnings
    if idempotency is None:
        return await beginnings.begin_modal(order, draw)
    key, body = idempotency
    name = name_of(caller, key)
    try:
        task = await _earlier(desk, parent, name)
        if task is None:
            said = {**order.memo, "said": f"{name}/{body}"}
            order = msgspec.structs.replace(order, memo=said)
            task = await beginnings.begin_modal(order, draw, name)
    except StorageAway:
        raise away() from None
    if read_memo(task).said != f"{name}/{body}":
        raise Fault("idempotency_key_reused", param="Idempotency-Key")
    return task


async def _earlier(desk: Desk, parent: Task, name: str) -> Task | None:
    """What came by this key within a day, and was not given up."""
    for task in await desk.site.tasks.children(parent.id):
        if is_standing(task) and read_memo(task).said.startswith(f"{name}/"):
            return task
    return None

"""From stored pictures to paid ones: the hold's end is taken, the ledger has it, lists show them.

A process that dies anywhere in between leaves them pending; the control process then asks the
ledger how the request ended.
"""

import asyncio

import structlog

from waystation.dialects.pictures.reply import Drawn
from waystation.edge.story import Story
from waystation.journal.row import EndReason
from waystation.ledger.port import LedgerAway
from waystation.storage.database import StorageAway

SECONDS_MAX = 2.0
"""The answer is not held up for longer; what is late is published by the control process."""

log = structlog.get_logger("waystation.pictures")


def settle(story: Story, drawn: Drawn, end: EndReason) -> None:
    """Pay for the pictures that came; nothing where the vendor gave none of them away."""
    if drawn.usage.units["images"]:
        story.post(drawn.usage, end, None, 200)
    else:
        story.void(end, None, 200)


async def publish(story: Story, drawn: Drawn) -> None:
    """After `settle`."""
    ids = [each.artefact_id for each in drawn.pictures if each.artefact_id is not None]
    grant = story.grant
    if not ids or grant is None:
        return
    try:
        async with asyncio.timeout(SECONDS_MAX):
            resolved = await grant.settled()
            paid = resolved.nanos + resolved.loss_nanos > 0 or story.price(drawn.usage).nanos == 0
            if resolved.kind == "post" and paid:  # else it was swept, and nobody has paid
                await story.site.artefacts.publish(ids)
    except (TimeoutError, LedgerAway, StorageAway) as away:
        reason = str(away) or "no answer in time"
        request_id = story.call.request_id
        log.warning("pictures are listed later", request_id=request_id, reason=reason)

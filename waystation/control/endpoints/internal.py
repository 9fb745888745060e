"""For the processes of the same start only: metrics in, health out."""

import msgspec
from fastapi import Request
from fastapi.responses import Response

from waystation.control.aggregate import DeltaRefused
from waystation.control.guards import services_of
from waystation.control.replies import json_reply
from waystation.errors import Fault
from waystation.journal.metrics import Delta


async def take_metrics(request: Request) -> Response:
    """One Delta; 204."""
    try:
        delta = msgspec.json.decode(await request.body(), type=Delta)
        services_of(request).aggregate.take(delta)
    except (msgspec.DecodeError, DeltaRefused) as wrong:
        raise Fault("invalid_request", reason=str(wrong)) from None
    return Response(status_code=204)


async def health(request: Request) -> Response:
    """200 once the ledger knows what the configuration says; until then 503."""
    reconciled_ms = services_of(request).reconciled_ms
    ready = reconciled_ms > 0
    return json_reply({"ready": ready, "reconciled_ms": reconciled_ms}, 200 if ready else 503)

"""GET /metrics."""

from contextlib import suppress

from fastapi import Request
from fastapi.responses import Response

from waystation.control.guards import services_of
from waystation.ledger.port import LedgerAway
from waystation.ledger.questions import AskFigures, Figures

_TYPE = "text/plain; version=0.0.4; charset=utf-8"


async def show(request: Request) -> Response:
    """Prometheus text of all processes of this node. A ledger that is away leaves its last."""
    services = services_of(request)
    with suppress(LedgerAway):
        figures = await services.ledger.ask(AskFigures("metrics"))
        if isinstance(figures, Figures):
            services.aggregate.ledger(figures)
    return Response(services.aggregate.text(), headers={"content-type": _TYPE})

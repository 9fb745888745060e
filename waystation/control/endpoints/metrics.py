"""GET /metrics."""

from fastapi import Request
from fastapi.responses import Response

from waystation.control.guards import services_of

_TYPE = "text/plain; version=0.0.4; charset=utf-8"


async def show(request: Request) -> Response:
    """Prometheus text of all processes of this node."""
    return Response(services_of(request).aggregate.text(), headers={"content-type": _TYPE})

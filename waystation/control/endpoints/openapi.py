"""GET /openapi.json: the relay's own description, with this deployment's address."""

from functools import lru_cache

import msgspec
from fastapi import Request
from fastapi.responses import Response

from waystation.control.guards import services_of
from waystation.control.openapi import build_document


@lru_cache(maxsize=4)
def _encoded(base_url: str) -> bytes:
    return msgspec.json.encode(build_document(base_url))


async def show(request: Request) -> Response:
    base_url = services_of(request).settings.public_url or "/"
    return Response(
        _encoded(base_url),
        media_type="application/json",
        headers={"cache-control": "public, max-age=300"},
    )

"""GET /api/v1/openapi.json: this API's own description, for clients that are generated."""

from functools import lru_cache

import msgspec
from fastapi import Request
from fastapi.responses import Response

from waystation.control.desk.actions import ACTIONS
from waystation.control.desk.document import build_desk_document
from waystation.control.guards import services_of


@lru_cache(maxsize=4)
def _encoded(base_url: str) -> bytes:
    return msgspec.json.encode(build_desk_document(ACTIONS, base_url))


async def show(request: Request) -> Response:
    base_url = services_of(request).settings.public_url or "/"
    return Response(
        _encoded(base_url),
        media_type="application/json",
        headers={"cache-control": "public, max-age=300"},
    )

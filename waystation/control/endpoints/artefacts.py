"""/api/v1/artefacts: a person's own stored files."""

from fastapi import Request
from fastapi.responses import Response

from waystation.artefacts.listing import list_artefacts
from waystation.control.guards import services_of
from waystation.control.replies import address_of, json_reply
from waystation.control.sessions import Person
from waystation.errors import Fault


async def show(request: Request) -> Response:
    """200 {data, has_more, next_cursor}. Raises Fault, StorageAway."""
    person: Person = request.state.person
    services = services_of(request)
    base = (services.settings.public_url or address_of(request)).rstrip("/")
    query = request.url.query
    page = await list_artefacts(services.artefacts, person.account_id, query, base)
    return json_reply(page)


async def delete(request: Request) -> Response:
    """204. Raises Fault (artefact_not_found), StorageAway."""
    person: Person = request.state.person
    artefacts = services_of(request).artefacts
    if not await artefacts.delete(request.path_params["artefact"], person.account_id):
        raise Fault("artefact_not_found")
    return Response(status_code=204)

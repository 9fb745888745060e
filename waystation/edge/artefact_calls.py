"""`GET /v1/artefacts` and `DELETE /v1/artefacts/{id}`: an account looks after its stored files."""

from waystation.artefacts.listing import list_artefacts
from waystation.edge.call import Call
from waystation.edge.identify import identify
from waystation.edge.language import language_of
from waystation.edge.public_base import public_base
from waystation.edge.replies import send_fault, send_json
from waystation.edge.site import Site
from waystation.errors import Fault
from waystation.storage.database import StorageAway


class ArtefactCalls:
    """Handlers: `list` and `delete`."""

    __slots__ = ("_site",)

    def __init__(self, site: Site) -> None:
        self._site = site

    async def list(self, call: Call) -> None:
        site = self._site
        try:
            caller = await identify(site.authenticator, call)
            base = public_base(call, site.settings)
            page = await list_artefacts(site.artefacts, caller.account_id, call.query, base)
            send_json(call, page)
        except (Fault, StorageAway) as failed:
            self._refuse(call, failed)

    async def delete(self, call: Call) -> None:
        site = self._site
        artefact_id = call.params["artefact"]
        try:
            caller = await identify(site.authenticator, call)
            if not await site.artefacts.delete(artefact_id, caller.account_id):
                raise Fault("artefact_not_found")
            send_json(call, {"id": artefact_id, "object": "artefact", "deleted": True})
        except (Fault, StorageAway) as failed:
            self._refuse(call, failed)

    def _refuse(self, call: Call, failed: Fault | StorageAway) -> None:
        if isinstance(failed, StorageAway):
            failed = Fault("temporarily_unavailable", retry_after=2)
        send_fault(call, failed, "openai", language_of(call, self._site.settings.language))

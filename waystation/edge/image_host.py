"""`POST /api/upload`: a picture of the caller's own, stored and linked; nothing is charged."""

import asyncio
from contextlib import closing

from waystation.artefacts.media_types import HEAD_BYTES, VISION, sniff
from waystation.artefacts.shelf import ArtefactsAway
from waystation.edge.call import Call
from waystation.edge.content_type import multipart_boundary
from waystation.edge.identify import identify
from waystation.edge.language import language_of
from waystation.edge.public_base import public_base
from waystation.edge.replies import send_fault, send_json
from waystation.edge.site import Site
from waystation.edge.upload_form import FormHolder, Upload, UploadForm
from waystation.errors import Fault
from waystation.identity.caller import Caller
from waystation.kernel.spool import Spool
from waystation.storage.database import StorageAway

FIELD = "file"
_FORM_BYTES = 64 * 1024
"""Beside the picture: boundaries, headers and the texts that some clients add."""


class ImageHost:
    __slots__ = ("_site",)

    def __init__(self, site: Site) -> None:
        self._site = site

    async def __call__(self, call: Call) -> None:
        site = self._site
        try:
            caller = await identify(site.authenticator, call)
            with closing(FormHolder[Spool]()) as forms:
                picture = await self._read(call, forms)
                send_json(call, await self._keep(call, caller, picture))
        except (Fault, StorageAway, ArtefactsAway) as failed:
            fault = failed
            if not isinstance(fault, Fault):
                fault = Fault("temporarily_unavailable", retry_after=2)
            send_fault(call, fault, "openai", language_of(call, site.settings.language))

    async def _read(self, call: Call, forms: FormHolder[Spool]) -> Spool:
        """Raises Fault (400, 413, 415)."""
        settings = self._site.settings
        boundary = multipart_boundary(call.header("content-type"))
        form = UploadForm(boundary, settings.picture_bytes_max, _picture, call.hold_body)
        forms.form = form
        most = settings.picture_bytes_max + _FORM_BYTES
        await call.read(most, settings.upload_seconds_max, form.take)
        await form.finish()
        if len(form.files) != 1:
            raise Fault("invalid_value", param=FIELD, reason="send one picture as file")
        return form.files[0][1]

    async def _keep(self, call: Call, caller: Caller, picture: Spool) -> dict[str, object]:
        """Raises Fault (400, 413), ArtefactsAway, StorageAway."""
        store, most = self._site.artefacts, self._site.settings.stored_bytes_max
        if most:
            there = await store.bytes_of(caller.account_id)
            if there + len(picture) > most:
                raise Fault("storage_limit_reached", limit=most, stored=there)
        data = await asyncio.to_thread(picture.read)
        try:
            kept = await store.keep(
                caller.account_id,
                data,
                types=VISION,
                token_id=caller.token_id,
                request_id=call.request_id,
            )
        except Fault as refused:  # the store speaks of what vendors send
            if refused.code != "bad_upstream_response":
                raise
            reason = refused.values.get("reason", "it cannot be read")
            raise Fault("invalid_image", param=FIELD, reason=reason) from None
        url = store.link(kept, public_base(call, self._site.settings))
        return {"url": url, "created": kept.created_ms}


def _picture(upload: Upload) -> Spool:
    """Raises Fault (400, 415) for what is no picture, whatever its header says."""
    if upload.field != FIELD:
        reason = "no file is expected here; send the picture as file"
        raise Fault("invalid_value", param=upload.field[:60], reason=reason)
    found = sniff(upload.data.read(HEAD_BYTES))
    if not len(upload.data):
        raise Fault("invalid_image", param=FIELD, reason="it is empty")
    if found is None or found not in VISION:
        raise Fault("unsupported_media_type", reason="The file is not png, jpeg, webp or gif.")
    return upload.data

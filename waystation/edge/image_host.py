"""`POST /api/upload`: a picture of the caller's own, stored and linked; nothing is charged."""

import asyncio
from contextlib import closing

from waystation.admission.rate_headers import rate_headers
from waystation.admission.refusal import NotAdmitted, ledger_away, not_admitted
from waystation.artefacts.media_types import HEAD_BYTES, VISION, sniff
from waystation.artefacts.shelf import ArtefactsAway
from waystation.edge.call import Call
from waystation.edge.content_type import multipart_boundary
from waystation.edge.identify import identify
from waystation.edge.public_base import public_base
from waystation.edge.replies import Headers, send_fault, send_json
from waystation.edge.site import Site
from waystation.edge.story import Story
from waystation.edge.upload_form import FormHolder, Upload, UploadForm
from waystation.errors import Fault
from waystation.identity.caller import Caller
from waystation.kernel.spool import Spool
from waystation.ledger.messages import Hold, Refused
from waystation.ledger.port import LedgerAway
from waystation.storage.database import StorageAway

DIALECT = "openai"
OPERATION = "upload"
FIELD = "file"
_FORM_BYTES = 64 * 1024
"""Beside the picture: boundaries, headers and the texts that some clients add."""


class ImageHost:
    __slots__ = ("_site",)

    def __init__(self, site: Site) -> None:
        self._site = site

    async def __call__(self, call: Call) -> None:
        story = Story(self._site, call, DIALECT)
        try:
            with closing(FormHolder[Spool]()) as forms:
                caller = await self._caller(story)
                picture = await self._read(call, forms)
                limits = await self._admit(story)
                told = await self._keep_held(story, caller, picture)
            send_json(call, told, headers=limits)
        except Fault as fault:
            if not story.is_answered:
                story.refuse(fault)
            limits = rate_headers(fault.rate) if isinstance(fault, NotAdmitted) else ()
            send_fault(call, fault, DIALECT, story.language, limits)

    async def _caller(self, story: Story) -> Caller:
        """Raises Fault (401, 503)."""
        caller = story.caller = await identify(self._site.authenticator, story.call)
        story.free(OPERATION, "")
        return caller

    async def _admit(self, story: Story) -> Headers:
        """A place in the limits of token and account, as any other request takes one; it costs
        nothing. Raises NotAdmitted."""
        facts = story.facts
        assert facts is not None
        account, token = facts.account_id, facts.token_id
        hold = Hold(facts.request_id, account, token, "", 0, 0, 0, 0, False, facts)
        try:
            decision = await self._site.ledger.admit(hold)
        except LedgerAway:
            raise ledger_away() from None
        if isinstance(decision, Refused):
            raise not_admitted(decision, 0)
        return rate_headers(decision.rate)

    async def _keep_held(self, story: Story, caller: Caller, picture: Spool) -> dict[str, object]:
        """Raises Fault. Whatever happens, the place is given back with its log row."""
        fault: Fault | None = Fault("internal_error")
        try:
            told = await self._keep(story.call, caller, picture)
            fault = None
            return told
        except Fault as refused:
            fault = refused
            raise
        except (StorageAway, ArtefactsAway):
            fault = Fault("temporarily_unavailable", retry_after=2)
            raise fault from None
        finally:
            story.ended_free(fault)

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

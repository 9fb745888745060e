"""A picture request that becomes a task: `?async=true`, or a field `webhook` that says where to
tell. A form's files are kept until the task's end. The answer is the task, 202; the rest happens in
a runner."""

from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import parse_qs

import msgspec

from waystation.admission.picture_estimate import picture_estimate
from waystation.admission.rate_headers import rate_headers
from waystation.admission.refusal import NotAdmitted
from waystation.dialects.pictures.order import PictureInput
from waystation.dialects.pictures.request import PictureOperation
from waystation.edge.call import Call
from waystation.edge.identify import identify
from waystation.edge.pictures.inputs import check
from waystation.edge.public_base import public_base
from waystation.edge.queries import query_of
from waystation.edge.relay import idempotency_of
from waystation.edge.replies import JSON_TYPE, send_fault
from waystation.edge.site import Site
from waystation.edge.story import Story
from waystation.edge.upload_form import UploadForm
from waystation.errors import Fault
from waystation.identity.caller import Caller
from waystation.kernel.clock import now_ms
from waystation.routing.choices import Choices
from waystation.routing.query import Query
from waystation.storage.database import StorageAway
from waystation.tasks.begin import Begun, Order
from waystation.tasks.hooks.address import judge
from waystation.tasks.pictures.inputs import INPUTS, drop, keep_inputs
from waystation.tasks.pictures.saved import KIND, Saved, SavedFile, encode_saved, operation_of
from waystation.tasks.shown import task_object
from waystation.tasks.task import Request
from waystation.tasks.workshop import query_json

WEBHOOK = "webhook"
_ACCEPTED = 202

_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class BecomesTask(Exception):
    """The request in hand is to be a task. body: JSON; of a form, the form, and the digest of its
    body ("": nobody asked for one)."""

    def __init__(
        self, body: bytes, form: UploadForm[PictureInput] | None = None, digest: str = ""
    ) -> None:
        super().__init__()
        self.body = body
        self.form = form
        self.digest = digest


def asks_for_task(call: Call, body: bytes) -> bool:
    """By its query, or by naming where to tell."""
    if "async=" in call.query and _is_async(call):
        return True
    return b'"webhook"' in body and WEBHOOK in _fields(body)


def is_async_form(call: Call, texts: Sequence[tuple[str, str]]) -> bool:
    asks = "async=" in call.query and _is_async(call)
    return asks or any(name == WEBHOOK for name, _ in texts)


def _is_async(call: Call) -> bool:
    return parse_qs(call.query).get("async", [""])[0].lower() in ("true", "1")


async def begin_task(site: Site, call: Call, dialect: str, path: str, request: BecomesTask) -> None:
    """Answers the call: the task, or why not."""
    story = Story(site, call, dialect)
    kept: list[SavedFile] = []
    try:
        try:
            begun = await _begin(site, story, path, request, kept)
        except StorageAway:
            raise Fault("temporarily_unavailable", retry_after=2) from None
    except Fault as fault:
        await _drop(site, story, kept)
        story.refuse(fault)
        limits = rate_headers(fault.rate) if isinstance(fault, NotAdmitted) else ()
        send_fault(call, fault, dialect, story.language, limits)
        return
    if begun.repeated:
        await _drop(site, story, kept)
    headers = (JSON_TYPE, *rate_headers(begun.rate))
    call.reply(_ACCEPTED, headers, _encode(task_object(begun.task)))


async def _drop(site: Site, story: Story, kept: Sequence[SavedFile]) -> None:
    """Files of a request that did not become a task of its own."""
    if kept and story.caller is not None:
        await drop(site.artefacts, story.caller.account_id, [each.artefact for each in kept])


async def _begin(
    site: Site, story: Story, path: str, request: BecomesTask, kept: list[SavedFile]
) -> Begun:
    call, form = story.call, request.form
    caller = story.caller = await identify(site.authenticator, call)
    fields = _fields(request.body) if form is None else _webhook_of(form)
    url = await _hook_url(site, caller, fields.pop(WEBHOOK, None))
    base = public_base(call, site.settings)
    if form is None:
        saved = Saved(path, msgspec.Raw(_encode(fields)), base)
        operation = operation_of(saved, site.settings)
    else:
        texts = tuple(each for each in form.texts if each[0] != WEBHOOK)
        saved = Saved(path, msgspec.Raw(b"null"), base, texts)
        operation = operation_of(saved, site.settings, form.files)
        if not operation.references:
            await check(site, operation)
    story.operation = operation
    if operation.stream:
        raise Fault("invalid_value", param="stream", reason="a task has no stream")
    query = query_of(caller, operation.model, operation.name, operation.needs)
    choices = _choices(site, query)
    if form is not None:
        await keep_inputs(
            site.artefacts,
            form.files,
            account_id=caller.account_id,
            token_id=caller.token_id,
            request_id=call.request_id,
            kept=kept,
        )
        saved = msgspec.structs.replace(saved, files=tuple(kept))
    order = Order(
        kind=KIND,
        action=operation.name,
        facts=story.facts_for(choices.first),
        nanos=_nanos(operation, choices),
        request=Request(encode_saved(saved), query_json(query)),
        memo={INPUTS: [each.artefact for each in kept]} if kept else {},
        url=url,
        idempotency=_idempotency(call, request),
    )
    return await site.beginnings.begin(order)


def _webhook_of(form: UploadForm[PictureInput]) -> dict[str, msgspec.Raw]:
    return {name: msgspec.Raw(_encode(text)) for name, text in form.texts if name == WEBHOOK}


def _idempotency(call: Call, request: BecomesTask) -> tuple[str, str] | None:
    """Raises Fault (400)."""
    if not call.header("idempotency-key"):
        return None
    return idempotency_of(call, request.digest or sha256(request.body).hexdigest())


def _nanos(operation: PictureOperation, choices: Choices) -> int:
    return picture_estimate(operation, choices).nanos


def _choices(site: Site, query: Query) -> Choices:
    if site.directory is None:
        raise Fault("temporarily_unavailable", retry_after=2)
    return site.directory.candidates(query, now_ms())


def _fields(body: bytes) -> dict[str, msgspec.Raw]:
    """Raises Fault (400)."""
    try:
        return _decode(body)
    except msgspec.DecodeError as error:
        raise Fault("invalid_json", reason=str(error)) from None


async def _hook_url(site: Site, caller: Caller, raw: msgspec.Raw | None) -> str:
    """The request's, else the token's, else the deployment's. Raises Fault (400)."""
    try:
        url = "" if raw is None else msgspec.json.decode(raw, type=str | None) or ""
        if url:
            await judge(url, site.hook_guard)
    except ValueError as wrong:  # msgspec's errors are ValueErrors
        raise Fault("invalid_value", param=WEBHOOK, reason=str(wrong)) from None
    return url or caller.hook_url or site.settings.hook_url or ""

"""A picture request that becomes a task: `?async=true`, or a field `webhook` that says where to
tell. The answer is the task, 202; the rest happens in a runner."""

from hashlib import sha256
from urllib.parse import parse_qs

import msgspec

from waystation.admission.picture_estimate import picture_estimate
from waystation.admission.rate_headers import rate_headers
from waystation.admission.refusal import NotAdmitted
from waystation.dialects.pictures.request import PictureOperation
from waystation.edge.call import Call
from waystation.edge.identify import identify
from waystation.edge.public_base import public_base
from waystation.edge.queries import query_of
from waystation.edge.relay import idempotency_of
from waystation.edge.replies import JSON_TYPE, send_fault
from waystation.edge.site import Site
from waystation.edge.story import Story
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.routing.choices import Choices
from waystation.routing.query import Query
from waystation.tasks.begin import Begun, Order
from waystation.tasks.hooks.address import judge
from waystation.tasks.pictures.saved import KIND, Saved, encode_saved, operation_of
from waystation.tasks.shown import task_object
from waystation.tasks.task import Request
from waystation.tasks.workshop import query_json

WEBHOOK = "webhook"
_ACCEPTED = 202

_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class BecomesTask(Exception):
    """The request in hand is to be a task. body: JSON."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.body = body


def asks_for_task(call: Call, body: bytes) -> bool:
    """By its query, or by naming where to tell."""
    if "async=" in call.query and _is_async(call):
        return True
    return b'"webhook"' in body and WEBHOOK in _fields(body)


def is_async_form(call: Call) -> bool:
    return "async=" in call.query and _is_async(call)


def _is_async(call: Call) -> bool:
    return parse_qs(call.query).get("async", [""])[0].lower() in ("true", "1")


async def begin_task(site: Site, call: Call, dialect: str, path: str, body: bytes) -> None:
    """Answers the call: the task, or why not."""
    story = Story(site, call, dialect)
    try:
        begun = await _begin(site, story, path, body)
    except Fault as fault:
        story.refuse(fault)
        limits = rate_headers(fault.rate) if isinstance(fault, NotAdmitted) else ()
        send_fault(call, fault, dialect, story.language, limits)
        return
    headers = (JSON_TYPE, *rate_headers(begun.rate))
    call.reply(_ACCEPTED, headers, _encode(task_object(begun.task)))


async def _begin(site: Site, story: Story, path: str, body: bytes) -> Begun:
    call = story.call
    caller = story.caller = await identify(site.authenticator, call)
    fields = _fields(body)
    url = await _hook_url(site, fields.pop(WEBHOOK, None))
    saved = Saved(path, msgspec.Raw(_encode(fields)), public_base(call, site.settings))
    operation = story.operation = operation_of(saved, site.settings)
    if operation.stream:
        raise Fault("invalid_value", param="stream", reason="a task has no stream")
    query = query_of(caller, operation.model, operation.name, operation.needs)
    choices = _choices(site, query)
    digest = sha256(body).hexdigest() if call.header("idempotency-key") else None
    order = Order(
        kind=KIND,
        action=operation.name,
        facts=story.facts_for(choices.first),
        nanos=_nanos(operation, choices),
        request=Request(encode_saved(saved), query_json(query)),
        url=url,
        idempotency=None if digest is None else idempotency_of(call, digest),
    )
    return await site.beginnings.begin(order)


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


async def _hook_url(site: Site, raw: msgspec.Raw | None) -> str:
    """The request's, else the deployment's. Raises Fault (400)."""
    try:
        url = "" if raw is None else msgspec.json.decode(raw, type=str | None) or ""
        if url:
            await judge(url, site.hook_guard)
    except ValueError as wrong:  # msgspec's errors are ValueErrors
        raise Fault("invalid_value", param=WEBHOOK, reason=str(wrong)) from None
    return url or site.settings.hook_url or ""

"""One message to one receiver. What it answers is looked at no further than its status."""

import uuid
from collections.abc import Sequence
from time import time
from typing import NamedTuple

from waystation.kernel.clock import monotonic
from waystation.tasks.hooks.signature import sign
from waystation.upstream.transport import (
    Deadlines,
    Origin,
    Outgoing,
    Transport,
    TransportFault,
)
from waystation.upstream.url import parse_url

SECONDS_MAX = 10.0
EVENT = b"task.updated"
_DEADLINES = Deadlines(
    connect_seconds=5.0,
    first_byte_seconds=SECONDS_MAX,
    idle_seconds=SECONDS_MAX,
    total_seconds=SECONDS_MAX,
)
_NAMESPACE = uuid.UUID("3c1c2a3e-6d0c-4d57-9f0b-1f6f6f0a7f5d")


class Outcome(NamedTuple):
    """status: the receiver's, 0 none came. error: "" when it was taken, else a word: a kind of
    transport fault, or "status"."""

    status: int
    millis: int
    error: str


def delivery_id(task_id: str, rank: int) -> str:
    """The same for each try to tell the same thing, also by another process after a crash."""
    return str(uuid.uuid5(_NAMESPACE, f"{task_id}/{rank}"))


async def deliver(
    transport: Transport, url: str, body: bytes, identity: str, secrets: Sequence[str]
) -> Outcome:
    """One POST, without redirects. secrets: all that sign."""
    began = monotonic()
    try:
        origin, target = parse_url(url)
    except ValueError:
        return Outcome(0, 0, "address")
    status, error = 0, ""
    try:
        incoming = await transport.send(
            _message(origin, target, body, identity, secrets), _DEADLINES
        )
    except TransportFault as fault:
        error = fault.kind
    else:
        status = incoming.status
        incoming.close()
        error = "" if 200 <= status < 300 else "status"
    return Outcome(status, int((monotonic() - began) * 1000), error)


def _message(
    origin: Origin, target: str, body: bytes, identity: str, secrets: Sequence[str]
) -> Outgoing:
    timestamp = int(time())
    headers = (
        (b"content-type", b"application/json"),
        (b"user-agent", b"waystation"),
        (b"x-waystation-event", EVENT),
        (b"x-waystation-delivery", identity.encode()),
        (b"x-waystation-timestamp", b"%d" % timestamp),
        (b"x-waystation-signature", sign(secrets, timestamp, body).encode()),
    )
    return Outgoing(origin, "POST", target, headers, body)

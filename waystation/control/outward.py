"""Calls of ours to servers that an operator named: through the egress guard, small, and short."""

from typing import Any
from urllib.parse import urlencode

import msgspec

from waystation.settings import Settings
from waystation.upstream.egress import EgressGuard
from waystation.upstream.outbound import Outbound
from waystation.upstream.transport import Deadlines, Outgoing, TransportFault
from waystation.upstream.url import parse_url

REPLY_BYTES_MAX = 256 * 1024
_DEADLINES = Deadlines(
    connect_seconds=5.0, first_byte_seconds=10.0, idle_seconds=10.0, total_seconds=20.0
)


class OutwardFault(Exception):
    """It did not answer as it should; says why, without secrets."""


async def ask_json(
    settings: Settings,
    url: str,
    *,
    form: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    allow_private: bool = False,
    bytes_max: int = REPLY_BYTES_MAX,
) -> Any:
    """GET, or POST of a form; the JSON of a 200. Raises OutwardFault."""
    outbound = Outbound(EgressGuard(settings.egress_allow))
    try:
        origin, target = parse_url(url, allow_private=allow_private)
        sent = {"accept": "application/json", "user-agent": "waystation", **(headers or {})}
        body = b""
        if form is not None:
            sent["content-type"] = "application/x-www-form-urlencoded"
            body = urlencode(form).encode()
        lines = tuple((name.encode(), value.encode("latin-1")) for name, value in sent.items())
        method = "GET" if form is None else "POST"
        incoming = await outbound.send(Outgoing(origin, method, target, lines, body), _DEADLINES)
        status, raw = incoming.status, await incoming.read_all(bytes_max)
    except (TransportFault, ValueError) as fault:
        raise OutwardFault(str(fault)) from None
    finally:
        await outbound.close()
    if status != 200:
        raise OutwardFault(f"status {status}")
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise OutwardFault("it answered no JSON") from None

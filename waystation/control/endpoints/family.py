"""What the calls of this family share: who asks, how it is answered, legacy numbers."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response

from waystation.control.desk.action import Call
from waystation.control.replies import json_reply
from waystation.errors import Fault
from waystation.kernel.money import format_usd, nanos_of_legacy_units

NANOS_UNLIMITED = 0
_ACCOUNT_HEADER = "new-api-user"


def call_of(request: Request) -> Call:
    """Raises Fault (session_required) when New-Api-User names another account than the
    credential's."""
    call = Call(request, None, None)
    named = request.headers.get(_ACCOUNT_HEADER, "").strip()
    if named and named != str(call.person.account_id):
        raise Fault("session_required")
    return call


def answered(data: Any) -> Response:
    return json_reply({"success": True, "message": "", "data": data})


def number(text: str | None, default: int) -> int:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 9:
        return default
    return int(text)


def units_to_usd(units: int, more_nanos: int = 0) -> str:
    """Raises Fault (invalid_value) beyond what money can be."""
    if units > 10**14:
        raise Fault("invalid_value", param="remain_quota", reason="too much")
    return format_usd(nanos_of_legacy_units(units) + more_nanos)

"""Replies that are not an upstream's: faults in the dialect of the route, and small JSON."""

from typing import Any

import msgspec

from waystation.dialects.error_shapes import write_error
from waystation.edge.call import Call
from waystation.errors import Fault, Language

JSON_TYPE = (b"content-type", b"application/json; charset=utf-8")

Headers = tuple[tuple[bytes, bytes], ...]

_encode = msgspec.json.Encoder().encode


def send_fault(
    call: Call, fault: Fault, shape: str, language: Language, more: Headers = ()
) -> None:
    """Nobody is told who has gone. more: headers besides the shape's own."""
    status, headers, body = write_error(fault, shape, call.request_id, language)
    call.reply(status, (*headers, *more), body)


def send_json(call: Call, value: Any, status: int = 200, headers: Headers = ()) -> None:
    call.reply(status, (JSON_TYPE, *headers), _encode(value))

"""Bodies and queries judged by their Structs; what is wrong is told by field."""

import re
from typing import Any, TypeVar

import msgspec
from fastapi import Request

from waystation.errors import Fault

Struct = TypeVar("Struct")

_PLACE = re.compile(r" - at `\$\.?(?P<place>.*)`$")


_DECODERS: dict[type[Any], msgspec.json.Decoder[Any]] = {}
"""One for each kind of body that is declared."""


def _decoder(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    if kind not in _DECODERS:
        _DECODERS[kind] = msgspec.json.Decoder(kind)
    return _DECODERS[kind]


def read_body(raw: bytes, kind: type[Struct]) -> Struct:
    """Raises Fault: invalid_json, invalid_request, invalid_value."""
    try:
        read: Struct = _decoder(kind).decode(raw)
    except msgspec.ValidationError as wrong:
        raise _refused(str(wrong)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise Fault("invalid_json", reason=str(wrong)) from None
    if b"\\u0000" in raw:
        raise Fault("invalid_value", param="body", reason="no text may contain NUL")
    return read


def read_query(request: Request, kind: type[Struct]) -> Struct:
    """Raises Fault: invalid_request, invalid_value."""
    given = dict(request.query_params)
    for name, value in given.items():
        if "\x00" in value:
            raise Fault("invalid_value", param=name, reason="no text may contain NUL")
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as wrong:
        raise _refused(str(wrong)) from None


def refuse(field: str, reason: str) -> Fault:
    """A value that the Struct could not judge."""
    return Fault("invalid_value", param=field, reason=reason, extra={"fields": {field: reason}})


def _refused(message: str) -> Fault:
    found = _PLACE.search(message)
    if found is None or not found["place"]:
        return Fault("invalid_request", reason=message)
    reason = message[: found.start()]
    place = found["place"]
    return Fault("invalid_request", reason=message, param=place, extra={"fields": {place: reason}})

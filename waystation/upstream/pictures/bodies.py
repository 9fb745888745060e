"""Requests' bodies out of fields: what was not given is left out, what the operator set wins."""

from collections.abc import Mapping
from typing import Any

import msgspec

from waystation.upstream.pictures.multipart import FormBody
from waystation.upstream.pictures.port import PictureInput
from waystation.upstream.pictures.wire import PictureWire

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode

Fields = Mapping[str, Any]


def json_body(wire: PictureWire, fields: Fields) -> bytes:
    """A JSON object. Values None are left out."""
    return _encode({**_present(fields), **wire.channel.body_overrides})


def form_body(wire: PictureWire, fields: Fields) -> FormBody:
    """A multipart form: texts and numbers as text, pictures as files, other values as JSON. A
    list of pictures is its field several times."""
    parts: list[tuple[str, str | PictureInput]] = []
    for name, value in {**_present(fields), **wire.channel.body_overrides}.items():
        if isinstance(value, list) and value and isinstance(value[0], PictureInput):
            parts += [(name, each) for each in value]
        else:
            parts.append((name, _text(value)))
    return FormBody(parts)


def _present(fields: Fields) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _text(value: Any) -> str | PictureInput:
    if isinstance(value, str | PictureInput):
        return value
    if isinstance(value, msgspec.Raw) and isinstance(decoded := _decode(value), str):
        return decoded
    return bytes(value if isinstance(value, msgspec.Raw) else _encode(value)).decode()

"""`stream_options`: usage is asked of every upstream, and shown only to who asked for it."""

import msgspec

from waystation.errors import Fault
from waystation.kernel.scalars import flag, is_null, kind
from waystation.kernel.strictjson import Fields, raw_of

_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def stream_options_of(fields: Fields) -> tuple[msgspec.Raw, bool]:
    """(options to write when streaming, whether the caller asked for usage). Raises Fault
    invalid_value when they are no object."""
    value = fields.get("stream_options")
    if value is None or is_null(value):
        return msgspec.Raw(b'{"include_usage":true}'), False
    if kind(value) != "{":
        raise Fault("invalid_value", param="stream_options", reason="expected an object")
    inner = _decode_fields(value)
    if flag(inner, "include_usage"):
        return value, True
    return raw_of({**inner, "include_usage": True}), False

"""Embeddings as numbers and as base64 of little-endian float32, either from the other."""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from struct import pack, unpack

import msgspec

from waystation.errors import Fault

_decode_floats = msgspec.json.Decoder(list[float]).decode
_decode_text = msgspec.json.Decoder(str).decode


def as_base64(embedding: msgspec.Raw) -> msgspec.Raw:
    """A JSON array of numbers as a JSON string. Raises Fault bad_upstream_response."""
    try:
        numbers = _decode_floats(embedding)
        packed = pack(f"<{len(numbers)}f", *numbers)
    except (msgspec.DecodeError, OverflowError):
        raise _unreadable() from None
    return msgspec.Raw(b'"' + b64encode(packed) + b'"')


def as_numbers(embedding: msgspec.Raw) -> msgspec.Raw:
    """A JSON string of base64 as a JSON array of decimals that are the same float32."""
    try:
        packed = b64decode(_decode_text(embedding), validate=True)
    except (msgspec.DecodeError, Base64Error, ValueError):
        raise _unreadable() from None
    if len(packed) % 4:
        raise _unreadable()
    numbers = unpack(f"<{len(packed) // 4}f", packed)
    # Nine digits always tell a float32 from its neighbours; nan and inf alone contain an "n".
    written = ",".join(map("{:.9g}".format, numbers))
    if "n" in written:
        raise _unreadable()
    return msgspec.Raw(b"[" + written.encode() + b"]")


def _unreadable() -> Fault:
    return Fault("bad_upstream_response", reason="an embedding that cannot be read")

"""Signatures of thoughts, our own callers' and those of other dialects in Anthropic's clothes.

A caller of this dialect sends back what it got: `signature` of a thinking block, `data` of a
redacted one. A foreign seal travels there with a prefix of ours that names its dialect.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

import msgspec

from waystation.dialects.ir import Opaque
from waystation.kernel.strictjson import raw_of

DIALECT = "anthropic"
PREFIX = "ws1."
_decode = msgspec.json.Decoder().decode


def written_seal(seal: Opaque) -> str:
    """The seal as a string of this dialect."""
    if seal.dialect == DIALECT:
        value = _decode(seal.value)
        return value if isinstance(value, str) else ""
    packed = urlsafe_b64encode(bytes(seal.value)).decode()
    return f"{PREFIX}{seal.dialect}.{packed}"


def read_seal(text: str) -> Opaque | None:
    """The seal that a string of this dialect holds; None for an empty one, or a broken one of
    ours."""
    if not text:
        return None
    if not text.startswith(PREFIX):
        return Opaque(DIALECT, raw_of(text))
    dialect, _, packed = text.removeprefix(PREFIX).partition(".")
    try:
        value = urlsafe_b64decode(packed.encode("ascii"))
        _decode(value)
    except (Error, UnicodeEncodeError, msgspec.DecodeError, RecursionError):
        return None
    return Opaque(dialect, msgspec.Raw(value))

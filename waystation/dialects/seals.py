"""Signatures of one dialect on their way through another.

A thinking signature or encrypted reasoning is understood by its origin only, yet a caller who
speaks another dialect must bring it back with the next turn. Where that dialect has a field for
such a thing it carries this: base64 of `waystation`, the origin, what the seal is on ("" the part
itself, "call" the tool call that follows, "back" the one before) and its JSON value.
"""

import base64
import binascii

import msgspec

from waystation.dialects.ir import Opaque

_MARK = b"waystation"
MARK = base64.b64encode(_MARK + b"\x00\x00")[:12].decode()
"""What every packed seal begins with, whatever follows."""


def packed(seal: Opaque, on: str = "") -> str:
    """As text that every dialect's field for signatures takes."""
    head = b"\x00".join((_MARK, seal.dialect.encode(), on.encode()))
    return base64.b64encode(head + b"\x00" + bytes(seal.value)).decode()


def unpacked(text: str) -> tuple[Opaque, str] | None:
    """The seal that a caller brought back, and what it is on; None: it is of the dialect that it
    stands in."""
    if not text.startswith(MARK):
        return None
    try:
        raw = base64.b64decode(text.translate(_STANDARD), validate=True)
        mark, dialect, on, value = raw.split(b"\x00", 3)
        msgspec.json.decode(value)
        found = Opaque(dialect.decode("ascii"), msgspec.Raw(value))
        name = on.decode("ascii")
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        return None
    return (found, name) if mark == _MARK else None


_STANDARD = {ord("-"): "+", ord("_"): "/"}
"""Some clients write bytes in the other base64."""


def own_or_packed(seal: Opaque | None, dialect: str, on: str = "") -> str | None:
    """The text for a field of `dialect`: its own signature as it is, another's packed. None:
    there is none."""
    if seal is None:
        return None
    if seal.dialect != dialect:
        return packed(seal, on)
    value = msgspec.json.decode(seal.value)
    return value if isinstance(value, str) else None

"""Bodies read strictly, and only as deep as needed.

A body's top level becomes raw slices; a short list of edits is applied and the object is written
anew from the slices, so that what is billed is what is sent and unknown fields survive byte for
byte. The decoder checks the grammar, escapes and surrogates of what it skips, and stops at the
interpreter's recursion guard (0006); it does not look at the bytes of skipped strings,
hence one UTF-8 check of the whole, nor at the size of skipped numbers, hence the finite check of
those at the top. Numbers deeper down pass as they are unless somebody reads them.
"""

import re
from collections.abc import Mapping
from math import isinf
from typing import Any

import msgspec

from waystation.errors import Fault

Fields = dict[str, msgspec.Raw]

_decode_fields = msgspec.json.Decoder(Fields).decode
_encoder = msgspec.json.Encoder()
_BYTE = re.compile(r"\(byte (\d+)\)")
_BOM = b"\xef\xbb\xbf"


def read_object(body: bytes) -> Fields:
    """The top level of a JSON object: name → raw slice, the last duplicate wins.

    Raises Fault invalid_json (400) with line and column."""
    if not body.isascii():
        body = _checked_utf8(body)
    try:
        fields = _decode_fields(body)
    except msgspec.DecodeError as error:
        raise _fault_of(error, body) from None
    except UnicodeDecodeError as error:
        raise invalid_json("a name is not valid UTF-8", body, error.start) from None
    except RecursionError:
        raise invalid_json("nested too deeply") from None
    for name, value in fields.items():
        if len(value) > 3 and not is_finite(value):
            raise Fault("invalid_json", param=name, reason=f"the number of '{name}' is too large")
    return fields


def rebuild(
    fields: Mapping[str, msgspec.Raw], edits: Mapping[str, msgspec.Raw | None] = {}
) -> bytes:
    """The object written anew: slices as they were, edits in place, None takes a field away."""
    if not edits:
        return _encoder.encode(fields)
    merged = {**fields, **edits}
    for name, edit in edits.items():
        if edit is None:
            del merged[name]
    return _encoder.encode(merged)


def raw_of(value: Any) -> msgspec.Raw:
    """A plain value as a slice for `rebuild`."""
    return msgspec.Raw(_encoder.encode(value))


def is_finite(value: msgspec.Raw) -> bool:
    """False for a number literal that no double holds; anything but a number is fine."""
    if memoryview(value)[0] not in b"-0123456789":
        return True
    return not isinf(float(bytes(value)))


def invalid_json(reason: str, body: bytes = b"", offset: int | None = None) -> Fault:
    """Fault invalid_json; offset: the byte where reading stopped."""
    if offset is None:
        return Fault("invalid_json", reason=reason)
    before = body[:offset]
    line = before.count(b"\n") + 1
    column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
    return Fault("invalid_json", reason=f"{reason} (line {line}, column {column})")


def _checked_utf8(body: bytes) -> bytes:
    if body.startswith(_BOM):
        body = body[3:]
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise invalid_json("not valid UTF-8", body, error.start) from None
    return body


def _fault_of(error: msgspec.DecodeError, body: bytes) -> Fault:
    text = str(error)
    if isinstance(error, msgspec.ValidationError):
        return invalid_json("the body must be a JSON object")
    if not body.strip():
        return invalid_json("the body is empty")
    found = _BYTE.search(text)
    offset = int(found[1]) if found else len(body)
    if "trailing characters" in text:
        offset -= 1
    reason = _BYTE.sub("", text).replace("JSON is malformed:", "").strip()
    return invalid_json("it ends too early" if found is None else reason, body, offset)

"""The parts of a multipart body that is in memory as a whole."""

import re
from typing import NamedTuple

from waystation.demo.pictures.refusal import Refused

_PARTS_MAX = 64
_HEAD_BYTES_MAX = 8192
_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))', re.IGNORECASE)
_NAME = re.compile(rb'[;\s]name="((?:[^"\\]|\\.)*)"|[;\s]name=([^\s;"]+)', re.IGNORECASE)


class Part(NamedTuple):
    name: str
    data: bytes


def parts(body: bytes, content_type: str) -> list[Part]:
    """Raises Refused for a body that is no form."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise Refused("the form's boundary is missing")
    mark = b"\r\n--" + (found[1] or found[2]).encode("latin-1")
    pieces = (b"\r\n" + body).split(mark)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise Refused("the form is cut off")
    if len(pieces) - 2 > _PARTS_MAX:
        raise Refused(f"a form has at most {_PARTS_MAX} parts")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    head, blank, data = piece.partition(b"\r\n\r\n")
    named = _NAME.search(head) if len(head) <= _HEAD_BYTES_MAX else None
    if not blank or named is None:
        raise Refused("a part of the form has no name")
    name = named[1] if named[1] is not None else named[2]
    return Part(name.decode("utf-8", "replace"), data)

"""An upstream's body that must be JSON of a known shape."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from waystation.errors import Fault

Shape = TypeVar("Shape")


def read_answer(decode: Callable[[bytes], Shape], body: bytes) -> Shape:
    """Raises Fault for HTML, nonsense, another shape, text that is not UTF-8."""
    try:
        if not body.isascii():
            body.decode()  # the decoder does not look into what stays raw
        return decode(body)
    except msgspec.ValidationError:
        raise Fault("bad_upstream_response", reason="an answer of an unknown shape") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise not_json(body) from None
    except RecursionError:
        raise Fault("bad_upstream_response", reason="an answer nested too deeply") from None


def not_json(body: bytes) -> Fault:
    """What a body that is no JSON object is taken for. Its words are not repeated."""
    head = body[:512].lstrip().lower()
    if not head:
        reason = "an empty body"
    elif head.startswith((b"<!doctype", b"<html", b"<")):
        reason = "an HTML page instead of JSON"
    else:
        reason = "not valid JSON"
    return Fault("bad_upstream_response", reason=reason)

"""Reading what vendors answer."""

from typing import Any

import msgspec

from waystation.upstream.data_url import read_data_url
from waystation.upstream.pictures.data_address import read_base64
from waystation.upstream.pictures.refusals import nonsense
from waystation.upstream.pictures.wire import Reply

BYTES_MAX = 64 * 1024 * 1024
"""Of one picture; the reply as a whole is bounded by its own setting."""

_decode = msgspec.json.Decoder().decode


def document_of(reply: Reply) -> dict[str, Any]:
    """The JSON object that a reply is. Raises AttemptFailed (502)."""
    try:
        document = _decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise nonsense("it is not JSON") from None
    if not isinstance(document, dict):
        raise nonsense("it is not a JSON object")
    return document


def list_of(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of a list; other things in it are passed over. Raises AttemptFailed (502)."""
    value = document.get(name)
    if not isinstance(value, list):
        raise nonsense(f"it has no {name}")
    return [one for one in value if isinstance(one, dict)]


def bytes_of(text: object) -> bytes:
    """The bytes of base64, which some vendors wrap into a data URL. Raises AttemptFailed (502)."""
    if not isinstance(text, str) or not text:
        raise nonsense("a picture without bytes")
    try:
        data = read_data_url(text, BYTES_MAX) if is_data_url(text) else read_base64(text)
    except ValueError:
        raise nonsense("a picture that is not base64") from None
    if not data:
        raise nonsense("a picture without bytes")
    return data


def is_data_url(value: object) -> bool:
    return isinstance(value, str) and value[:5].lower() == "data:"


def seed_of(value: object) -> int | None:
    """A whole number, or none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None

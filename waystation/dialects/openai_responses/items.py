"""Small readings that requests and answers share."""

import base64
import binascii
from typing import Any

from waystation.errors import Fault


def item_text(item: dict[str, Any]) -> str:
    """A reasoning item's summary, or its thoughts where they are told."""
    for name in ("summary", "content"):
        parts = item.get(name)
        listed = parts if isinstance(parts, list) else ()
        texts = [str(part.get("text") or "") for part in listed if isinstance(part, dict)]
        if any(texts):
            return "\n\n".join(texts)
    return ""


def data_of(address: str, path: str) -> tuple[str, str]:
    """(mime, base64) of a data URL; ("", "") for another address. Raises Fault for a data URL
    that is none."""
    if not address.startswith("data:"):
        return "", ""
    head, comma, data = address[5:].partition(",")
    mime, *options = head.split(";")
    try:
        is_sound = (
            bool(comma) and "base64" in options and bool(base64.b64decode(data, validate=True))
        )
    except (binascii.Error, ValueError):
        is_sound = False
    if not is_sound:
        raise Fault("invalid_value", param=path, reason="expected a data URL in base64")
    return mime.strip().lower(), data

"""data: URLs, read strictly: base64 alone, whole, within a cap."""

import binascii
import re

_HEAD = re.compile(
    r"data:(?P<type>[a-z0-9.+-]+/[a-z0-9.+-]+)?(?:;[a-z0-9-]+=[^;,\"]*)*;base64,", re.IGNORECASE
)
_HEAD_CHARACTERS_MAX = 256


class BadDataUrl(ValueError):
    """It cannot be used. The reason is in words a caller may read."""


def read_data_url(url: str, bytes_max: int) -> bytes:
    """What it holds; the type it names is not believed. Line breaks in the text are taken, as
    some clients wrap it. Raises BadDataUrl."""
    head = _HEAD.match(url, 0, _HEAD_CHARACTERS_MAX)
    if head is None:
        raise BadDataUrl("a data: URL must be of the form data:image/png;base64,…")
    start = head.end()
    if (len(url) - start) // 4 * 3 > bytes_max + bytes_max // 16 + 3:
        raise BadDataUrl(f"it is larger than {bytes_max} bytes")
    text = url[start:]
    if "\n" in text or "\r" in text:
        text = text.replace("\r", "").replace("\n", "")
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        raise BadDataUrl("its base64 is broken") from None
    if not data:
        raise BadDataUrl("it is empty")
    if len(data) > bytes_max:
        raise BadDataUrl(f"it is larger than {bytes_max} bytes")
    return data

"""Pictures inside JSON: `data:` addresses and bare base64, read strictly and written."""

import binascii
from base64 import b64encode

from waystation.dialects.pictures.order import PictureInput

_TYPE_CHARACTERS_MAX = 100


def as_address(picture: PictureInput) -> str:
    """A picture of the request as a data: address, for APIs that take pictures in JSON."""
    return f"data:{picture.content_type};base64,{b64encode(picture.read()).decode('ascii')}"


def read_base64(text: str) -> bytes:
    """Standard base64, line breaks allowed, padding optional. Raises ValueError."""
    compact = text if text.isalnum() else "".join(text.split())
    try:
        return binascii.a2b_base64(compact + "=" * (-len(compact) % 4), strict_mode=True)
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from None


def read_data_address(address: str) -> bytes:
    """The bytes of `data:<type>;base64,…`. Raises ValueError."""
    head, comma, rest = address.partition(",")
    if not comma or not head[:5].lower() == "data:" or len(head) > _TYPE_CHARACTERS_MAX:
        raise ValueError("not a data: address")
    if not head.lower().endswith(";base64"):
        raise ValueError("only base64 is understood in a data: address")
    return read_base64(rest)

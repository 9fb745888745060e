"""Pictures inside JSON: a data URL, bare base64, or a link."""

import binascii
from base64 import b64decode
from typing import Literal

import msgspec

from waystation.dialects.midjourney.outcome import Declined

PICTURE_BYTES_MAX = 20 * 1024 * 1024
_LINKS = ("http://", "https://")
_MIME_CHARACTERS_MAX = 64

PictureType = Literal["image/png", "image/jpeg", "image/webp", "image/gif"]


class Picture(msgspec.Struct, frozen=True):
    """data: the bytes, b"" of a link that is yet to be fetched."""

    data: bytes = b""
    content_type: str = ""
    link: str = ""


def is_link(text: str) -> bool:
    return text[:8].lower().startswith(_LINKS)


def read_picture(text: str, bad: str, large: str) -> Picture:
    """bad, large: the descriptions of a refusal, as the page words them. Raises Declined (4)."""
    text = text.strip()
    if is_link(text):
        return Picture(link=text)
    encoded = _payload(text, bad)
    if len(encoded) * 3 // 4 > PICTURE_BYTES_MAX + 2:
        raise Declined(4, large)
    try:
        data = b64decode(_padded(encoded), validate=True)
    except (binascii.Error, ValueError):
        raise Declined(4, bad) from None
    kind = sniff(data)
    if kind is None:
        raise Declined(4, bad)
    return Picture(data, kind)


def sniff(data: bytes) -> PictureType | None:
    """The kind of picture by its first bytes."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def _payload(text: str, bad: str) -> str:
    """What is encoded, without the head of a data URL."""
    if not text[:5].lower().startswith("data:"):
        return text
    head, comma, rest = text.partition(",")
    if not comma or len(head) > _MIME_CHARACTERS_MAX or not head.lower().endswith(";base64"):
        raise Declined(4, bad)
    return rest


def _padded(encoded: str) -> str:
    """Line ends out, padding in: both are often wrong and never ambiguous."""
    if "\n" in encoded or "\r" in encoded:
        encoded = encoded.replace("\r", "").replace("\n", "")
    return encoded + "=" * (-len(encoded) % 4)

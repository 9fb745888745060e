"""What is to be known of a file before it is stored: its type, size, digest, and pixels."""

import hashlib
from pathlib import Path

import msgspec

from waystation.artefacts.media_types import HEAD_BYTES, JSON, MediaType, Types, recognised
from waystation.artefacts.pictures import BadPicture, picture_facts

_PIECE_BYTES = 1024 * 1024


class Refused(ValueError):
    """The content is none that may be stored. The reason is in words."""


class Examined(msgspec.Struct, frozen=True):
    media_type: MediaType
    bytes: int
    sha256: str
    width: int | None
    height: int | None


def examine(data: bytes | Path, types: Types, pixels_max: int) -> Examined:
    """Blocks: for a thread. A file is hashed in pieces; a picture's header is read whole.
    Raises Refused, OSError."""
    head = data[:HEAD_BYTES] if isinstance(data, bytes) else _head(data)
    media_type = recognised(data if isinstance(data, bytes) else head, types)
    if media_type is None or media_type not in types:
        raise Refused(f"the file is {media_type.name if media_type else 'of an unknown type'}")
    size = len(data) if isinstance(data, bytes) else data.stat().st_size
    if not size:
        raise Refused("the file is empty")
    width, height = _size(data, media_type, pixels_max)
    return Examined(media_type, size, _digest(data), width, height)


def _size(
    data: bytes | Path, media_type: MediaType, pixels_max: int
) -> tuple[int | None, int | None]:
    if media_type.kind == "img":
        try:
            facts = picture_facts(_whole(data), pixels_max)
        except BadPicture as bad:
            raise Refused(f"the picture is not good: {bad}") from None
        width, height = facts.shown_size
        return width or None, height or None
    if media_type == JSON:
        try:
            msgspec.json.decode(_whole(data))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Refused("the file is no JSON") from None
    return None, None


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _whole(data: bytes | Path) -> bytes:
    return data if isinstance(data, bytes) else data.read_bytes()


def _digest(data: bytes | Path) -> str:
    if isinstance(data, bytes):
        return hashlib.sha256(data).hexdigest()
    counted = hashlib.sha256()
    with data.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            counted.update(piece)
    return counted.hexdigest()

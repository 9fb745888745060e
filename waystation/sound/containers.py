"""Which reader a file is for, told by its first bytes.

FFmpeg is never left to find out by itself: it would also try play lists and other forms that name
further files.
"""

import msgspec

HEAD_BYTES = 16


class Container(msgspec.Struct, frozen=True):
    """name: as people say it. reader: FFmpeg's name of it."""

    name: str
    reader: str


MP3 = Container("mp3", "mp3")
AAC = Container("aac", "aac")
MP4 = Container("mp4", "mov")
WEBM = Container("webm", "matroska")
MPEG = Container("mpeg", "mpeg")

_MAGIC = (
    (b"ID3", MP3),
    (b"fLaC", Container("flac", "flac")),
    (b"OggS", Container("ogg", "ogg")),
    (b"\x1aE\xdf\xa3", WEBM),
    (b"\x00\x00\x01\xba", MPEG),
)
READERS = frozenset(("mp3", "aac", "mov", "matroska", "mpeg", "flac", "ogg", "wav"))


def container_of(head: bytes) -> Container | None:
    """None: none of those that speech comes in."""
    for magic, found in _MAGIC:
        if head.startswith(magic):
            return found
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return Container("wav", "wav")
    if head[4:8] == b"ftyp":
        return MP4
    if head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xE0 == 0xE0:
        return _of_frame(head[1])
    return None


def _of_frame(second: int) -> Container | None:
    """MPEG sound without a tag. FF FE begins a text of UTF-16."""
    layer = second >> 1 & 3
    if layer == 0:
        return AAC if second & 0xF0 == 0xF0 else None
    return MP3 if layer != 3 and second >> 3 & 3 != 1 else None

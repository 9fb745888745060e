"""Small files of every type that we know, made here."""

import io
import struct

from PIL import Image

_FORMATS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "gif": "GIF", "avif": "AVIF"}


def picture(ext: str = "png", width: int = 6, height: int = 4, orientation: int = 1) -> bytes:
    """Left half red, right half blue; orientation: an EXIF one, where it is not 1."""
    image = Image.new("RGB", (width, height), (200, 0, 0))
    image.paste((0, 0, 200), (width // 2, 0, width, height))
    made = io.BytesIO()
    more = {}
    if orientation != 1:
        exif = Image.Exif()
        exif[0x0112] = orientation
        more["exif"] = exif.tobytes()
    image.save(made, _FORMATS[ext], **more)
    return made.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG whose header names a size that its few bytes do not have."""
    import zlib

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", len(head))
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + b"\0\0\0\0IEND\xaeB`\x82"
    )


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><rect/></svg>'
SAMPLES = {
    "image/png": picture("png"),
    "image/jpeg": picture("jpg"),
    "image/webp": picture("webp"),
    "image/gif": picture("gif"),
    "image/avif": picture("avif"),
    "image/svg+xml": SVG,
    "audio/mpeg": b"\xff\xfb\x90\x64" + bytes(413),
    "audio/wav": b"RIFF\x24\0\0\0WAVEfmt " + bytes(32),
    "audio/ogg": b"OggS\0\x02" + bytes(22) + b"\x01\x13OpusHead" + bytes(10),
    "audio/flac": b"fLaC\0\0\0\x22" + bytes(34),
    "audio/aac": b"\xff\xf1\x50\x80" + bytes(60),
    "audio/mp4": b"\0\0\0\x1cftypM4A \0\0\0\0M4A mp42isom" + bytes(8),
    "video/mp4": b"\0\0\0\x18ftypisom\0\0\x02\0isommp41" + bytes(8),
    "application/json": b' {"lyrics":"la"}',
}

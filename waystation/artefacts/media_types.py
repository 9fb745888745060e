"""What a file is, read from its bytes. What nobody named here is not stored and not served.

A vendor's or a caller's own word for the type is never believed: a page of HTML that calls itself
a picture would run as a page under our address.
"""

import re

import msgspec


class MediaType(msgspec.Struct, frozen=True):
    """kind: the folder in links and object names. ext: the name's end, without the dot."""

    name: str
    kind: str
    ext: str


PNG = MediaType("image/png", "img", "png")
JPEG = MediaType("image/jpeg", "img", "jpg")
WEBP = MediaType("image/webp", "img", "webp")
GIF = MediaType("image/gif", "img", "gif")
AVIF = MediaType("image/avif", "img", "avif")
SVG = MediaType("image/svg+xml", "img", "svg")
MP3 = MediaType("audio/mpeg", "audio", "mp3")
WAV = MediaType("audio/wav", "audio", "wav")
OGG = MediaType("audio/ogg", "audio", "ogg")
FLAC = MediaType("audio/flac", "audio", "flac")
AAC = MediaType("audio/aac", "audio", "aac")
M4A = MediaType("audio/mp4", "audio", "m4a")
MP4 = MediaType("video/mp4", "video", "mp4")
WEBM = MediaType("audio/webm", "audio", "webm")
JSON = MediaType("application/json", "text", "json")
PDF = MediaType("application/pdf", "doc", "pdf")
ZIP = MediaType("application/zip", "doc", "zip")
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX = MediaType(f"{_OFFICE}wordprocessingml.document", "doc", "docx")
XLSX = MediaType(f"{_OFFICE}spreadsheetml.sheet", "doc", "xlsx")
PPTX = MediaType(f"{_OFFICE}presentationml.presentation", "doc", "pptx")
CSV = MediaType("text/csv", "doc", "csv")
PLAIN = MediaType("text/plain", "doc", "txt")

_SOUGHT = (PNG, JPEG, WEBP, GIF, AVIF, SVG, MP3, WAV, OGG, FLAC, AAC, M4A, MP4, JSON)
_PAPERS = (PDF, ZIP, DOCX, XLSX, PPTX, CSV, PLAIN)
TYPES = {one.name: one for one in (*_SOUGHT, *_PAPERS)}
KINDS = frozenset(one.kind for one in TYPES.values())

Types = frozenset[MediaType]
PICTURES: Types = frozenset({PNG, JPEG, WEBP, GIF, AVIF, SVG})
"""What vendors deliver."""
VISION: Types = frozenset({PNG, JPEG, WEBP, GIF})
"""What models look at (relay-api 5.7)."""
AUDIO: Types = frozenset({MP3, WAV, OGG, FLAC, AAC, M4A})
VIDEO: Types = frozenset({MP4})
HEARD: Types = AUDIO | VIDEO | {WEBM}
"""What can be written down; WebM is not stored."""
TEXT: Types = frozenset({JSON})
DOCUMENTS: Types = frozenset(_PAPERS)
"""Of people's offices; told by `recognised` alone."""

HEAD_BYTES = 4096
"""What `sniff` looks at, at most."""

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"OggS", OGG),
    (b"fLaC", FLAC),
    (b"ID3", MP3),
    (b"\x1aE\xdf\xa3", WEBM),
)
_RIFF = {b"WEBP": WEBP, b"WAVE": WAV}
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_AUDIO_BRANDS = frozenset({b"M4A ", b"M4B "})
_VIDEO_BRANDS = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"M4V "}
)
_XML = re.compile(rb"<\?xml[^>]*\?>")
_DOCTYPE = re.compile(rb"<!DOCTYPE\s+svg[^>\[]*>")
_SVG = re.compile(rb"<svg[\s>/]")
_JSON = re.compile(rb"\s*[\[{]")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def sniff(data: bytes) -> MediaType | None:
    """The type of a file by its first bytes (HEAD_BYTES suffice); None: none of ours.

    JSON is told by its first character alone, so whoever stores it has parsed it before."""
    head = data[:HEAD_BYTES]
    for magic, found in _MAGIC:
        if head.startswith(magic):
            return found
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _of_brands(head)
    if head[:1] == b"\xff" and len(head) > 1:
        return _of_frame(head[1])
    text = head.removeprefix(b"\xef\xbb\xbf")
    if _is_svg(text):
        return SVG
    return JSON if _JSON.match(text) else None


def recognised(data: bytes, types: Types) -> MediaType | None:
    """As `sniff`, and what a document is where those are among the types: a text is anybody's
    guess, so it is looked for only by who wants one."""
    found = sniff(data)
    if types.isdisjoint(DOCUMENTS) or (found is not None and found in types):
        return found
    head = data[:HEAD_BYTES]
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _of_archive(data)
    return found or _of_text(head)


def _of_archive(data: bytes) -> MediaType:
    """By the folder in which each office program keeps its own."""
    for folder, found in ((b"word/", DOCX), (b"xl/", XLSX), (b"ppt/", PPTX)):
        if folder in data[:HEAD_BYTES] or folder in data[-65536:]:
            return found
    return ZIP


def _of_text(head: bytes) -> MediaType | None:
    """Readable, and no markup that something could take for a page."""
    text = head.removeprefix(b"\xef\xbb\xbf")
    if not text.strip() or text.lstrip().startswith(b"<") or _CONTROL.search(text):
        return None
    try:
        read = text.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(text) - 4 or len(head) < HEAD_BYTES:
            return None
        read = text[: error.start].decode("utf-8")
    lines = [line for line in read.splitlines()[:6] if line.strip()]
    commas = {line.count(",") for line in lines[:5]}
    return CSV if len(lines) > 1 and len(commas) == 1 and commas != {0} else PLAIN


def _is_svg(text: bytes) -> bool:
    """Whether the first tag is one. Step by step: as one expression, comments that can be split in
    many ways would all be tried, for hours."""
    at = _blank(text, 0)
    if found := _XML.match(text, at):
        at = found.end()
    at = _remarks(text, at)
    if found := _DOCTYPE.match(text, at):
        at = _remarks(text, found.end())
    return _SVG.match(text, at) is not None


def _blank(text: bytes, at: int) -> int:
    while text[at : at + 1].isspace():
        at += 1
    return at


def _remarks(text: bytes, at: int) -> int:
    """Where blanks and comments end."""
    at = _blank(text, at)
    while text.startswith(b"<!--", at):
        end = text.find(b"-->", at + 4)
        if end < 0:
            break
        at = _blank(text, end + 3)
    return at


def _of_brands(head: bytes) -> MediaType | None:
    """ISO base media: the main brand decides, then the compatible ones."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))]
    for brand in brands:
        if brand in _AVIF_BRANDS:
            return AVIF
        if brand in _AUDIO_BRANDS:
            return M4A
        if brand in _VIDEO_BRANDS:
            return MP4
    return None


def _of_frame(second: int) -> MediaType | None:
    """MPEG audio without a tag: eleven bits of sync, then version and layer."""
    if second & 0xE0 != 0xE0:
        return None
    layer = second >> 1 & 3
    if layer == 0:
        return AAC if second & 0xF0 == 0xF0 else None
    # Layer I is nobody's any more, and FF FE begins a text of UTF-16.
    return MP3 if layer != 3 and second >> 3 & 3 != 1 else None

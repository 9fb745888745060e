"""Addresses inside plain text, with or without a blank after them.

An address goes on to the next blank, quote, or letter of a script that addresses do not have. What
was typed right behind a file's name ("…/plan.pdfsummarise this") is cut off at its extension.
"""

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

EXTENSIONS = frozenset(
    (
        *("png", "jpg", "jpeg", "webp", "gif", "bmp", "svg", "avif"),
        *("pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "csv", "tsv", "txt", "md", "json"),
        *("xml", "html", "yaml", "yml", "zip", "epub", "rtf", "odt", "ods", "log", "py", "js"),
        *("mp3", "wav", "m4a", "ogg", "flac", "mp4", "webm", "mov"),
    )
)
_ADDRESS = re.compile(r"https?://[!#$%&*+,\-./0-9:;=?@A-Z\[\]_a-z~()]{3,2000}", re.IGNORECASE)
_LONGEST_FIRST = "|".join(sorted(EXTENSIONS, key=len, reverse=True))
_NAMED = re.compile(rf"\.(?:{_LONGEST_FIRST})", re.IGNORECASE)
_LOOSE = ".,;:!?)]"


class Address(NamedTuple):
    """start, end: in the text. is_file: it has a file's extension."""

    start: int
    end: int
    url: str
    is_file: bool


def addresses(text: str) -> list[Address]:
    return [_address(found) for found in _ADDRESS.finditer(text)]


def _address(found: "re.Match[str]") -> Address:
    url, start = found[0], found.start()
    path_end = min((at for mark in "?#" if (at := url.find(mark)) >= 0), default=len(url))
    names = list(_NAMED.finditer(url, max(0, url.find("/", 8)), path_end))
    if not names or url.find("/", 8) < 0:
        bare = url.rstrip(_LOOSE)
        return Address(start, start + len(bare), bare, False)
    end = names[-1].end()
    if end < path_end and url[end] != "/":
        url = url[:end]  # what follows was typed behind it
    elif end == path_end == len(url):
        pass
    else:
        url = url.rstrip(_LOOSE)
    return Address(start, start + len(url), url, True)


def extension_of(url: str) -> str:
    """Of the file that an address names, in small letters, "" for none that we know."""
    try:
        path = unquote(urlsplit(url).path)
    except ValueError:
        return ""
    ext = path.rpartition("/")[2].rpartition(".")[2].lower()
    return ext if ext in EXTENSIONS else ""


def name_of(url: str) -> str:
    """The file's name as its address has it; "file" where it has none."""
    try:
        path = unquote(urlsplit(url).path)
    except ValueError:
        return "file"
    name = re.sub(r"[^\w.\- ]", "_", path.rpartition("/")[2])[-100:]
    return name or "file"

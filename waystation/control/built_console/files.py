"""The built console's files, read when they are first asked for and kept with their packed forms.

`web/` is built into the folder `built` beside this file, so an installed package needs no Node. A
tree where it was not built has an empty folder, and a page that says so in its place.
"""

import gzip
import mimetypes
from pathlib import Path, PurePosixPath

import brotli  # type: ignore[import-untyped]
import msgspec

BUILT = Path(__file__).parent / "built"
_PACKED = frozenset({"text/html", "text/css", "text/javascript", "image/svg+xml"})
_PACK_BYTES_MIN = 512
_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".woff2": "font/woff2",
}


class SiteFile(msgspec.Struct, frozen=True):
    """packed: by content-coding, where that is smaller than the file itself."""

    content_type: str
    body: bytes
    packed: dict[str, bytes]

    def for_client(self, accept_encoding: str) -> tuple[bytes, str | None]:
        """The smallest form that the client understands, and its coding."""
        understood = {part.partition(";")[0].strip() for part in accept_encoding.lower().split(",")}
        for coding, body in self.packed.items():
            if coding in understood:
                return body, coding
        return self.body, None


class SiteFiles:
    """Files under one folder, by their path below it. Nothing outside of it is ever opened."""

    def __init__(self, folder: Path = BUILT) -> None:
        self._folder = folder
        self._paths = _paths_below(folder)
        self._read: dict[str, SiteFile] = {}

    def get(self, path: str) -> SiteFile | None:
        """None: no such file was built."""
        found = self._read.get(path)
        if found is None and path in self._paths:
            found = self._read[path] = _read(self._folder / path)
        return found


def _paths_below(folder: Path) -> frozenset[str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return frozenset(str(PurePosixPath(path.relative_to(folder))) for path in files)


def _read(path: Path) -> SiteFile:
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    content_type = kind or "application/octet-stream"
    body = path.read_bytes()
    packed: dict[str, bytes] = {}
    if content_type in _PACKED and len(body) >= _PACK_BYTES_MIN:
        packed = {"br": brotli.compress(body, quality=9), "gzip": gzip.compress(body, mtime=0)}
    if content_type.startswith("text/"):
        content_type += "; charset=utf-8"
    return SiteFile(content_type, body, packed)

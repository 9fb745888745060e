"""Requests out of bytes, without I/O: one head, then exactly its body.

The parser (llhttp) judges the syntax. It is given one whole head, so that its size and its lines
were counted before, and then only bytes of that head's body: never the beginning of a next request,
which therefore cannot be reached from a refused one.
"""

import re

import httptools
import msgspec

from waystation.edge import strict
from waystation.edge.face import FaceLimits
from waystation.edge.http1.chunks import ChunkError, ChunkScanner
from waystation.edge.strict import Refusal

_VERSIONS = {b"HTTP/1.1": "1.1", b"HTTP/1.0": "1.0"}
_OTHER_VERSION = re.compile(rb"[A-Z]+ [^ ]+ HTTP/(?!1\.[01]$)[0-9.]+")
_METHOD_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ-")


class BodyError(Exception):
    """The body's framing is broken: what follows on the connection cannot be read."""


class Head(msgspec.Struct):
    """A request's head that may be served.

    headers: as received, names in lower case. fields: the same by name, repeated ones joined.
    content_length: None for a chunked body, 0 for none. has_body: bytes of a body are to follow.
    """

    method: str
    version: str
    raw_path: str
    query: str
    headers: list[tuple[bytes, bytes]]
    fields: dict[bytes, bytes]
    keeps_alive: bool
    has_body: bool
    content_length: int | None
    expects_continue: bool


class Intake:
    """The reading half of a connection; also the object that httptools calls back."""

    __slots__ = (
        "_headers",
        "_is_in_body",
        "_keeps_alive",
        "_left",
        "_limits",
        "_parser",
        "_scanner",
        "_target",
        "is_complete",
        "on_body",
        "pieces",
    )

    def __init__(self, limits: FaceLimits) -> None:
        self._limits = limits
        self._headers: list[tuple[bytes, bytes]] = []
        self._target = b""
        self._scanner: ChunkScanner | None = None
        self._left = 0
        self._is_in_body = False
        self._keeps_alive = False
        self.is_complete = False
        self.pieces: list[bytes] = []
        """Of the body, since they were taken away last."""
        self.on_body = self.pieces.append  # called by the parser, like the methods at the end
        self._parser = httptools.HttpRequestParser(self)

    def close(self) -> None:
        """Nothing will be read any more. It and the parser name each other: parted, both go at
        once, and the collector of cycles, which stops everybody, has nothing to find."""
        del self._parser

    @property
    def raw_path(self) -> str:
        """The path of the head read last, for the wording of its refusal."""
        return self._target.decode("latin-1").partition("?")[0]

    # --- heads

    def judge_part(self, part: bytearray) -> Refusal | None:
        """Whether the first bytes of a head can no longer become one (not empty, no end yet)."""
        if len(part) > self._limits.head_bytes_max:
            return self._refuse_size(bytes(part))
        if part[0] not in _METHOD_BYTES and part != b"\r":
            return Refusal(400, "This is not HTTP.")
        line_end = part.find(b"\n")
        if line_end < 0:
            return None
        line = bytes(part[:line_end]).removesuffix(b"\r")
        if part[line_end - 1] != 13 or line[-8:] not in _VERSIONS:
            return self._refuse_line(line)
        if part.count(b"\n") != part.count(b"\r\n"):
            return Refusal(400, "A line of the head ends without CR LF.")
        return None

    def read_head(self, data: bytes) -> Head | Refusal:
        """Read a whole head, blank line included, nothing behind it."""
        limits = self._limits
        line_end = data.find(b"\r\n")
        version = _VERSIONS.get(data[line_end - 8 : line_end])
        if len(data) > limits.head_bytes_max or data.count(b"\r\n") - 2 > limits.head_count_max:
            return self._refuse_size(data)
        if version is None or data.count(b" ", 0, line_end) != 2:  # llhttp lets blanks repeat
            return self._refuse_line(data[:line_end])
        try:
            self._feed_head(data)
        except httptools.HttpParserUpgrade:
            return Refusal(400, "Neither CONNECT nor an upgrade is offered here.")
        except httptools.HttpParserError as error:
            return Refusal(400, f"The request head is malformed: {error}.")
        return self._head_of(data[: data.find(b" ")].decode("ascii"), version)

    def _refuse_size(self, data: bytes) -> Refusal:
        self._target = _target_of(data)
        return Refusal(431, "The request head is too large.")

    def _refuse_line(self, line: bytes) -> Refusal:
        self._target = _target_of(line)
        if _OTHER_VERSION.fullmatch(line):
            return Refusal(505, "HTTP/1.0 and HTTP/1.1 are spoken here.")
        return Refusal(400, "The request line is malformed.")

    def _feed_head(self, data: bytes) -> None:
        self._target = b""
        self._headers = []
        self.is_complete = self._is_in_body = False
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if [value for name, value in self._headers if name == b"upgrade"] != [b"h2c"]:
                raise
            # Java's HttpClient offers h2c on every plain connection; an offer may be ignored, but
            # the parser stopped there, so a fresh one reads the head without it.
            lines = [line for line in data.split(b"\r\n") if line[:8].lower() != b"upgrade:"]
            self._parser = httptools.HttpRequestParser(self)
            self._target = b""
            self._headers = []
            self.is_complete = False
            self._parser.feed_data(b"\r\n".join(lines))

    def _head_of(self, method: str, version: str) -> Head | Refusal:
        headers = self._headers
        fields = strict.fold_headers(headers)
        refusal = strict.judge(method, version, fields)
        if refusal is not None:
            return refusal
        target = self._target
        if target[:1] == b"/" and b"#" not in target:  # as `read_target` would have it
            raw_path, _, query = target.decode("latin-1").partition("?")
        else:
            found = strict.read_target(method, target, fields.get(b"host"))
            if isinstance(found, Refusal):
                return found
            raw_path, query = found.raw_path, found.query
        is_complete = self.is_complete
        length = 0 if is_complete else self._begin_body(fields.get(b"content-length"))
        return Head(
            method,
            version,
            raw_path,
            query,
            headers,
            fields,
            self._keeps_alive,
            not is_complete,
            length,
            b"expect" in fields and version == "1.1",
        )

    def _begin_body(self, declared: bytes | None) -> int | None:
        self._is_in_body = True
        if declared is None:
            self._scanner = ChunkScanner()
            return None
        self._scanner = None
        self._left = int(declared)
        return self._left

    # --- bodies

    def feed_body(self, data: bytes) -> int:
        """Read on in the body; how many bytes of `data` belong to it. Raises BodyError.

        What it carried is in `pieces`, whether it has ended in `is_complete`.
        """
        scanner = self._scanner
        try:
            if scanner is None:
                used = len(data)
                if used > self._left:
                    used = self._left
                self._left -= used
                is_done = self._left == 0
            else:
                used = scanner.scan(data)
                is_done = scanner.done
            self._parser.feed_data(data if used == len(data) else data[:used])
        except (ChunkError, httptools.HttpParserError) as error:
            raise BodyError(str(error)) from error
        if is_done != self.is_complete:
            raise BodyError("the parser sees another end")
        return used

    # --- what the parser calls

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_in_body:  # else a trailer: read for its framing, of no meaning
            self._headers.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        self._keeps_alive = self._parser.should_keep_alive()  # later the parser has forgotten

    def on_message_complete(self) -> None:
        self.is_complete = True


def _target_of(data: bytes) -> bytes:
    """What looks like the target in a head that was not parsed, to word its refusal by."""
    parts = data.split(b" ", 2)
    return parts[1] if len(parts) > 1 and parts[1].startswith(b"/") else b""

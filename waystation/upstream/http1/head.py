"""A request's head in bytes, refusing what would mean something else to the server."""

import re

from waystation.upstream.transport import Destination, Outgoing, UnixOrigin

ORDINARY, ACCEPT_ENCODING, REFUSED = 0, 1, 2

_OURS = frozenset(
    {b"host", b"content-length", b"transfer-encoding", b"connection", b"upgrade", b"expect", b"te"}
)
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_NAMES_COUNT_MAX = 2048
_known_names: dict[bytes, int] = {}
_BLOCKS_COUNT_MAX = 1024
_BLOCK_BYTES_MAX = 2048
_known_blocks: dict[tuple[tuple[bytes, bytes], ...], bytes] = {}
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def host_line(origin: Destination) -> bytes:
    """The host header with its line ends, as every request to the origin carries it."""
    if isinstance(origin, UnixOrigin):
        return b"\r\nhost: localhost\r\n"
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    if origin.port != (443 if origin.scheme == "https" else 80):
        host = f"{host}:{origin.port}"
    if not host.isascii() or not host.isprintable() or " " in host:
        raise ValueError(f"host {host!r}")
    return b"\r\nhost: " + host.encode() + b"\r\n"


def write_head(request: Outgoing, host: bytes) -> bytes:
    """The whole head. Raises ValueError for anything that could break out of its place."""
    target = request.target
    if not (target.startswith("/") and target.isprintable() and target.isascii()) or " " in target:
        raise ValueError(f"target {target[:200]!r}")
    if not request.method.isalpha() or not request.method.isascii():
        raise ValueError(f"method {request.method[:40]!r}")
    block = _known_blocks.get(request.headers)
    if block is None:
        block = _block(request.headers)
    if not (request.body or request.method in _WITH_BODY):
        return f"{request.method} {target} HTTP/1.1".encode() + host + block
    length = str(len(request.body)).encode()
    line = f"{request.method} {target} HTTP/1.1".encode()
    return b"".join((line, host, b"content-length: ", length, b"\r\n", block))


def _block(headers: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """The header lines with the empty one at the end. Most requests of a channel have the same, so
    they are judged once."""
    encoding = b"accept-encoding: identity\r\n"
    lines = []
    for name, value in headers:
        kind = _known_names.get(name)
        if kind is None:
            kind = _learn(name)
        if kind:
            if kind == REFUSED:
                raise ValueError(f"header {name!r} is not the caller's to write")
            encoding = b""
        lines.append(b"%b: %b\r\n" % (name, value))
    block = b"".join(lines)
    if block.count(b"\n") != len(lines) or block.count(b"\r") != len(lines) or b"\0" in block:
        raise ValueError("a header's value has a line break or NUL")
    block = b"%b%b\r\n" % (encoding, block)
    if len(_known_blocks) >= _BLOCKS_COUNT_MAX:
        _known_blocks.clear()
    if len(block) <= _BLOCK_BYTES_MAX:
        _known_blocks[headers] = block
    return block


def _learn(name: bytes) -> int:
    """Names repeat from call to call, so each is looked at once."""
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"header name {name[:128]!r}")
    lower = name.lower()
    kind = ORDINARY
    if lower in _OURS:
        kind = REFUSED
    elif lower == b"accept-encoding":
        kind = ACCEPT_ENCODING
    if len(_known_names) < _NAMES_COUNT_MAX:
        _known_names[name] = kind
    return kind

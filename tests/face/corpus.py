"""Requests that two servers could read in two ways, as raw bytes.

Each ends in, or hides, a second request for /smuggled. REFUSED: the head is never served. BROKEN:
the head is sound and may reach the handler, the body's framing is not. HARMLESS: odd but with one
reading, which is served; what follows is then a second request by right, so it is left out.
"""

SECOND = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


def _head(*lines: bytes, first: bytes = b"POST /v1/echo HTTP/1.1") -> bytes:
    return b"\r\n".join((first, *lines)) + b"\r\n\r\n"


def _framed(*lines: bytes) -> bytes:
    """A head with these framing lines, then a body that ends differently by either reading."""
    return _head(b"Host: x", *lines) + b"0\r\n\r\n" + SECOND


_TE = b"Transfer-Encoding: chunked"

REFUSED: dict[str, tuple[int, bytes]] = {
    # both lengths, and repeated ones
    "length and chunked": (400, _framed(b"Content-Length: 5", _TE)),
    "chunked and length": (400, _framed(_TE, b"Content-Length: 5")),
    "chunked and length 0": (400, _framed(b"Content-Length: 0", _TE)),
    "two lengths": (400, _framed(b"Content-Length: 5", b"Content-Length: 44")),
    "two equal lengths": (400, _framed(b"Content-Length: 5", b"Content-Length: 5")),
    "length list": (400, _framed(b"Content-Length: 5, 5")),
    "length list, two values": (400, _framed(b"Content-Length: 5, 44")),
    # odd lengths
    "length with plus": (400, _framed(b"Content-Length: +5")),
    "length with minus": (400, _framed(b"Content-Length: -5")),
    "length in hex": (400, _framed(b"Content-Length: 0x5")),
    "length with a point": (400, _framed(b"Content-Length: 5.0")),
    "length with underscore": (400, _framed(b"Content-Length: 1_0")),
    "length with inner blank": (400, _framed(b"Content-Length: 5 5")),
    "length with letters": (400, _framed(b"Content-Length: 5a")),
    "length empty": (400, _framed(b"Content-Length: ")),
    "length in other digits": (400, _framed("Content-Length: ٥".encode())),
    "length beyond 64 bits": (400, _framed(b"Content-Length: 18446744073709551621")),
    "length with vertical tab": (400, _framed(b"Content-Length:\x0b5")),
    # odd transfer codings
    "coding xchunked": (400, _framed(b"Transfer-Encoding: xchunked")),
    "coding identity": (400, _framed(b"Transfer-Encoding: identity")),
    "coding identity with length": (
        400,
        _framed(b"Transfer-Encoding: identity", b"Content-Length: 5"),
    ),
    "coding gzip, chunked": (400, _framed(b"Transfer-Encoding: gzip, chunked")),
    "coding chunked, gzip": (400, _framed(b"Transfer-Encoding: chunked, gzip")),
    "coding chunked twice": (400, _framed(b"Transfer-Encoding: chunked, chunked")),
    "coding in two lines": (400, _framed(_TE, _TE)),
    "coding chunked then identity": (400, _framed(_TE, b"Transfer-Encoding: identity")),
    "coding identity then chunked": (400, _framed(b"Transfer-Encoding: identity", _TE)),
    "coding empty": (400, _framed(b"Transfer-Encoding: ")),
    "coding empty then chunked": (400, _framed(b"Transfer-Encoding: ", _TE)),
    "coding comma chunked": (400, _framed(b"Transfer-Encoding: ,chunked")),
    "coding chunked comma": (400, _framed(b"Transfer-Encoding: chunked,")),
    "coding quoted": (400, _framed(b'Transfer-Encoding: "chunked"')),
    "coding with parameter": (400, _framed(b"Transfer-Encoding: chunked;a=b")),
    "coding with vertical tab": (400, _framed(b"Transfer-Encoding:\x0bchunked")),
    "coding with NUL": (400, _framed(b"Transfer-Encoding: chunked\x00")),
    "coding in 1.0": (
        400,
        _head(b"Host: x", _TE, first=b"POST /v1/echo HTTP/1.0") + b"0\r\n\r\n" + SECOND,
    ),
    "coding in 1.0, kept alive": (
        400,
        _head(b"Host: x", b"Connection: keep-alive", _TE, first=b"POST /v1/echo HTTP/1.0")
        + b"0\r\n\r\n"
        + SECOND,
    ),
    # lines
    "blank before the colon": (400, _framed(b"Transfer-Encoding : chunked")),
    "tab before the colon": (400, _framed(b"Transfer-Encoding\t: chunked")),
    "length, blank before the colon": (400, _framed(b"Content-Length : 5")),
    "folded coding": (400, _framed(b"Transfer-Encoding:\r\n chunked")),
    "folded header": (400, _framed(b"X-A: b\r\n Transfer-Encoding: chunked")),
    "folded with tab": (400, _framed(b"X-A: b\r\n\tContent-Length: 5")),
    "blank before the first header": (
        400,
        _head(b" Host: x", b"Content-Length: 5") + b"0\r\n\r\n" + SECOND,
    ),
    "bare LF between headers": (400, _framed(b"X-A: b\nTransfer-Encoding: chunked")),
    "bare CR between headers": (400, _framed(b"X-A: b\rTransfer-Encoding: chunked")),
    "bare LF throughout": (400, _framed(_TE).replace(b"\r\n", b"\n")),
    "CR CR LF": (400, _framed(b"X-A: b\r\r\nTransfer-Encoding: chunked")),
    "NUL in a value": (400, _framed(b"X-A: b\x00c")),
    "NUL in a name": (400, _framed(b"X-\x00A: b")),
    "header without colon": (400, _framed(b"Transfer-Encoding")),
    "header without name": (400, _framed(b": chunked")),
    "name with a bracket": (400, _framed(b"Transfer(Encoding: chunked")),
    "name not in ASCII": (400, _framed("Transfér: chunked".encode())),
    "control in a value": (400, _framed(b"X-A: b\x01")),
    "LF hides a request": (
        400,
        b"GET /v1/echo HTTP/1.1\r\nHost: x\r\nX-A: b\n\nGET /smuggled HTTP/1.1\r\n\r\n",
    ),
    # hosts and targets
    "no host": (400, _head(b"Content-Length: 5") + b"0\r\n\r\n" + SECOND),
    "two hosts": (400, _head(b"Host: x", b"Host: y") + SECOND),
    "two equal hosts": (400, _head(b"Host: x", b"Host: x") + SECOND),
    "host list": (400, _head(b"Host: x, y") + SECOND),
    "host list without a blank": (400, _head(b"Host: x,y") + SECOND),
    "host and an empty one": (400, _head(b"Host: x", b"Host:") + SECOND),
    "host with a path": (400, _head(b"Host: x/y") + SECOND),
    "host with user": (400, _head(b"Host: a@x") + SECOND),
    "host with a blank": (400, _head(b"Host: x y") + SECOND),
    "host with a bad port": (400, _head(b"Host: x:80:80") + SECOND),
    "absolute form to another host": (
        400,
        _head(b"Host: x", first=b"GET http://y/v1/echo HTTP/1.1") + SECOND,
    ),
    "absolute form with user": (
        400,
        _head(b"Host: x", first=b"GET http://x@y/v1/echo HTTP/1.1") + SECOND,
    ),
    "target with fragment": (400, _head(b"Host: x", first=b"GET /v1/echo#/a HTTP/1.1") + SECOND),
    "target without slash": (400, _head(b"Host: x", first=b"GET v1/echo HTTP/1.1") + SECOND),
    "target star": (400, _head(b"Host: x", first=b"GET * HTTP/1.1") + SECOND),
    "target not in ASCII": (400, _head(b"Host: x", first="GET /é HTTP/1.1".encode()) + SECOND),
    "target with a blank": (400, _head(b"Host: x", first=b"GET /v1/echo /x HTTP/1.1") + SECOND),
    "target with a tab": (400, _head(b"Host: x", first=b"GET /v1\techo HTTP/1.1") + SECOND),
    # request lines and versions
    "version 0.9": (400, b"GET /v1/echo\r\n\r\n" + SECOND),
    "version 2.0": (505, _head(b"Host: x", first=b"GET /v1/echo HTTP/2.0") + SECOND),
    "version 1.2": (505, _head(b"Host: x", first=b"GET /v1/echo HTTP/1.2") + SECOND),
    "version 1.10": (505, _head(b"Host: x", first=b"GET /v1/echo HTTP/1.10") + SECOND),
    "version lower case": (400, _head(b"Host: x", first=b"GET /v1/echo http/1.1") + SECOND),
    "version of RTSP": (400, _head(b"Host: x", first=b"DESCRIBE rtsp://x/ RTSP/1.0") + SECOND),
    "HTTP/2 preface": (505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SECOND),
    "unknown method": (400, _head(b"Host: x", first=b"SMUGGLE /v1/echo HTTP/1.1") + SECOND),
    "method in lower case": (400, _head(b"Host: x", first=b"get /v1/echo HTTP/1.1") + SECOND),
    "blank before the method": (400, b" " + _head(b"Host: x") + SECOND),
    "two blanks in the line": (400, _head(b"Host: x", first=b"GET  /v1/echo HTTP/1.1") + SECOND),
    "tab in the line": (400, _head(b"Host: x", first=b"GET\t/v1/echo HTTP/1.1") + SECOND),
    "CONNECT": (400, _head(b"Host: x:1", first=b"CONNECT x:1 HTTP/1.1") + SECOND),
    "upgrade to websocket": (
        400,
        _head(b"Host: x", b"Connection: Upgrade", b"Upgrade: websocket", first=b"GET / HTTP/1.1")
        + SECOND,
    ),
    "upgrade with a body": (
        400,
        _framed(b"Connection: Upgrade", b"Upgrade: evil", b"Content-Length: 5"),
    ),
    "upgrade to h2c and more": (
        400,
        _framed(b"Connection: Upgrade", b"Upgrade: h2c, websocket", b"Content-Length: 5"),
    ),
    "expectation unknown": (417, _framed(b"Expect: 200-ok", b"Content-Length: 5")),
    "expectation unknown, chunked": (417, _framed(b"Expect: 200-ok", _TE)),
    "TLS hello": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + SECOND),
    "too many headers": (
        431,
        _head(b"Host: x", *[b"X-A: b"] * 200, first=b"GET /v1/echo HTTP/1.1") + SECOND,
    ),
    "too long a header": (
        431,
        _head(b"Host: x", b"X-A: " + b"b" * 70_000, first=b"GET /v1/echo HTTP/1.1") + SECOND,
    ),
    "too long a target": (431, _head(b"Host: x", first=b"GET /" + b"a" * 70_000 + b" HTTP/1.1")),
}


def _chunked(body: bytes) -> bytes:
    return _head(b"Host: x", _TE) + body + SECOND


BROKEN: dict[str, bytes] = {
    "size with plus": _chunked(b"+5\r\nhello\r\n0\r\n\r\n"),
    "size with minus": _chunked(b"-5\r\nhello\r\n0\r\n\r\n"),
    "size with 0x": _chunked(b"0x5\r\nhello\r\n0\r\n\r\n"),
    "size with underscore": _chunked(b"1_0\r\nhello\r\n0\r\n\r\n"),
    "size with a blank before": _chunked(b" 5\r\nhello\r\n0\r\n\r\n"),
    "size with a blank behind": _chunked(b"5 \r\nhello\r\n0\r\n\r\n"),
    "size empty": _chunked(b"\r\nhello\r\n0\r\n\r\n"),
    "size of letters": _chunked(b"five\r\nhello\r\n0\r\n\r\n"),
    "size beyond 64 bits": _chunked(b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
    "size ends in LF": _chunked(b"5\nhello\r\n0\r\n\r\n"),
    "data ends in LF": _chunked(b"5\r\nhello\n0\r\n\r\n"),
    "data without end": _chunked(b"5\r\nhello0\r\n\r\n"),
    "data longer than said": _chunked(b"3\r\nhello\r\n0\r\n\r\n"),
    "last chunk ends in LF": _chunked(b"5\r\nhello\r\n0\n\n"),
    "trailer ends in LF": _chunked(b"0\r\nX-A: b\n\r\n"),
    "trailer without colon": _chunked(b"0\r\nX-A\r\n\r\n"),
    "trailer folded": _chunked(b"0\r\nX-A: b\r\n c\r\n\r\n"),
    "length in the trailer": _chunked(b"0\r\nContent-Length: 9\r\n\r\n"),
    "endless extension": _chunked(b"5;" + b"a" * 500 + b"\r\nhello\r\n0\r\n\r\n"),
    "extension with LF": _chunked(b"5;a\nb\r\nhello\r\n0\r\n\r\n"),
    "extension with CR": _chunked(b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
    "endless trailer": _chunked(b"0\r\n" + b"X-A: b\r\n" * 2000 + b"\r\n"),
}

HARMLESS: dict[str, tuple[int, bytes]] = {
    "length with leading zeros": (
        200,
        _head(b"Host: x", b"Content-Length: 005") + b"hello",
    ),
    "blanks around values": (
        200,
        _head(b"Host: \t x \t", b"Transfer-Encoding:  chunked ") + b"0\r\n\r\n",
    ),
    "length with blanks around": (200, _head(b"Host:x", b"Content-Length: \t5 \t") + b"hello"),
    "coding in capitals": (200, _head(b"Host: x", b"TRANSFER-ENCODING: CHUNKED") + b"0\r\n\r\n"),
    "chunk extension": (200, _head(b"Host: x", _TE) + b"5;a=b\r\nhello\r\n0\r\n\r\n"),
    "size with zeros": (200, _head(b"Host: x", _TE) + b"0005\r\nhello\r\n00\r\n\r\n"),
    "trailer of framing": (
        200,
        _head(b"Host: x", _TE) + b"5\r\nhello\r\n0\r\nHost: y\r\nX-Test: z\r\n\r\n",
    ),
    "absolute form to the host": (
        200,
        _head(b"Host: X:80", first=b"GET http://x:80/v1/echo?a HTTP/1.1"),
    ),
    "host empty": (200, _head(b"Host: ", first=b"GET /v1/echo HTTP/1.1")),
    "host in brackets": (200, _head(b"Host: [::1]:8000", first=b"GET /v1/echo HTTP/1.1")),
    "1.0 without host": (200, _head(first=b"GET /v1/echo HTTP/1.0")),
    "blank lines before": (200, b"\r\n\r\n" + _head(b"Host: x", first=b"GET /v1/echo HTTP/1.1")),
    "value in Latin-1": (
        200,
        _head(b"Host: x", b"X-Test: caf\xe9", first=b"GET /v1/echo HTTP/1.1"),
    ),
    "upgrade not in connection": (
        200,
        _head(b"Host: x", b"Upgrade: websocket", first=b"GET /v1/echo HTTP/1.1"),
    ),
}

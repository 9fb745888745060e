"""The same bytes to both faces: own, and ASGI under uvicorn (proof 39).

Equal: how many replies come, their statuses, their bodies, and whether the connection ends. What
differs is declared in DIFFERENCES with its reason; an entry that no longer differs fails too. One
difference is general: malformed bytes are refused with 400 by both, but uvicorn has its own words.
"""

import gzip
import re

from tests.face.corpus import BROKEN, HARMLESS, REFUSED
from tests.face.stage import Stage, asgi_face, limits, own_face
from tests.face.wire import Wire, chunked, get, post

WELL_FORMED = {
    "get": get("/v1/echo?a=b&c=%20"),
    "get, odd path": get("//v1/v1/echo/"),
    "get, dots": get("/v1/../echo"),
    "get, encoded slash": get("/v1/a%2Fecho"),
    "get, repeated header": get("/v1/echo", "X-Test: a", "X-Test: b"),
    "post": post("/v1/echo", b"hello" * 1000),
    "post, empty": post("/v1/echo", b""),
    "chunked": chunked("/v1/echo", b"one", b"two", b"three" * 999),
    "gzip": post("/v1/echo", gzip.compress(b"z" * 5000), "Content-Encoding: gzip"),
    "gzip, broken": post("/v1/echo", b"not gzip", "Content-Encoding: gzip"),
    "gzip, bomb": post("/v1/echo", gzip.compress(bytes(3_000_000)), "Content-Encoding: gzip"),
    "unknown coding": post("/v1/echo", b"x", "Content-Encoding: snappy"),
    "too large": post("/v1/echo", b"x" * 20_000),
    "too large, chunked": chunked("/v1/echo", *[b"x" * 1000] * 20),
    "body not read": post("/v1/unread", b"x" * 1000),
    "204": get("/v1/empty"),
    "head": get("/v1/unread").replace(b"GET", b"HEAD", 1),
    "head of a stream": get("/v1/frames").replace(b"GET", b"HEAD", 1),
    "stream": get("/v1/frames"),
    "stream of known size": get("/v1/sized"),
    "stream of two ends": get("/v1/ends"),
    "head of two ends": get("/v1/ends").replace(b"GET", b"HEAD", 1),
    "1.0, two ends": get("/v1/ends", version="1.0"),
    "two ends of known size": get("/v1/sized_ends"),
    "head of two ends of known size": get("/v1/sized_ends").replace(b"GET", b"HEAD", 1),
    "two ends, short": get("/v1/short_ends"),
    "preflight": get("/x", "Access-Control-Request-Headers: x-a").replace(b"GET", b"OPTIONS", 1),
    "preflight of all": get("*").replace(b"GET", b"OPTIONS", 1),
    "crash": get("/v1/crash"),
    "no reply": get("/v1/silent"),
    "crash in the stream": get("/v1/late_crash"),
    "short stream": get("/v1/short"),
    "split header": get("/v1/split"),
    "hop headers": get("/v1/hops"),
    "close": get("/v1/echo", "Connection: close"),
    "1.0": get("/v1/echo", version="1.0"),
    "1.0, stream": get("/v1/frames", version="1.0"),
    "delete": get("/v1/echo").replace(b"GET", b"DELETE", 1),
    "pipeline": get("/v1/1/echo") + post("/v1/2/echo", b"two") + chunked("/v1/3/echo", b"three"),
    "expect, body along": post("/v1/echo", b"hello", "Expect: 100-continue"),
    "unknown expectation": post("/v1/echo", b"hello", "Expect: 200-ok"),
}

_TARGET = "uvicorn hands on the path alone: the rest of the target is unseen"
_LLHTTP = "uvicorn leaves it to its parser, which reads it as sound"
_UPGRADE = "uvicorn passes an upgrade it does not know on as an ordinary request"
_VERSION = "uvicorn refuses it itself, with 400"

DIFFERENCES: dict[str, str] = {
    "too large, chunked": "how much had come when the cap was passed depends on the pieces",
    "1.0, stream": "uvicorn sends chunks to HTTP/1.0 too",
    "1.0, two ends": "uvicorn sends chunks to HTTP/1.0 too",
    "expect, body along": "uvicorn sends 100 Continue though the body is there",
    "trailer of framing": "uvicorn takes trailers for headers; ours are of no meaning",
    "endless trailer": "uvicorn takes trailers for headers, so there are too many",
    "endless extension": _LLHTTP,
    "two blanks in the line": _LLHTTP,
    "version of RTSP": _LLHTTP,
    "version 0.9": "uvicorn gives a version where the line had none: 505, not 400",
    "version 1.2": _VERSION,
    "version 1.10": _VERSION,
    "HTTP/2 preface": _VERSION,
    "too long a target": "uvicorn cannot read a target beyond 64 KiB: 400, not 431",
    "absolute form to another host": _TARGET,
    "absolute form with user": _TARGET,
    "target with fragment": _TARGET,
    "upgrade to websocket": _UPGRADE,
    "upgrade with a body": _UPGRADE,
    "upgrade to h2c and more": _UPGRADE,
}

_SERVER_WORDS = b"Invalid HTTP request received."
"""uvicorn's own refusal of malformed bytes; ours are worded in the caller's dialect."""


Heard = tuple[list[int], list[bytes]]


def heard_of(raw: bytes) -> Heard:
    """Statuses and bodies, without what may differ: ids, dates, the casing of chunk sizes."""
    statuses = [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", raw)]
    raw = re.sub(rb"HTTP/1\.1 \d{3} .*?\r\n\r\n", b"\n--\n", raw, flags=re.DOTALL)
    return statuses, raw.split(b"\n--\n")[1:]


async def converse(port: int, said: bytes) -> Heard:
    """Say it, then one sound request that asks for the end, and hear all."""
    async with await Wire.open(port) as wire:
        await wire.say_pieces(iter([said]))
        await wire.say_pieces(iter([get("/v1/last/unread", "Connection: close")]))
        return heard_of(await wire.hear_all())


CASES = {
    **WELL_FORMED,
    **{name: said for name, (_, said) in HARMLESS.items()},
    **{name: said for name, (_, said) in REFUSED.items()},
    **BROKEN,
}


def same(own: Heard, asgi: Heard) -> bool:
    if own == asgi:
        return True
    refused = own[0] == asgi[0] == [400]
    return refused and asgi[1] == [_SERVER_WORDS]


async def test_both_faces_answer_the_same():
    own_stage, asgi_stage = Stage(body_bytes_max=10_000), Stage(body_bytes_max=10_000)
    bounds = limits(linger_seconds_max=1.0, idle_seconds_max=1.0)
    found: dict[str, tuple[Heard, Heard]] = {}
    async with own_face(own_stage, bounds) as face, asgi_face(asgi_stage, bounds) as (_, port):
        for name, said in CASES.items():
            heard = await converse(face.port, said), await converse(port, said)
            if not same(*heard):
                found[name] = heard
    undeclared = {name: heard for name, heard in found.items() if name not in DIFFERENCES}
    assert not undeclared
    assert set(DIFFERENCES) == set(found), "some of the declared differences are gone"
    assert not [line for line in own_stage.seen if "smuggled" in line]

"""Compressed bodies are expanded under the cap; bombs and broken ones are refused (proof 18)."""

import gzip
import json
import random
import tracemalloc
import zlib

import brotli
import pytest
import zstandard

from tests.face.stage import Stage, own_face
from tests.face.wire import Wire, chunked, post
from waystation.edge.body import BodyCollector
from waystation.errors import Fault


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def zstd_without_size(data: bytes) -> bytes:
    packer = zstandard.ZstdCompressor(level=3, write_content_size=False).compressobj()
    return packer.compress(data) + packer.flush()


PACKERS = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZip", gzip.compress),
    "two members": ("gzip", lambda data: gzip.compress(data[:100]) + gzip.compress(data[100:])),
    "deflate": ("deflate", zlib.compress),
    "deflate without wrapper": ("deflate", bare_deflate),
    "brotli": ("br", brotli.compress),
    "zstd": ("zstd", zstandard.ZstdCompressor().compress),
    "zstd without size": ("zstd", zstd_without_size),
    "two zstd frames": (
        "zstd",
        lambda data: zstd_without_size(data[:9]) + zstd_without_size(data[9:]),
    ),
    "identity": ("identity", bytes),
}
PLAIN = bytes(random.Random(7).choices(b"abcdefgh \n", k=50_000))


def collect(coding: str | None, pieces: list[bytes], bytes_max: int) -> bytes:
    collector = BodyCollector(coding, None, bytes_max)
    for piece in pieces:
        collector.feed(piece)
    return collector.finish()


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize("size", [1, 7, 1000, 10**6])
def test_expanded_whatever_the_pieces(name: str, size: int):
    coding, pack = PACKERS[name]
    assert collect(coding, cut(pack(PLAIN), size), len(PLAIN)) == PLAIN


@pytest.mark.parametrize("name", PACKERS)
def test_the_cap_holds_to_the_byte(name: str):
    coding, pack = PACKERS[name]
    packed = pack(PLAIN)
    for size in (13, 10**6):
        with pytest.raises(Fault) as refused:
            collect(coding, cut(packed, size), len(PLAIN) - 1)
        assert refused.value.code == "request_too_large"
        assert refused.value.values["limit"] == len(PLAIN) - 1


@pytest.mark.parametrize("name", [name for name in PACKERS if name != "identity"])
def test_truncated_or_spoilt_is_a_400(name: str):
    coding, pack = PACKERS[name]
    packed = pack(PLAIN)
    for broken in (packed[:-1], packed[: len(packed) // 2], packed[:1], b"plain text", b"{}" * 99):
        with pytest.raises(Fault) as refused:
            collect(coding, cut(broken, 512), 10**6)
        assert refused.value.status == 400


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_rubbish_behind_the_end_is_a_400(coding: str):
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}[coding]
    with pytest.raises(Fault) as refused:
        collect(coding, [pack(PLAIN) + b"rubbish"], 10**6)
    assert refused.value.status == 400


def bomb(name: str) -> bytes:
    """128 MiB of zeros, packed as tightly as the coding can."""
    zeros = bytes(1024 * 1024)
    if name == "gzip":
        packer = zlib.compressobj(9, wbits=31)
        return b"".join(packer.compress(zeros) for _ in range(128)) + packer.flush()
    if name == "br":
        brotler = brotli.Compressor(quality=5)
        return b"".join(brotler.process(zeros) for _ in range(128)) + brotler.finish()
    zstder = zstandard.ZstdCompressor(level=3, write_content_size=False).compressobj()
    return b"".join(zstder.compress(zeros) for _ in range(128)) + zstder.flush()


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_bombs_are_refused_in_bounded_memory(coding: str):
    packed = bomb(coding)
    collector = BodyCollector(coding, len(packed), 4 * 1024 * 1024)
    tracemalloc.start()
    try:
        with pytest.raises(Fault) as refused:
            collector.feed(packed)
        assert tracemalloc.get_traced_memory()[1] < 48 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert refused.value.code == "request_too_large"


def test_zstd_with_too_wide_a_window_is_refused():
    params = zstandard.ZstdCompressionParameters(window_log=27, write_content_size=False)
    packer = zstandard.ZstdCompressor(compression_params=params).compressobj()
    packed = packer.compress(b"x" * 1000) + packer.flush()
    with pytest.raises(Fault) as refused:
        collect("zstd", [packed], 10**6)
    assert refused.value.status == 400


@pytest.mark.parametrize("coding", ["compress", "gzip, br", "aes128gcm", "\x00", "*"])
def test_unknown_codings_are_a_415(coding: str):
    with pytest.raises(Fault) as refused:
        BodyCollector(coding, None, 100)
    assert refused.value.status == 415


def test_declared_length_over_the_cap_is_refused_before_reading():
    with pytest.raises(Fault) as refused:
        BodyCollector(None, 101, 100)
    assert refused.value.values == {"limit": 100, "received": 101}


async def test_through_the_face():
    stage = Stage(body_bytes_max=60_000)
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        for coding, pack in PACKERS.values():
            packed = pack(PLAIN)
            header = f"Content-Encoding: {coding}"
            await wire.say(post("/v1/echo", packed, header))
            assert json.loads((await wire.hear()).body)["bytes"] == len(PLAIN)
            await wire.say(chunked("/v1/echo", *cut(packed, 999), headers=(header,)))
            assert json.loads((await wire.hear()).body)["bytes"] == len(PLAIN)
        for coding, body, status in (
            ("compress", b"x", 415),
            ("gzip", b"not gzip", 400),
            ("gzip", gzip.compress(bytes(10**6)), 413),
        ):
            async with await Wire.open(face.port) as other:
                await other.say(post("/v1/echo", body, f"Content-Encoding: {coding}"))
                assert (await other.hear()).status == status


async def test_hundred_megabytes_are_refused_by_their_head_alone():
    stage = Stage()
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        await wire.say(post("/v1/echo", b"").replace(b": 0", b": 104857600"))
        reply = await wire.hear()
        assert reply.status == 413
        assert reply.header("connection") == "close"
        text = json.loads(reply.body)["text"]
        assert "1048576" in text
        assert "104857600" in text

"""Bodies expanded piece by piece, whole at any split, bounded whatever they would expand to."""

import gzip
import random
import tracemalloc
import zlib

import brotli
import pytest
import zstandard

from tests.support.rogue import Rogue
from tests.support.script import reply
from tests.transport.conftest import Line
from waystation.upstream.content_encoding import Decoder, UndecodableError, decoder_for
from waystation.upstream.transport import MaybeSent

PLAIN = "".join(f"frame {n} 数据 " for n in range(20_000)).encode()


def bare(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS = {
    b"gzip": gzip.compress,
    b"x-gzip": gzip.compress,
    b"deflate": zlib.compress,
    b"br": lambda data: brotli.compress(data, quality=5),
    b"zstd": zstandard.ZstdCompressor().compress,
}


def expand(decoder: Decoder, body: bytes, sizes: list[int]) -> bytes:
    plain = []
    while body:
        size = sizes.pop() if sizes else len(body)
        decoder.put(body[:size])
        body = body[size:]
        while piece := decoder.take():
            plain.append(piece)
    decoder.finish()
    return b"".join(plain)


@pytest.mark.parametrize("coding", PACKERS)
def test_any_split(coding: bytes) -> None:
    packed = PACKERS[coding](PLAIN)
    chance = random.Random(1)
    for sizes in ([], [1] * len(packed), [chance.randrange(1, 3000) for _ in range(len(packed))]):
        decoder = decoder_for(coding)
        assert decoder is not None
        assert expand(decoder, packed, sizes) == PLAIN


@pytest.mark.parametrize("coding", PACKERS)
def test_cut_short_and_broken(coding: bytes) -> None:
    packed = PACKERS[coding](PLAIN)
    for body in (packed[: len(packed) // 2], b"\xff" * 4 + packed, packed[:40] + b"\xff" * 400):
        decoder = decoder_for(coding)
        assert decoder is not None
        with pytest.raises(UndecodableError):
            expand(decoder, body, [])


@pytest.mark.parametrize("coding", PACKERS)
def test_an_empty_body_is_fine(coding: bytes) -> None:
    decoder = decoder_for(coding)
    assert decoder is not None
    assert expand(decoder, b"", []) == b""


def test_other_forms() -> None:
    for coding, packed in {
        b"deflate": bare(PLAIN),
        b"gzip, identity": gzip.compress(PLAIN[:99]) + gzip.compress(PLAIN[99:]),
        b"gzip, br": brotli.compress(gzip.compress(PLAIN)),
        b"zstd": b"".join(zstandard.compress(part) for part in (PLAIN[:99], PLAIN[99:])),
    }.items():
        decoder = decoder_for(coding)
        assert decoder is not None
        assert expand(decoder, packed, [7, 300, 1]) == PLAIN
    assert decoder_for(b" Identity ,") is None
    for refused in (b"compress", b"gzip, gzip, gzip", b"rot13"):
        with pytest.raises(UndecodableError):
            decoder_for(refused)


@pytest.mark.parametrize("coding", PACKERS)
def test_a_bomb_is_expanded_no_faster_than_it_is_read(coding: bytes) -> None:
    bomb = PACKERS[coding](bytes(32 * 1024 * 1024))
    decoder = decoder_for(coding)
    assert decoder is not None
    tracemalloc.start()
    try:
        decoder.put(bomb)
        for _ in range(8):
            assert 0 < len(decoder.take()) <= 4 * 1024 * 1024
        assert tracemalloc.get_traced_memory()[1] < 12 * 1024 * 1024
    finally:
        tracemalloc.stop()


async def test_a_bomb_over_the_wire(line: Line, rogue: Rogue) -> None:
    rogue.answer(rogue.gzip_bomb(32))
    tracemalloc.start()
    try:
        with pytest.raises(MaybeSent, match="too_large"):
            await (await line.call(rogue)).read_all(1024 * 1024)
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("coding", PACKERS)
async def test_over_the_wire(line: Line, rogue: Rogue, coding: bytes) -> None:
    rogue.answer(reply(200, PACKERS[coding](PLAIN), {"content-encoding": coding.decode()}))
    answer = await line.call(rogue)
    assert answer.header(b"content-encoding") is None
    assert answer.header(b"content-length") is None
    assert await answer.read_all(len(PLAIN)) == PLAIN

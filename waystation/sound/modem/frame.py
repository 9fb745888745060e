"""A text as bytes to be sent: a header that tells its length, then the text in mendable blocks.

The bytes of all blocks are sent in turn, so that a moment that is lost costs each block a little.
"""

import zlib
from collections.abc import Sequence

from waystation.sound.modem import reed_solomon
from waystation.sound.modem.reed_solomon import BeyondRepair

HEADER_DATA, HEADER_PARITY = 4, 12
HEADER_BYTES = HEADER_DATA + HEADER_PARITY
PAYLOAD_BYTES_MOST = 0x7FFF
_BLOCK_DATA_MOST = 80
_CHECK_BYTES = 4
_DEFLATED = 0x8000

Word = Sequence[tuple[int, float]]
"""Bytes as they were received, and how sure of each."""


class NoText(ValueError):
    """What was received holds no text that can be mended."""


def pack(text: str) -> bytes:
    """The whole frame but for what it is found by. Raises ValueError for a text that is too
    long."""
    plain = text.encode()
    squeezed = zlib.compress(plain, 9, -15)
    small = len(squeezed) < len(plain)
    payload = (squeezed if small else plain) + zlib.crc32(plain).to_bytes(_CHECK_BYTES, "big")
    if len(payload) > PAYLOAD_BYTES_MOST:
        raise ValueError("the text is too long to be carried")
    told = len(payload) | (_DEFLATED if small else 0)
    head = told.to_bytes(2, "big")
    header = head + zlib.crc32(head).to_bytes(4, "big")[:2]
    return reed_solomon.encode(header, HEADER_PARITY) + _woven(payload)


def frame_bytes(told: int) -> int:
    """Of the blocks for a header's number; without the header."""
    return sum(data + parity for data, parity in _blocks(told & ~_DEFLATED))


def read_header(word: Word) -> int:
    """The number that `unpack` wants. Raises NoText."""
    data = _mend(word, HEADER_PARITY)
    told = int.from_bytes(data[:2], "big")
    length = told & ~_DEFLATED
    if zlib.crc32(data[:2]).to_bytes(4, "big")[:2] != data[2:]:
        raise NoText("no header")
    if not _CHECK_BYTES <= length <= PAYLOAD_BYTES_MOST:
        raise NoText("a header that makes no sense")
    return told


def unpack(told: int, word: Word) -> str:
    """Raises NoText."""
    payload = b"".join(
        _mend(block, parity)
        for block, (_, parity) in zip(_unwoven(told, word), _blocks_of(told), strict=True)
    )
    body, check = payload[:-_CHECK_BYTES], payload[-_CHECK_BYTES:]
    try:
        plain = zlib.decompressobj(-15).decompress(body, 1 << 20) if told & _DEFLATED else body
        text = plain.decode()
    except (zlib.error, UnicodeDecodeError):
        raise NoText("it was not mended well") from None
    if zlib.crc32(plain).to_bytes(_CHECK_BYTES, "big") != check:
        raise NoText("it was not mended well")
    return text


def _blocks_of(told: int) -> list[tuple[int, int]]:
    return _blocks(told & ~_DEFLATED)


def _blocks(length: int) -> list[tuple[int, int]]:
    """(data, parity) of each block, in bytes: nearly alike, a short text with more parity."""
    count = -(-length // _BLOCK_DATA_MOST)
    sizes = [length // count + (number < length % count) for number in range(count)]
    return [(size, 48 if size > 24 else 16 + size // 2 * 2) for size in sizes]


def _woven(payload: bytes) -> bytes:
    blocks, at = [], 0
    for size, parity in _blocks(len(payload)):
        blocks.append(reed_solomon.encode(payload[at : at + size], parity))
        at += size
    return bytes(blocks[number][at] for number, at in _order([len(one) for one in blocks]))


def _unwoven(told: int, word: Word) -> list[list[tuple[int, float]]]:
    sizes = [data + parity for data, parity in _blocks_of(told)]
    blocks: list[list[tuple[int, float]]] = [[(0, 0.0)] * size for size in sizes]
    for (number, at), received in zip(_order(sizes), word, strict=True):
        blocks[number][at] = received
    return blocks


def _order(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """(block, position) of each byte as it is sent."""
    return [
        (number, at) for at in range(max(sizes)) for number, size in enumerate(sizes) if at < size
    ]


def _mend(word: Word, parity: int) -> bytes:
    """With the most doubtful bytes taken for lost, then with fewer. Raises NoText."""
    values = [value for value, _ in word]
    doubtful = sorted(range(len(word)), key=lambda at: word[at][1])
    for erasures in (0, parity // 4, parity // 2, parity * 3 // 4):
        try:
            return reed_solomon.decode(values, parity, doubtful[:erasures])
        except BeyondRepair:
            continue
    raise NoText("too much is lost")

"""Removes a reply's content-encoding, a bounded piece at a time.

`put` compressed bytes, then `take` until it gives b"" (more input is needed). However small a
bomb is, no take yields much more than PIECE_BYTES_MAX, and nobody expands ahead of the reader.
"""

import zlib
from typing import Protocol

import brotli  # type: ignore[import-untyped]
import zstandard

PIECE_BYTES_MAX = 64 * 1024
CODINGS_MAX = 2
# A zstd block of 4 bytes can expand to 128 KiB, and its decoder has no bound on output: so the
# bound is on what it is given at once.
ZSTD_INPUT_BYTES_MAX = 64
ZLIB_HEAD_BYTES = 2  # what tells deflate with the zlib head from deflate without
ZSTD_WINDOW_BYTES_MAX = 8 * 1024 * 1024


class UndecodableError(Exception):
    """The body is not what its content-encoding says, or the coding is unknown."""


class Decoder(Protocol):
    def put(self, data: bytes) -> None: ...

    def take(self) -> bytes: ...

    def finish(self) -> None:
        """The compressed bytes ended. Raises UndecodableError when the body was cut short."""


def decoder_for(content_encoding: bytes) -> Decoder | None:
    """None: nothing to remove. Raises UndecodableError for a coding that we do not know."""
    names = [name.strip().lower() for name in content_encoding.split(b",")]
    codings = [name for name in names if name and name != b"identity"]
    if not codings:
        return None
    if len(codings) > CODINGS_MAX:
        raise UndecodableError("too many content-encodings")
    decoder: Decoder | None = None
    for name in codings:  # the last one applied is the first to remove
        made = _one(name)
        decoder = made if decoder is None else _Chain(made, decoder)
    return decoder


def _one(name: bytes) -> Decoder:
    if name in (b"gzip", b"x-gzip"):
        return _Zlib(16 + zlib.MAX_WBITS)
    if name == b"deflate":
        return _Zlib(zlib.MAX_WBITS)
    if name == b"br":
        return _Brotli()
    if name == b"zstd":
        return _Zstd()
    raise UndecodableError(f"content-encoding {name[:40]!r}")


class _Zlib:
    """gzip, of any number of members, and deflate, with the zlib head or without."""

    def __init__(self, window_bits: int) -> None:
        self._window_bits = window_bits
        self._inflate = zlib.decompressobj(window_bits)
        self._waiting = b""
        self._begun = False
        self._full = False  # the last piece met the bound: there may be more without more input

    def put(self, data: bytes) -> None:
        self._waiting = self._waiting + data if self._waiting else data

    def take(self) -> bytes:
        if not self._begun and len(self._waiting) < ZLIB_HEAD_BYTES:
            return b""
        while self._waiting or self._full:
            if self._inflate.eof and self._waiting:
                self._next_member()
            piece = self._expand(self._waiting)
            self._full = len(piece) >= PIECE_BYTES_MAX
            self._waiting = self._inflate.unconsumed_tail or self._inflate.unused_data
            if piece:
                return piece
        return b""

    def _next_member(self) -> None:
        if self._window_bits < 16 or self._waiting[:1] != b"\x1f":
            raise UndecodableError("bytes after the compressed body")
        self._inflate = zlib.decompressobj(self._window_bits)

    def _expand(self, data: bytes) -> bytes:
        try:
            piece = self._inflate.decompress(data, PIECE_BYTES_MAX)
        except zlib.error as error:
            if self._begun or self._window_bits != zlib.MAX_WBITS:
                raise UndecodableError(str(error)) from None
            # "deflate" without the zlib head is wrong and common.
            self._window_bits = -zlib.MAX_WBITS
            self._inflate = zlib.decompressobj(self._window_bits)
            return self._expand_bare(data)
        self._begun = True
        return piece

    def _expand_bare(self, data: bytes) -> bytes:
        self._begun = True
        return self._expand(data)

    def finish(self) -> None:
        if self._waiting or (self._begun and not self._inflate.eof):
            raise UndecodableError("the compressed body was cut short")


class _Brotli:
    def __init__(self) -> None:
        self._decoder = brotli.Decompressor()
        self._waiting: list[bytes] = []
        self._begun = False
        self._full = False

    def put(self, data: bytes) -> None:
        self._waiting.append(data)

    def take(self) -> bytes:
        try:
            while True:
                if self._full or not self._decoder.can_accept_more_data():
                    data = b""
                elif self._waiting:
                    data = self._waiting.pop(0)
                    self._begun = True
                else:
                    return b""
                piece: bytes = self._decoder.process(data, output_buffer_limit=PIECE_BYTES_MAX)
                self._full = len(piece) >= PIECE_BYTES_MAX
                if piece:
                    return piece
        except brotli.error as error:
            raise UndecodableError(str(error)) from None

    def finish(self) -> None:
        if self._begun and not self._decoder.is_finished():
            raise UndecodableError("the compressed body was cut short")


class _Zstd:
    def __init__(self) -> None:
        self._maker = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES_MAX)
        self._decoder = self._maker.decompressobj()
        self._waiting = memoryview(b"")
        self._begun = False

    def put(self, data: bytes) -> None:
        self._waiting = memoryview(bytes(self._waiting) + data)

    def take(self) -> bytes:
        try:
            while self._waiting or self._decoder.unused_data:
                piece = self._step()
                if piece:
                    return piece
        except zstandard.ZstdError as error:
            raise UndecodableError(str(error)) from None
        return b""

    def _step(self) -> bytes:
        data = bytes(self._waiting[:ZSTD_INPUT_BYTES_MAX])
        self._waiting = self._waiting[ZSTD_INPUT_BYTES_MAX:]
        if self._decoder.eof:  # another frame follows
            data = self._decoder.unused_data + data
            self._decoder = self._maker.decompressobj()
        self._begun = True
        return self._decoder.decompress(data)

    def finish(self) -> None:
        if self._begun and not self._decoder.eof:
            raise UndecodableError("the compressed body was cut short")


class _Chain:
    """Two codings, `outer` put on last."""

    def __init__(self, outer: Decoder, inner: Decoder) -> None:
        self._outer = outer
        self._inner = inner

    def put(self, data: bytes) -> None:
        self._outer.put(data)

    def take(self) -> bytes:
        while True:
            piece = self._inner.take()
            if piece:
                return piece
            between = self._outer.take()
            if not between:
                return b""
            self._inner.put(between)

    def finish(self) -> None:
        self._outer.finish()
        self._inner.finish()

"""Request bodies: taken piece by piece, expanded, and refused as soon as they pass their cap."""

import zlib
from collections.abc import Callable
from typing import Protocol

import brotli  # type: ignore[import-untyped]
import zstandard

from waystation.errors import Fault

_ZSTD_WINDOW_BYTES_MAX = 8 * 1024 * 1024
_ZSTD_SLICE_BYTES = 512  # one block of 4 bytes can say 128 KiB: a slice is at most 16 MiB
_BROTLI_STEP_BYTES = 256 * 1024


class TooLargeError(Exception):
    """The expanded body passes the room left for it."""


class CodingError(Exception):
    """The compressed body is not what its content-encoding says, or ends early."""


class Expander(Protocol):
    """One content coding, incremental."""

    def feed(self, data: bytes, room: int) -> bytes:
        """Expanded bytes, at most `room`. Raises TooLargeError, CodingError."""

    def finish(self) -> None:
        """Raises CodingError when the coding's end was not reached."""


class _Zlib:
    """gzip (several members too) and deflate (zlib-wrapped, or bare as some clients send it)."""

    def __init__(self, coding: str) -> None:
        self._bits = 31 if coding == "gzip" else 15
        self._begun = False
        self._inner = zlib.decompressobj(self._bits)

    def feed(self, data: bytes, room: int) -> bytes:
        if not self._begun and data:
            self._begin(data[0])
        out: list[bytes] = []
        while data:
            if self._inner.eof:
                self._next_member()
            piece = self._expand(data, room + 1)
            room -= len(piece)
            if room < 0 or self._inner.unconsumed_tail:
                raise TooLargeError
            out.append(piece)
            data = self._inner.unused_data
        return out[0] if len(out) == 1 else b"".join(out)

    def _begin(self, first: int) -> None:
        self._begun = True
        if self._bits == 15 and first & 0x0F != 8:
            self._inner = zlib.decompressobj(-15)

    def _next_member(self) -> None:
        if self._bits != 31:
            raise CodingError("bytes after the end")
        self._inner = zlib.decompressobj(self._bits)

    def _expand(self, data: bytes, room: int) -> bytes:
        try:
            return self._inner.decompress(data, room)
        except zlib.error as error:
            raise CodingError(str(error)) from error

    def finish(self) -> None:
        if not self._inner.eof:
            raise CodingError("it ends early")


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Decompressor()

    def feed(self, data: bytes, room: int) -> bytes:
        if not data:
            return b""
        out = [self._expand(data)]
        room -= len(out[0])
        while room >= 0 and not self._inner.can_accept_more_data():
            out.append(self._expand(b""))
            room -= len(out[-1])
        if room < 0:
            raise TooLargeError
        return out[0] if len(out) == 1 else b"".join(out)

    def _expand(self, data: bytes) -> bytes:
        try:
            return bytes(self._inner.process(data, output_buffer_limit=_BROTLI_STEP_BYTES))
        except brotli.error as error:
            raise CodingError("not brotli") from error

    def finish(self) -> None:
        if not self._inner.is_finished():
            raise CodingError("it ends early")


class _Zstd:
    def __init__(self) -> None:
        self._inner = self._frame()

    @staticmethod
    def _frame() -> "zstandard.ZstdDecompressionObj":
        return zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES_MAX).decompressobj()

    def feed(self, data: bytes, room: int) -> bytes:
        out: list[bytes] = []
        for start in range(0, len(data), _ZSTD_SLICE_BYTES):
            rest = data[start : start + _ZSTD_SLICE_BYTES]
            while rest:
                if self._inner.eof:
                    self._inner = self._frame()
                piece = self._expand(rest)
                room -= len(piece)
                if room < 0:
                    raise TooLargeError
                out.append(piece)
                rest = self._inner.unused_data if self._inner.eof else b""
        return b"".join(out)

    def _expand(self, data: bytes) -> bytes:
        try:
            return self._inner.decompress(data)
        except zstandard.ZstdError as error:
            raise CodingError("not zstd, or with too wide a window") from error

    def finish(self) -> None:
        if not self._inner.eof:
            raise CodingError("it ends early")


def expander(coding: str | None) -> Expander | None:
    """The expander for a Content-Encoding, None for identity. Raises Fault (415)."""
    name = "" if coding is None else coding.strip().lower()
    if name in ("", "identity"):
        return None
    if name in ("gzip", "x-gzip"):
        return _Zlib("gzip")
    if name == "deflate":
        return _Zlib("deflate")
    if name == "br":
        return _Brotli()
    if name == "zstd":
        return _Zstd()
    raise Fault(
        "unsupported_media_type",
        reason=f"Content-Encoding '{name[:40]}' is not understood; use gzip, deflate, br or zstd.",
    )


Sink = Callable[[bytes], None]
"""Takes a body's pieces as they arrive, expanded. May raise Fault, which ends the body."""


class BodyCollector:
    """One body on its way in. `bytes_max` bounds what arrives and what it expands to. sink: takes
    the pieces instead of their being kept, so that a large body never is in memory."""

    __slots__ = ("_bytes_max", "_expander", "_keep", "_pieces", "_received", "_room")

    def __init__(
        self, coding: str | None, length: int | None, bytes_max: int, sink: Sink | None = None
    ) -> None:
        """length: the declared Content-Length. Raises Fault (413, 415) before any byte is read."""
        if length is not None and length > bytes_max:
            raise Fault("request_too_large", limit=bytes_max, received=length)
        self._expander = None if coding is None else expander(coding)
        self._bytes_max = bytes_max
        self._room = bytes_max
        self._received = 0
        self._pieces: list[bytes] = []
        self._keep: Sink = self._pieces.append if sink is None else sink

    def feed(self, data: bytes) -> None:
        """Take a piece. Raises Fault (413, 400)."""
        self._received += len(data)
        if self._received > self._bytes_max:
            raise Fault("request_too_large", limit=self._bytes_max, received=self._received)
        if self._expander is not None:
            data = self._expand(self._expander, data)
            self._room -= len(data)
        self._keep(data)

    def _expand(self, expander: Expander, data: bytes) -> bytes:
        try:
            return expander.feed(data, self._room)
        except TooLargeError:
            raise Fault(
                "request_too_large", limit=self._bytes_max, received=f"over {self._bytes_max}"
            ) from None
        except CodingError as error:
            raise _broken(error) from error

    def finish(self) -> bytes:
        """The whole body, b"" where a sink took it. Raises Fault (400) when a compressed one ends
        early."""
        if self._expander is not None and self._received:
            try:
                self._expander.finish()
            except CodingError as error:
                raise _broken(error) from error
        pieces = self._pieces
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _broken(error: CodingError) -> Fault:
    return Fault(
        "invalid_request", reason=f"The body does not match its Content-Encoding: {error}."
    )

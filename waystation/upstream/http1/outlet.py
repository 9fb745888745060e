"""The writing half of a connection to an upstream: one request on its way out.

A small request is put off to the end of the loop's turn (`kernel/turn.py` says why). A body that is
read piece by piece goes as fast as the socket takes it.
"""

import asyncio
from collections.abc import Iterator

from waystation.kernel.turn import PUT_OFF_BYTES_MAX
from waystation.upstream.transport import Body

_MUCH: int = 1 << 62


class Outlet:
    """put_off: the request that waits for `flush`. is_paused: the socket has enough for now."""

    __slots__ = ("_rest", "_unsent_bytes", "_wire", "is_paused", "put_off")

    def __init__(self, wire: asyncio.WriteTransport) -> None:
        # So low that `resume_writing` tells when the request's last byte has left. (With 0, TLS
        # counts as full when it is empty.)
        wire.set_write_buffer_limits(high=1)
        self._wire = wire
        self._rest: Iterator[bytes] | None = None
        self._unsent_bytes = 0
        self.put_off = b""
        self.is_paused = False

    def send(self, head: bytes, body: bytes | Body) -> None:
        """Raises OSError when the body cannot be read."""
        if not isinstance(body, bytes):
            self._wire.write(head)
            self._rest = iter(body)
            self._write_rest(self._rest)
        elif len(body) <= PUT_OFF_BYTES_MAX:
            self.put_off = head + body
        else:
            self._wire.writelines((head, body))

    def flush(self) -> None:
        """Put nothing off any longer; what was for a lost connection is dropped."""
        data, self.put_off = self.put_off, b""
        if data and not self._wire.is_closing():
            self._wire.write(data)

    def resume(self) -> None:
        """The socket takes bytes again. Raises OSError when the body cannot be read."""
        self.is_paused = False
        if self._rest is not None:
            self._write_rest(self._rest)

    def _write_rest(self, rest: Iterator[bytes]) -> None:
        """Write on until the socket has enough; `resume` comes back for more."""
        while not self.is_paused:
            piece = next(rest, None)
            if piece is None:
                self._rest = None
                return
            self._wire.write(piece)
        self._unsent_bytes = _MUCH  # whatever is left of it later, it moved

    @property
    def is_whole(self) -> bool:
        """The request has left; else it was answered before it was read."""
        return not (self.is_paused or self.put_off or self._rest is not None)

    def watch(self) -> None:
        """From now on `moved` tells what the socket takes."""
        self._unsent_bytes = self._wire.get_write_buffer_size()

    def moved(self) -> bool:
        """Whether it took anything since this was asked."""
        before = self._unsent_bytes
        self.watch()
        return self._unsent_bytes < before

"""A connected Unix stream socket that carries frames, read and written without tasks.

Raw, not an asyncio transport, for two reasons: a write must have reached the kernel when `send`
returns (ledger.md: `sent` goes before the first upstream byte), and a write to a peer that has died
must not close our end before everything that peer had written was read.
"""

import asyncio
import socket
from collections.abc import Callable

from waystation.ledger.frames import FrameFault, FrameSplitter

_READ_BYTES = 256 * 1024
_READS_PER_TURN = 8
_READS_AT_END = 1_000


class FramedSocket:
    """on_payload: called with each whole payload, which is valid during the call only. on_closed:
    called once, after the last payload, unless `close` was ours. on_writable: the backlog is gone.

    A FrameFault out of on_payload closes the connection."""

    __slots__ = (
        "_backlog",
        "_broken",
        "_buffer",
        "_loop",
        "_on_closed",
        "_on_payload",
        "_on_writable",
        "_paused",
        "_socket",
        "_splitter",
        "_view",
        "closed",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        connected: socket.socket,
        on_payload: Callable[[memoryview], None],
        on_closed: Callable[[], None],
        on_writable: Callable[[], None] | None = None,
    ) -> None:
        connected.setblocking(False)
        self._loop = loop
        self._socket = connected
        self._on_payload = on_payload
        self._on_closed = on_closed
        self._on_writable = on_writable
        self._splitter = FrameSplitter()
        self._buffer = bytearray(_READ_BYTES)
        self._view = memoryview(self._buffer)
        self._backlog = bytearray()
        self._broken = False
        self._paused = False
        self.closed = False
        loop.add_reader(connected.fileno(), self._read)

    @property
    def backlog_bytes(self) -> int:
        """Written by us, not taken by the kernel yet."""
        return len(self._backlog)

    def send(self, frame: bytearray) -> bool:
        """True when the whole frame is in the kernel's hands; else the rest follows by itself."""
        if self.closed or self._broken:
            return False
        if self._backlog:
            self._backlog += frame
            return False
        taken = self._write(frame)
        if taken == len(frame):
            return True
        if not self._broken:
            self._backlog += memoryview(frame)[taken:]
            self._loop.add_writer(self._socket.fileno(), self._drain)
        return False

    def pause(self) -> None:
        """Read no more until `resume`: the peer feels it once the kernel's buffer is full."""
        if not self.closed and not self._paused:
            self._paused = True
            self._loop.remove_reader(self._socket.fileno())

    def resume(self) -> None:
        if not self.closed and self._paused:
            self._paused = False
            self._loop.add_reader(self._socket.fileno(), self._read)

    def read_rest(self) -> None:
        """Read what the peer had written up to now."""
        self.resume()
        self._read_turns(_READS_AT_END)

    def drop(self) -> None:
        """Read what the peer had written up to now, then close; on_closed is called."""
        self.read_rest()
        if not self.closed:
            self._lost()

    def close(self) -> None:
        """Close at once; on_closed is not called."""
        if self.closed:
            return
        self.closed = True
        number = self._socket.fileno()
        if not self._paused:
            self._loop.remove_reader(number)
        if self._backlog:
            self._loop.remove_writer(number)
        self._socket.close()

    def _lost(self) -> None:
        self.close()
        self._on_closed()

    def _write(self, data: bytearray) -> int:
        try:
            return self._socket.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            # The peer is gone. Reading goes on to the end of what it wrote, and closes.
            self._broken = True
            self._loop.call_soon(self._read)
            return 0

    def _drain(self) -> None:
        taken = self._write(self._backlog)
        del self._backlog[:taken]
        if self._broken:
            self._backlog.clear()
        if not self._backlog:
            self._loop.remove_writer(self._socket.fileno())
            if self._on_writable is not None and not self._broken:
                self._on_writable()

    def _read(self) -> None:
        self._read_turns(_READS_PER_TURN)

    def _read_turns(self, turns: int) -> None:
        for _ in range(turns):
            if self.closed or self._paused:
                return
            try:
                count = self._socket.recv_into(self._buffer)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                count = 0
            if count == 0 or not self._take(self._view[:count]):
                self._lost()
                return
        # Others have their turn first. Leaving it to the loop to call again is not enough: uvloop
        # stops watching a socket whose peer died with unread data, after one last call.
        self._loop.call_soon(self._read)

    def _take(self, data: memoryview) -> bool:
        """Hand the payloads on; False when the peer speaks nonsense."""
        try:
            for payload in self._splitter.feed(data):
                self._on_payload(payload)
                if self.closed:
                    return True
        except FrameFault:
            return False
        return True

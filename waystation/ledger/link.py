"""A connection to the ledger's socket that comes back by itself."""

import asyncio
from pathlib import Path
from typing import Protocol

from waystation.ledger.framed_socket import FramedSocket
from waystation.ledger.frames import COMMANDS_PER_FRAME, encode
from waystation.ledger.messages import Command
from waystation.ledger.socket_address import connect

_COMMANDS_WAITING_MAX = 8
"""So many do not wait for the turn's end: the ledger works on them meanwhile, and a burst of
requests spreads out instead of going through every stage as one."""
_RETRY_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2)


class LinkOwner(Protocol):
    """Called from the loop, never from within `post` or `flush`."""

    def on_up(self) -> list[Command]:
        """Connected: what must be said first."""

    def on_payload(self, payload: memoryview) -> None: ...

    def on_writable(self) -> None:
        """The ledger reads again after it had been slow."""

    def on_down(self) -> None: ...


class Link:
    """Gathers the commands of one turn of the loop into few frames.

    What is posted while the link is down is lost: its owner says it again in `on_up`. While the
    ledger does not read, commands wait here; the owner bounds how many."""

    def __init__(self, path: Path, owner: LinkOwner) -> None:
        self.frames_sent = 0
        self.commands_sent = 0
        self.connections = 0
        self._path = path
        self._owner = owner
        self._loop = asyncio.get_running_loop()
        self._socket: FramedSocket | None = None
        self._out: list[Command] = []
        self._flush_due = False
        self._failures = 0
        self._retry: asyncio.TimerHandle | None = None

    @property
    def up(self) -> bool:
        return self._socket is not None

    @property
    def congested(self) -> bool:
        """The ledger does not read at the moment."""
        return self._socket is not None and self._socket.backlog_bytes > 0

    def start(self) -> None:
        """Connect now, or as soon as somebody listens."""
        self._retry = None
        try:
            connected = connect(self._path)
        except OSError:
            pause = _RETRY_SECONDS[min(self._failures, len(_RETRY_SECONDS) - 1)]
            self._failures += 1
            self._retry = self._loop.call_later(pause, self.start)
            return
        self._failures = 0
        self.connections += 1
        self._socket = FramedSocket(
            self._loop, connected, self._owner.on_payload, self._down, self._writable
        )
        self._out = self._owner.on_up()
        self.flush()

    def post(self, command: Command) -> None:
        """In the next frame, at the latest at the end of this turn of the loop."""
        if self._socket is None:
            return
        self._out.append(command)
        if len(self._out) >= _COMMANDS_WAITING_MAX:
            self.flush()
        if not self._flush_due:
            self._flush_due = True
            self._loop.call_soon(self._flush_turn)

    def flush(self) -> bool:
        """Write what was posted; True when the kernel has all of it."""
        link = self._socket
        if link is None:
            return False
        out = self._out
        while out:
            if link.backlog_bytes:
                return False
            self._send(link, out[:COMMANDS_PER_FRAME])
            del out[:COMMANDS_PER_FRAME]
        return not link.backlog_bytes

    def reset(self) -> None:
        """Drop this connection and make another."""
        if self._socket is not None:
            self._socket.close()
            self._down()

    def close(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, link: FramedSocket, commands: list[Command]) -> None:
        self.frames_sent += 1
        self.commands_sent += len(commands)
        link.send(encode(commands))

    def _flush_turn(self) -> None:
        self._flush_due = False
        self.flush()

    def _writable(self) -> None:
        if self.flush():
            self._owner.on_writable()

    def _down(self) -> None:
        self._socket = None
        self._out = []
        self._owner.on_down()
        self._retry = self._loop.call_later(_RETRY_SECONDS[0], self.start)

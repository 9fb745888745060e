"""One gateway's, or one tool's, connection as the ledger's server sees it."""

import asyncio
import socket
from typing import Protocol

from waystation.ledger.framed_socket import FramedSocket
from waystation.ledger.frames import (
    COMMANDS_PER_FRAME,
    FrameMalformed,
    Reply,
    decode_commands,
    encode,
)
from waystation.ledger.messages import Command, Hello


class ConnectionOwner(Protocol):
    def on_hello(self, connection: "Connection") -> None: ...

    def on_commands(self, connection: "Connection", commands: list[Command]) -> None: ...

    def on_gone(self, connection: "Connection") -> None:
        """After the last of its commands."""


class Connection:
    """gateway and boot are known from its Hello, which must come first.

    Replies gather in `out` until `flush`; a peer that leaves more than backlog_bytes_max of them
    unread is dropped: the ledger waits for nobody."""

    __slots__ = ("_backlog_bytes_max", "_owner", "_socket", "boot", "gateway", "greeted", "out")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        connected: socket.socket,
        owner: ConnectionOwner,
        backlog_bytes_max: int,
    ) -> None:
        self.gateway = ""
        self.boot = ""
        self.greeted = False
        self.out: list[Reply] = []
        self._owner = owner
        self._backlog_bytes_max = backlog_bytes_max
        self._socket = FramedSocket(loop, connected, self._on_payload, self._on_closed)

    def flush(self) -> None:
        """Send what gathered; drops the connection when the peer does not read."""
        out = self.out
        if len(out) <= COMMANDS_PER_FRAME:
            self._socket.send(encode(out))
        else:
            for start in range(0, len(out), COMMANDS_PER_FRAME):
                self._socket.send(encode(out[start : start + COMMANDS_PER_FRAME]))
        out.clear()
        if self._socket.backlog_bytes > self._backlog_bytes_max:
            self._socket.drop()

    def pause(self) -> None:
        self._socket.pause()

    def resume(self) -> None:
        self._socket.resume()

    def read_rest(self) -> None:
        """Take what it had written up to now."""
        self._socket.read_rest()

    def close(self) -> None:
        self._socket.close()

    def _on_payload(self, payload: memoryview) -> None:
        commands = decode_commands(payload)
        if not self.greeted:
            self._greet(commands)
        if commands:
            self._owner.on_commands(self, commands)

    def _greet(self, commands: list[Command]) -> None:
        first = commands[0] if commands else None
        if not isinstance(first, Hello):
            raise FrameMalformed("the first command of a connection is not Hello")
        self.gateway = first.gateway
        self.boot = first.boot
        self.greeted = True
        self._owner.on_hello(self)

    def _on_closed(self) -> None:
        self._owner.on_gone(self)

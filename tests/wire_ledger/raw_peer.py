"""A peer that does what no client of ours would do."""

import asyncio
import socket
from pathlib import Path

from waystation.ledger import frames
from waystation.ledger.frames import Reply


class RawPeer:
    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._socket.setblocking(False)
        self._splitter = frames.FrameSplitter()

    def send(self, *commands: object) -> None:
        self.send_bytes(bytes(frames.encode(list(commands))))

    def send_bytes(self, data: bytes) -> None:
        """What does not fit is thrown away, and more of it does not matter."""
        try:
            self._socket.send(data)
        except BlockingIOError:
            pass

    async def receive(self) -> list[Reply] | None:
        """The next frame; None when the connection was closed."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(20):
            while True:
                try:
                    data = await loop.sock_recv(self._socket, 65536)
                except ConnectionResetError:
                    return None
                if not data:
                    return None
                replies = []
                for payload in self._splitter.feed(memoryview(data)):
                    replies += frames.decode_replies(payload)
                if replies:
                    return replies

    def close(self) -> None:
        self._socket.close()

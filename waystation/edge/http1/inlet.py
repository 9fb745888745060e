"""The reading half of a connection: whether the client's bytes are taken."""

import asyncio


class Inlet:
    """Stops and starts the reading of a transport; a closing one is left alone."""

    __slots__ = ("_transport", "is_paused")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.is_paused = False

    def pause(self) -> None:
        """Take no more: too much waits already."""
        if not self.is_paused and not self._transport.is_closing():
            self.is_paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Take bytes again, if they were stopped."""
        if self.is_paused:
            self.is_paused = False
            if not self._transport.is_closing():
                self._transport.resume_reading()

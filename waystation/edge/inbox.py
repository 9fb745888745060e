"""A request's body, between the face that delivers it and the handler that may want it later."""

import asyncio

from waystation.edge.body import BodyCollector, Sink
from waystation.errors import Fault


class BodyInbox:
    """Holds pieces until the handler reads; from then on gives them to its collector."""

    __slots__ = ("_collector", "_pieces", "_waiter", "_was_read", "fault", "held_bytes", "is_whole")

    def __init__(self, is_whole: bool) -> None:
        self.is_whole = is_whole
        self.fault: Fault | None = None
        """Why the body will never be whole."""
        self.held_bytes = 0
        self._pieces: list[bytes] = []
        self._collector: BodyCollector | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._was_read = False

    # --- the handler's side

    def open(
        self, coding: str | None, length: int | None, bytes_max: int, sink: Sink | None = None
    ) -> BodyCollector:
        """Begin to read, with what is here already. Raises Fault, RuntimeError the second time."""
        if self._was_read:
            raise RuntimeError("the body was read before")
        self._was_read = True
        collector = BodyCollector(coding, length, bytes_max, sink)
        pieces, self._pieces = self._pieces, []
        try:
            for piece in pieces:
                collector.feed(piece)
        except Fault as fault:
            self.fail(fault)
            raise
        return collector

    def take_whole(self, length: int | None, bytes_max: int) -> bytes:
        """A body that is here already and not encoded. Raises Fault, RuntimeError as `open`."""
        pieces = self._pieces
        if len(pieces) != 1 or len(pieces[0]) > bytes_max or self._was_read:
            return self.open(None, length, bytes_max).finish()
        self._was_read = True
        self._pieces = []
        return pieces[0]

    def wait(self, collector: BodyCollector) -> asyncio.Future[None]:
        """A future of the rest, which goes to `collector`. Raises the Fault that came before."""
        if self.fault is not None:
            raise self.fault
        self._collector = collector
        self._waiter = asyncio.get_running_loop().create_future()
        return self._waiter

    def stop(self) -> None:
        """Nobody waits any more."""
        self._collector = self._waiter = None

    def drop(self) -> None:
        """Nobody will want what is held."""
        self._pieces = []

    # --- the face's side

    @property
    def is_read(self) -> bool:
        """Whether the handler is waiting for the body at this moment."""
        return self._waiter is not None

    def take(self, data: bytes) -> None:
        """A piece arrived."""
        if self._collector is not None:
            try:
                self._collector.feed(data)
            except Fault as fault:
                self.fail(fault)
        elif self.fault is None:
            self._pieces.append(data)
            self.held_bytes += len(data)

    def end(self) -> None:
        """The body is whole."""
        self.is_whole = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def fail(self, fault: Fault) -> None:
        """The body will never be whole; the handler learns it when it reads."""
        self._collector = None
        self._pieces = []
        self.fault = fault
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(fault)

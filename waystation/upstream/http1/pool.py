"""Connections that are kept alive, by origin; the last one used is the next one taken."""

import asyncio
import math

from waystation.kernel.turn import Turn
from waystation.upstream.http1.connection import RECEIVE_BYTES, Connection
from waystation.upstream.http1.head import host_line
from waystation.upstream.transport import Destination

PLACES_COUNT_MAX = 1024


class Place:
    """One origin: its host header, idle connections (the freshest last), how many are open."""

    __slots__ = ("host", "idle", "open", "origin")

    def __init__(self, origin: Destination) -> None:
        self.origin = origin
        self.host = host_line(origin)
        self.idle: list[Connection] = []
        self.open = 0


class Pool:
    """idle_max bounds the idle connections of all origins together: the longest idle goes."""

    def __init__(self, idle_seconds: float, idle_max: int) -> None:
        self.receive = memoryview(bytearray(RECEIVE_BYTES))
        self.turn = Turn()
        self._idle_seconds = idle_seconds
        self._idle_max = idle_max
        self._places: dict[Destination, Place] = {}
        self._idle: dict[Connection, None] = {}  # in the order in which they became idle
        self._open: set[Connection] = set()
        self._empty: asyncio.Future[None] | None = None

    @property
    def open_count(self) -> int:
        return len(self._open)

    @property
    def idle_count(self) -> int:
        return len(self._idle)

    def find(self, origin: Destination) -> Place | None:
        return self._places.get(origin)

    def place(self, origin: Destination) -> Place:
        place = self._places.get(origin)
        if place is None:
            if len(self._places) >= PLACES_COUNT_MAX:
                self._places = {key: kept for key, kept in self._places.items() if kept.open}
            place = self._places[origin] = Place(origin)
        return place

    def take(self, place: Place) -> Connection | None:
        while place.idle:
            connection = place.idle.pop()
            del self._idle[connection]
            if connection.is_usable:
                return connection
        return None

    def give(self, connection: Connection) -> None:
        """Keep a connection whose exchange is over."""
        if self._empty is not None or not self._idle_max:
            connection.abort()
            return
        if len(self._idle) >= self._idle_max:
            next(iter(self._idle)).abort()
        connection.place.idle.append(connection)
        self._idle[connection] = None
        connection.rest(self._idle_seconds)

    def drop(self, connection: Connection) -> None:
        """Forget an idle connection; nothing for a busy one."""
        if connection in self._idle:
            del self._idle[connection]
            connection.place.idle.remove(connection)

    def opened(self, connection: Connection) -> None:
        """Count a connection that was dialled in full. (Of one that was given up before, loops do
        not always tell that it is lost.)"""
        self._open.add(connection)
        connection.place.open += 1

    def lost(self, connection: Connection) -> None:
        if connection not in self._open:  # given up while it was dialled
            return
        self._open.remove(connection)
        connection.place.open -= 1
        if self._empty is not None and not self._open and not self._empty.done():
            self._empty.set_result(None)

    async def close(self) -> None:
        """Abort all connections and wait until the loop has let go of them."""
        if self._empty is None:
            self._empty = asyncio.get_running_loop().create_future()
        for connection in tuple(self._open):
            connection.abort()
        if self._open:
            await asyncio.wait([self._empty], timeout=1.0)
        self._idle_seconds = math.inf

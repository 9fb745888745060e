"""A client that goes while its handler waits for an upstream: the wait ends, the handler decides.

The face only tells that the client has gone. Within `interruptible` that cancels the handler's own
wait, and comes out as `ClientLeft`; a cancellation from anywhere else passes through.
"""

import asyncio
from types import TracebackType

from waystation.edge.call import Call


class ClientLeft(Exception):
    """The client has gone while nothing had been answered."""


class Interruptible:
    """with Interruptible(call): await … — raises ClientLeft as soon as the client goes."""

    __slots__ = ("_call", "_left", "_task")

    def __init__(self, call: Call) -> None:
        self._call = call
        self._left = False
        self._task: asyncio.Task[object] | None = None

    def __enter__(self) -> None:
        if self._call.is_gone:
            raise ClientLeft
        self._task = asyncio.current_task()
        self._call.on_gone = self._leave

    def _leave(self) -> None:
        self._left = True
        if self._task is not None:
            self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._call.on_gone = None
        if self._left and self._task is not None:
            # Either the wait was cancelled, or it ended by itself in the same step and the
            # cancellation is still to come: both are this client's going, nobody else's.
            self._task.uncancel()
            if kind is None or kind is asyncio.CancelledError:
                raise ClientLeft from None

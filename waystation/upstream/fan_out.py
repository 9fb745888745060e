"""n answers from an upstream that gives one at a time: n calls at once, told as one answer.

A part that fails before its first content is tried once more on the same channel; if it fails
again, the whole attempt fails and nothing of it is charged. The parts share one hold. Where the
channel has fewer places than there are parts, those that have none wait for others to end.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from waystation.dialects.openai_chat.fan_out import FanOutStream, summed
from waystation.dialects.operation import ReplyReader
from waystation.errors import Fault
from waystation.meter.usage import Usage
from waystation.upstream.attempt import AttemptFailed, Whole, Wire, fetch, send
from waystation.upstream.source import Express, transport_fault
from waystation.upstream.transport import Incoming, MaybeSent, Outgoing

_TRIES = 2
_QUEUE_PIECES = 32
_OWN_FAULT_BELOW = 500

Result = TypeVar("Result")
Merge = Callable[[Sequence[bytes], Usage], bytes]


async def fetch_parts(
    wire: Wire,
    request: Outgoing,
    make_reader: Callable[[], ReplyReader],
    n: int,
    merge: Merge,
    at_once: int,
) -> Whole:
    """n whole answers merged. Raises AttemptFailed: the first part's that failed for good."""
    turn = asyncio.Semaphore(at_once)

    async def part() -> Whole:
        async with turn:
            return await _twice(lambda: fetch(wire, request, make_reader()))

    wholes = await _all([part() for _ in range(n)])
    usage = summed([whole.usage for whole in wholes])
    return Whole(
        merge([whole.body for whole in wholes], usage),
        usage,
        any(whole.has_output for whole in wholes),
        wholes[0].upstream_id,
    )


async def begin_parts(
    wire: Wire, request: Outgoing, reader: FanOutStream, n: int, at_once: int
) -> "FanOutSource":
    """n streams, those that begin at once with good heads. Raises AttemptFailed."""
    opened: list[Incoming] = []

    async def part() -> Incoming:
        incoming = await _twice(lambda: send(wire, request))
        opened.append(incoming)
        return incoming

    try:
        incomings = await _all([part() for _ in range(min(n, at_once))])
    except BaseException:
        for incoming in opened:
            incoming.close()
        raise
    return FanOutSource(wire, request, reader, incomings, n)


async def _twice(call: Callable[[], Awaitable[Result]]) -> Result:
    """The call's result, or that of a second one when another try may do better."""
    try:
        return await call()
    except AttemptFailed as failed:
        if not failed.kind and failed.fault.status < _OWN_FAULT_BELOW:
            raise
    return await call()


async def _all(calls: Sequence[Coroutine[Any, Any, Result]]) -> list[Result]:
    """All results; the first failure cancels the others."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


class FanOutSource:
    """Implements `Source` over n replies, each read by a task of its own into one short queue; no
    more at once than there are at the start."""

    def __init__(
        self,
        wire: Wire,
        request: Outgoing,
        reader: FanOutStream,
        incomings: Sequence[Incoming],
        n: int,
    ) -> None:
        self._wire = wire
        self._request = request
        self.reader = reader
        self.ended = False
        self.fault: Fault | None = None
        self.kind = ""
        self._incomings = incomings
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(_QUEUE_PIECES)
        self._turn = asyncio.Semaphore(len(incomings))
        begun = [*incomings, *[None] * (n - len(incomings))]
        self._tasks = [
            asyncio.create_task(self._read(part, incoming)) for part, incoming in enumerate(begun)
        ]

    async def next(self) -> bytes:
        out = await self._queue.get()
        if self.fault is not None or self.reader.finished:
            while not self._queue.empty():
                out += self._queue.get_nowait()
            self.ended = True
            self.close()
        return out

    async def _read(self, part: int, incoming: Incoming | None) -> None:
        """One part to its end, when its turn comes; a failure before its content gets a second
        try."""
        async with self._turn:
            failed: AttemptFailed | None = None
            for _ in range(_TRIES):
                if failed is not None:
                    self.reader.restart(part)
                failed = await self._read_once(part, incoming)
                if failed is None:
                    return
                if self.reader.part_started(part):
                    break
                incoming = None
            assert failed is not None
            self._fail(failed)

    async def _read_once(self, part: int, incoming: Incoming | None) -> AttemptFailed | None:
        """incoming None: it is still to be sent."""
        if incoming is None:
            try:
                incoming = await send(self._wire, self._request)
            except AttemptFailed as failed:
                return failed
        try:
            while data := await incoming.read():
                await self._tell(self.reader.feed(part, data))
                if self.reader.part_fault(part) is not None:
                    break
            else:
                await self._tell(self.reader.close(part), last=True)
        except MaybeSent as error:
            await self._tell(self.reader.close(part), last=True)
            if self.reader.part_fault(part) is None:
                return None
            return AttemptFailed(transport_fault(error), kind=error.kind)
        finally:
            incoming.close()
        fault = self.reader.part_fault(part)
        return None if fault is None else AttemptFailed(fault, status=200)

    async def _tell(self, out: bytes, *, last: bool = False) -> None:
        if out or last:
            await self._queue.put(out)

    def _fail(self, failed: AttemptFailed) -> None:
        if self.fault is None:
            self.fault = failed.fault
            self.kind = failed.kind
        if self._queue.full():
            self._queue.get_nowait()  # the stream fails as a whole: this piece is not missed
        self._queue.put_nowait(b"")

    def usage(self) -> Usage:
        return self.reader.usage()

    def hand_over(self, express: Express | None) -> None:
        """The parts meet in the queue: there is no shorter way."""

    async def finish(self) -> None:
        """The parts close their own replies."""

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for incoming in self._incomings:  # a task that never began closes nothing
            incoming.close()

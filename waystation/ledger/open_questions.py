"""Questions that wait for their answers; each connection answers them in the order of asking."""

import asyncio
from collections import deque

from waystation.ledger.port import Answer, LedgerAway

AnswerFuture = asyncio.Future[Answer]


class OpenQuestions:
    """Those whose asker has left stay in line until their answer comes."""

    __slots__ = ("_line", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._line: deque[AnswerFuture] = deque()

    def __len__(self) -> int:
        return len(self._line)

    def ask(self) -> AnswerFuture:
        future: AnswerFuture = self._loop.create_future()
        self._line.append(future)
        return future

    def answer(self, answer: Answer) -> None:
        if self._line:
            future = self._line.popleft()
            if not future.done():
                future.set_result(answer)

    def fail(self, fault: LedgerAway) -> None:
        """The first in line."""
        if self._line:
            future = self._line.popleft()
            if not future.done():
                future.set_exception(fault)
                future.exception()  # read: its task may have been cancelled in the same turn

    def fail_all(self, fault: LedgerAway) -> None:
        while self._line:
            self.fail(fault)

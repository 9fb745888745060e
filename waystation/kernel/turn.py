"""What is put off to the end of the loop's turn, to be done all at once.

To write to a socket wakes whoever reads at its other end, and waking a sleeping process costs more
than the write does. Of many writes in a row the first one wakes it for all. So what a turn of the
loop has to send waits for the turn's end, or until there are a few.
"""

import asyncio
from collections.abc import Callable

ACTS_MAX = 4
"""So many have shared most of what a wake costs; the first of a longer row would wait for the rest.
"""


PUT_OFF_BYTES_MAX = 16 * 1024
"""More goes at once: that is where a full socket tells whoever feeds it to pause."""


class Turn:
    """Acts of one loop, in the order in which they were put off."""

    __slots__ = ("_acts",)

    def __init__(self) -> None:
        self._acts: list[Callable[[], None]] = []

    def later(self, act: Callable[[], None]) -> None:
        """Call it when what the loop has to do now is done, or a few wait. One that raises stops
        no other."""
        acts = self._acts
        if not acts:
            asyncio.get_running_loop().call_soon(self._end)
        acts.append(act)
        if len(acts) == ACTS_MAX:
            self._end()

    def _end(self) -> None:
        acts, self._acts = self._acts, []
        for act in acts:
            try:
                act()
            except Exception as error:
                told = {"message": "put off to the end of a turn", "exception": error}
                asyncio.get_running_loop().call_exception_handler(told)

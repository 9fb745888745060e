"""A few threads that draw, so that the gateway's loop never waits for a picture.

The bound on what is drawn at once is the threads' own number, so it holds for work too whose caller
has left: that either never begins, or ends where no one waits for it.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from waystation.demo.pictures.refusal import Refused

Given = ParamSpec("Given")
Result = TypeVar("Result")

THREADS = 2
_WAITING_MAX = 64


class Studio:
    def __init__(self, threads: int = THREADS, waiting_max: int = _WAITING_MAX) -> None:
        self._threads = ThreadPoolExecutor(threads, "demo-pictures")
        self._places = threads + waiting_max
        self._taken = 0

    async def run(
        self, work: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
    ) -> Result:
        """Raises Refused when too many wait, and whatever the work raises."""
        if self._taken >= self._places:
            raise Refused("The demo's studio is full.", status=503, kind="server_error")
        self._taken += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, lambda: work(*args, **kwargs))
        finally:
            self._taken -= 1

    def close(self) -> None:
        """What waits is dropped; what is being drawn ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

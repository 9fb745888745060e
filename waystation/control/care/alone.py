"""One at a time: a backup, a restore or a copy of a data folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class CareRefused(Exception):
    """What was asked cannot be done here; nothing was changed."""


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """The kernel forgets the lock with the process, however that ended. Raises CareRefused."""
    handle = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CareRefused(f"a backup, restore or copy is at work on {data}") from None
        yield
    finally:
        os.close(handle)

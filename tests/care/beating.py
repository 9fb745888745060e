"""Work in a child of this process that is killed, or finds no room, at a moment of its own."""

import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

_EVENTS = frozenset((
    "open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.chmod", "shutil.copyfile",
    "shutil.rmtree", "sqlite3.connect",
))  # fmt: skip


_LIMITS = resource.getrlimit(resource.RLIMIT_FSIZE)


def in_child(work: Callable[[], object], told: Path) -> int:
    """Its wait status; what it raised is in `told`, as a type's name and a line."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException as fault:
            resource.setrlimit(resource.RLIMIT_FSIZE, _LIMITS)
            told.write_text(f"{type(fault).__name__}: {fault}\n{traceback.format_exc()}")
            os._exit(3)
        finally:
            os._exit(0)
    return os.waitpid(pid, 0)[1]


def moments(work: Callable[[], object], told: Path) -> int:
    """How many files it opens, moves and removes."""
    count = 0

    def counted() -> None:
        def hook(event: str, _arguments: object) -> None:
            nonlocal count
            count += event in _EVENTS

        sys.addaudithook(hook)
        work()
        seen = count
        told.write_text(str(seen))

    assert in_child(counted, told) == 0, told.read_text()
    return int(told.read_text())


def killed_at(moment: int, work: Callable[[], object], told: Path) -> bool:
    """kill -9 just before its so manieth file; False: it was through by then."""

    def doomed() -> None:
        left = moment

        def hook(event: str, _arguments: object) -> None:
            nonlocal left
            if event in _EVENTS:
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        work()

    status = in_child(doomed, told)
    assert status in (0, signal.SIGKILL), told.read_text()
    return status == signal.SIGKILL


def without_room(bytes_max: int, work: Callable[[], object], told: Path) -> str:
    """No file may grow beyond; what it raised, "" for nothing."""

    def cramped() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, _LIMITS[1]))
        work()

    return told.read_text() if in_child(cramped, told) else ""

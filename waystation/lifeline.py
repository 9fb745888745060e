"""How a child process notices that its supervisor has gone.

On Linux the kernel kills it. Everywhere it can also hold a pipe whose other end only the supervisor
has, and end itself when that closes: `hold_on`, called once at the start of a process.
"""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Mapping

VARIABLE = "WAYSTATION_LIFELINE"
_PR_SET_PDEATHSIG = 1


class Lifeline:
    """The supervisor's end. pass_fds and environment are for the child."""

    def __init__(self) -> None:
        self._supervisor = os.getpid()
        self._theirs, self._ours = os.pipe()
        self.pass_fds = (self._theirs,)
        self.environment: Mapping[str, str] = {VARIABLE: str(self._theirs)}
        # Loaded here: between fork and exec is no place to load a library.
        self._prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def bind(self) -> None:
        """In the child, between fork and exec."""
        if self._prctl is not None:
            self._prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != self._supervisor:
            os._exit(1)  # it went before the kernel was told

    def close(self) -> None:
        os.close(self._ours)
        os.close(self._theirs)


def hold_on() -> None:
    """End this process when its supervisor's end closes; nothing without a supervisor."""
    number = os.environ.get(VARIABLE)
    if number is None:
        return
    threading.Thread(target=_watch, args=(int(number),), name="lifeline", daemon=True).start()


def _watch(theirs: int) -> None:
    try:
        os.read(theirs, 1)
    except OSError:
        return  # not our pipe: we were not started by a supervisor
    os.kill(os.getpid(), signal.SIGKILL)

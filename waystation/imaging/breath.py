"""Letting others run in between."""

import time

_PAUSE_SECONDS = 0.00005


def breathe() -> None:
    """Gives the interpreter away for a moment. Much of Pillow holds it while it works, and a thread
    that waits for it is heard only every 5 ms: between two steps of a picture, an event loop in
    another thread gets its turn at once."""
    time.sleep(_PAUSE_SECONDS)

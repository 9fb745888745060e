"""Where tests put what they write."""

import shutil
import tempfile
from pathlib import Path

SHARED_BYTES_MIN = 4 * 2**30


def roomy_folder() -> str:
    """In memory where there is room: stores are made by the hundred, and fsync is for crashes of
    the machine, which no test makes."""
    shared = Path("/dev/shm")
    if shared.is_dir() and shutil.disk_usage(shared).free > SHARED_BYTES_MIN:
        return str(shared)
    return tempfile.gettempdir()

"""Is there room in the data folder, and is what is written there durable at a bearable price?"""

import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from waystation.control.doctor.check import Check

FREE_BYTES_MIN = 1024**3
SYNC_MILLIS_MAX = 20.0
_SYNCS = 20
_BLOCK = b"\0" * 4096
_DISK = "disk space"
_SYNC = "fsync"


def check_disk(folder: Path, free_bytes_min: int = FREE_BYTES_MIN) -> Check:
    """Free bytes on the folder's file system."""
    try:
        free_bytes = shutil.disk_usage(folder).free
    except OSError as fault:
        return Check(_DISK, False, f"{folder}: {fault.strerror}", "Run `waystation init`.")
    detail = f"{free_bytes / 1024**3:.1f} GiB free in {folder}"
    if free_bytes < free_bytes_min:
        return Check(_DISK, False, detail, "Make room: a full disk stops every request.")
    return Check(_DISK, True, detail)


def check_sync(folder: Path, millis_max: float = SYNC_MILLIS_MAX) -> Check:
    """Writes and syncs a few blocks; each hold of money waits for one such commit."""
    try:
        millis = _sync_millis(folder)
    except OSError as fault:
        detail = f"{folder} cannot be written durably: {fault.strerror}"
        return Check(_SYNC, False, detail, "Give the folder to this user, on a local file system.")
    middle = statistics.median(millis)
    detail = f"p50 {middle:.2f} ms over {_SYNCS} writes"
    if middle > millis_max:
        return Check(_SYNC, False, detail, "Put the data folder on a faster disk (SSD, NVMe).")
    return Check(_SYNC, True, detail)


def _sync_millis(folder: Path) -> list[float]:
    millis = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(_SYNCS):
            os.write(file.fileno(), _BLOCK)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            millis.append((time.perf_counter() - began) * 1000)
    return millis

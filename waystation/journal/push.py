"""What a process says to the control process over its Unix socket: metrics, and "are you there?".

The control process may be away; then what was counted is kept and goes with a later push.
"""

import asyncio
from pathlib import Path

import msgspec

from waystation.journal.metrics import Metrics

PUSH_SECONDS = 2.0
_REPLY_SECONDS_MAX = 5.0
BOOT_HEADER = "x-waystation-boot"
"""Only who was started with us knows the boot id: a forwarded request never carries it."""
PUSH_PATH = "/internal/metrics"
HEALTH_PATH = "/internal/health"
_ASK_SECONDS = 0.1


async def push(metrics: Metrics, socket: Path, boot: str) -> bool:
    """Deliver one delta; False: undelivered, and taken back into the counters."""
    delta = metrics.snapshot_delta()
    delivered = await _call(socket, boot, "POST", PUSH_PATH, msgspec.json.encode(delta))
    if not delivered:
        metrics.restore(delta)
    return delivered


async def push_forever(
    metrics: Metrics, socket: Path, boot: str, seconds: float = PUSH_SECONDS
) -> None:
    """Until cancelled."""
    while True:
        await asyncio.sleep(seconds)
        await push(metrics, socket, boot)


async def control_ready(socket: Path, boot: str) -> None:
    """Return when the control process has told the ledger what the configuration says."""
    while not await _call(socket, boot, "GET", HEALTH_PATH):
        await asyncio.sleep(_ASK_SECONDS)


async def _call(socket: Path, boot: str, method: str, path: str, body: bytes = b"") -> bool:
    """One exchange; whether it was answered with success."""
    head = (
        f"{method} {path} HTTP/1.1\r\nhost: control\r\n{BOOT_HEADER}: {boot}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        "connection: close\r\n\r\n"
    )
    try:
        async with asyncio.timeout(_REPLY_SECONDS_MAX):
            reader, writer = await asyncio.open_unix_connection(str(socket))
            try:
                writer.write(head.encode() + body)
                await writer.drain()
                status = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
    return status.startswith(b"HTTP/1.1 20")

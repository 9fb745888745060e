"""Metrics on their way to the control process: one small POST over its Unix socket.

The control process may be away; then what was counted is kept and goes with a later push.
"""

import asyncio
from pathlib import Path

import msgspec

from waystation.journal.metrics import Delta, Metrics

PUSH_SECONDS = 2.0
_REPLY_SECONDS_MAX = 5.0
BOOT_HEADER = "x-waystation-boot"
"""Only who was started with us knows the boot id: a forwarded request never carries it."""
PUSH_PATH = "/internal/metrics"


async def push(metrics: Metrics, socket: Path, boot: str) -> bool:
    """Deliver one delta; False: undelivered, and taken back into the counters."""
    delta = metrics.snapshot_delta()
    try:
        async with asyncio.timeout(_REPLY_SECONDS_MAX):
            delivered = await _post(socket, boot, delta)
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        delivered = False
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


async def _post(socket: Path, boot: str, delta: Delta) -> bool:
    body = msgspec.json.encode(delta)
    reader, writer = await asyncio.open_unix_connection(str(socket))
    try:
        writer.write(
            f"POST {PUSH_PATH} HTTP/1.1\r\nhost: control\r\n{BOOT_HEADER}: {boot}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
            "connection: close\r\n\r\n".encode()
            + body
        )
        await writer.drain()
        status = await reader.readline()
    finally:
        writer.close()
    return status.startswith(b"HTTP/1.1 20")

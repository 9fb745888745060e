"""Metrics on their way to the control process."""

import asyncio
from pathlib import Path

from waystation.journal.metrics import ATTEMPTS, Metrics
from waystation.journal.push import push


def counting() -> Metrics:
    metrics = Metrics("gateway-0")
    metrics.count(ATTEMPTS, "north", "answered")
    return metrics


async def test_without_a_control_process_nothing_is_lost(tmp_path: Path) -> None:
    metrics = counting()
    assert not await push(metrics, tmp_path / "control.sock", "boot")
    (sample,) = metrics.snapshot_delta().counters
    assert sample.value == 1


async def test_a_refusal_loses_nothing(tmp_path: Path) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    metrics = counting()
    async with await asyncio.start_unix_server(refuse, tmp_path / "control.sock"):
        assert not await push(metrics, tmp_path / "control.sock", "boot")
    assert metrics.snapshot_delta().counters

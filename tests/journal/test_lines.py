"""The request log on stdout: whole lines, no secrets, never in the way of a request."""

import asyncio
import json
import os
import threading
import time

import msgspec
import pytest

from tests.journal.rows import ATTEMPT, row
from waystation.journal.lines import LineLog, line_of
from waystation.journal.redaction import Redactor
from waystation.journal.row import AttemptRow, Facts, Row

# Made by us, never worded by anybody else.
OUR_OWN = {
    Facts: {"request_id", "dialect"},
    Row: {"end", "code"},
    AttemptRow: {"outcome"},
}


def test_a_line_tells_the_request() -> None:
    line = json.loads(line_of(row(), Redactor()))
    assert line["request_id"] == "req-1"
    assert line["model"] == "gpt-4o-mini"
    assert line["nanos"] == 12_345
    assert line["end"] == "complete"
    assert "attempts" not in line


def test_a_failure_tells_its_attempts() -> None:
    failed = msgspec.structs.replace(ATTEMPT, outcome="upstream_error", status=500, reason="boom")
    line = json.loads(line_of(row(code="upstream_error", attempts=(failed,)), Redactor()))
    assert line["attempts"][0]["reason"] == "boom"
    assert line["attempts"][0]["channel_id"] == 3


def _worded(struct: type, ours: set[str]) -> list[str]:
    return [f.name for f in msgspec.structs.fields(struct) if f.type is str and f.name not in ours]


@pytest.mark.parametrize("field", _worded(Facts, OUR_OWN[Facts]))
def test_no_fact_carries_a_secret_out(field: str) -> None:
    line = line_of(row(facts={field: "sk-canary0123456789"}, group=""), Redactor())
    assert b"canary" not in line


@pytest.mark.parametrize("field", _worded(Row, OUR_OWN[Row]))
def test_no_field_of_the_row_carries_a_secret_out(field: str) -> None:
    line = line_of(row(**{field: "x sk-canary0123456789"}), Redactor())
    assert b"canary" not in line


@pytest.mark.parametrize("field", _worded(AttemptRow, OUR_OWN[AttemptRow]))
def test_no_attempt_carries_a_secret_out(field: str) -> None:
    attempt = msgspec.structs.replace(ATTEMPT, **{field: "Bearer canaryvalue"})
    line = line_of(row(code="upstream_error", attempts=(attempt, attempt)), Redactor())
    assert b"canary" not in line


async def test_lines_reach_the_descriptor_within_the_flush() -> None:
    reader, writer = os.pipe()
    log = LineLog(writer)
    log.start(asyncio.get_running_loop())
    for number in range(3):
        log.write(row(facts={"request_id": f"req-{number}"}))
    data = await asyncio.to_thread(os.read, reader, 65536)
    assert [json.loads(x)["request_id"] for x in data.splitlines()] == ["req-0", "req-1", "req-2"]
    log.stop()
    os.close(reader)
    os.close(writer)
    assert log.queue_depth_bytes == 0


async def test_a_reader_that_stalls_costs_lines_not_requests() -> None:
    reader, writer = os.pipe()
    log = LineLog(writer, bytes_max=200_000)
    log.start(asyncio.get_running_loop())
    size = len(line_of(row(), Redactor()))
    begun = time.monotonic()
    for _ in range(2000):
        log.write(row())
        log.flush()
    assert time.monotonic() - begun < 10, "nobody waits for the reader, who never comes"
    assert log.dropped > 0
    assert log.queue_depth_bytes <= 200_000

    got: list[bytes] = []
    drain = threading.Thread(target=lambda: got.extend(iter(lambda: os.read(reader, 65536), b"")))
    drain.start()
    await asyncio.to_thread(log.stop, 10.0)
    os.close(writer)
    drain.join()
    os.close(reader)
    lines = b"".join(got).splitlines(keepends=True)
    assert len(lines) + log.dropped == 2000
    assert all(len(x) == size for x in lines)


async def test_a_broken_descriptor_is_counted() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    log = LineLog(writer)
    log.start(asyncio.get_running_loop())
    log.write(row())
    await asyncio.to_thread(log.stop)
    os.close(writer)
    assert log.dropped == 1


async def test_writers_that_share_a_pipe_do_not_cut_into_each_other() -> None:
    reader, writer = os.pipe()
    logs = [LineLog(writer) for _ in range(2)]
    for number, log in enumerate(logs):
        log.start(asyncio.get_running_loop())
        for _ in range(300):
            log.write(row(facts={"client": str(number) * 100}))
        log.flush()
    got: list[bytes] = []
    drain = threading.Thread(target=lambda: got.extend(iter(lambda: os.read(reader, 65536), b"")))
    drain.start()
    for log in logs:
        await asyncio.to_thread(log.stop, 10.0)
    os.close(writer)
    drain.join()
    os.close(reader)
    assert len([json.loads(x) for x in b"".join(got).splitlines()]) == 600

"""The log of everything else: JSON, scrubbed whoever wrote it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from waystation.journal import log
from waystation.journal.redaction import Redactor


@pytest.fixture
def sink() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    log.configure("control", stream=stream, scrub=Redactor(["0f3c9a7712ab"]))
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_structlog_and_plain_loggers_give_the_same_lines(sink: io.StringIO) -> None:
    structlog.get_logger("waystation.control").info("started", port=8000)
    logging.getLogger("some.library").warning("slow %s", "start")
    first, second = map(json.loads, sink.getvalue().splitlines())
    assert (first["event"], first["port"], first["process"]) == ("started", 8000, "control")
    assert (second["event"], second["level"], second["process"]) == (
        "slow start",
        "warning",
        "control",
    )


def test_secrets_do_not_get_out(sink: io.StringIO) -> None:
    structlog.get_logger().error("call failed", url="https://x.example/?key=canaryquery1")
    logging.getLogger("aiohttp").error("header Authorization: Bearer canaryvalue")
    logging.getLogger("driver").error("password 0f3c9a7712ab refused")
    assert "canary" not in sink.getvalue()
    assert "0f3c9a7712ab" not in sink.getvalue()
    assert len([json.loads(line) for line in sink.getvalue().splitlines()]) == 3


def test_a_traceback_is_scrubbed_and_stays_on_its_line(sink: io.StringIO) -> None:
    try:
        raise ValueError("bad key sk-canary0123456789")
    except ValueError:
        structlog.get_logger().exception("failed")
    (line,) = sink.getvalue().splitlines()
    assert "canary" not in line
    assert "ValueError" in json.loads(line)["exception"]


def test_what_nobody_asked_is_not_told(sink: io.StringIO) -> None:
    logging.getLogger("alembic.runtime.plugins.autogenerate").info("setup plugin")
    logging.getLogger("alembic.runtime.migration").info("Running upgrade")
    (only,) = map(json.loads, sink.getvalue().splitlines())
    assert only["event"] == "Running upgrade"

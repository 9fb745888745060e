"""Logs of all that is not the request path: JSON lines on stderr, scrubbed at the sink.

Both structlog and the standard library's loggers end in the same formatter, so what a library logs
is scrubbed too.
"""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

from waystation.journal.redaction import Redactor, redactor

_SHARED = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


class _Scrubbed(logging.Formatter):
    """The last step: the finished line, whatever made it."""

    def __init__(self, inner: logging.Formatter, scrub: Redactor) -> None:
        super().__init__()
        self._inner = inner
        self._scrub = scrub

    def format(self, record: logging.LogRecord) -> str:
        return self._scrub.text(self._inner.format(record))


_CHATTY = ("alembic.runtime.plugins",)
"""They tell at each start what nobody asked."""


def configure(
    process: str,
    *,
    stream: TextIO | None = None,
    level: int = logging.INFO,
    scrub: Redactor = redactor,
) -> None:
    """Set up this process's logging, once, at its start. process: gateway, ledger, control, …"""

    def name_process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_SHARED, name_process],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Scrubbed(formatter, scrub))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))
    structlog.configure(
        processors=[
            *_SHARED,
            name_process,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )

"""One JSON line per request to stdout: ids, figures and reasons, never prompts, never secrets.

`write` scrubs, encodes and queues. A timer of the loop hands what gathered to a writer thread, so
that a reader of our stdout that stalls never stalls a request. The queue is bounded; what does not
fit is dropped and counted.
"""

import asyncio
import os
import stat
import threading
from collections import deque

import msgspec

from waystation.journal.redaction import Redactor, redactor
from waystation.journal.row import Row

FLUSH_SECONDS = 0.25
QUEUE_BYTES_MAX = 8 * 1024 * 1024
_PIPE_ATOMIC_BYTES = 4096
"""Several processes share one pipe: only writes up to PIPE_BUF never interleave."""


class Try(msgspec.Struct, omit_defaults=True):
    """An attempt in brief; channel and key by id only."""

    channel_id: int
    key_id: int
    outcome: str
    status: int = 0
    reason: str = ""
    millis: int = 0


class Line(msgspec.Struct, omit_defaults=True):
    """What stands in the log. time_ms: unix milliseconds; nanos: nano-USD."""

    time_ms: int
    event: str
    request_id: str
    status: int
    end: str
    code: str = ""
    reason: str = ""
    account_id: int = 0
    token_id: int = 0
    token_name: str = ""
    operation: str = ""
    dialect: str = ""
    model: str = ""
    stream: bool = False
    group: str = ""
    channel_id: int = 0
    upstream_model: str = ""
    nanos: int = 0
    loss_nanos: int = 0
    exact: bool = True
    input_tokens: int = 0
    output_tokens: int = 0
    first_millis: int = 0
    total_millis: int = 0
    peer: str = ""
    client: str = ""
    attempts: tuple[Try, ...] = ()


_encode = msgspec.json.Encoder().encode


def line_of(row: Row, scrub: Redactor) -> bytes:
    """The row as one line with its end. Whatever a caller, an upstream or an operator may have
    worded goes through the scrubber; the rest is made here: ids, figures, our own codes."""
    facts = row.facts
    token_name, operation, model, group, upstream_model, peer, client = scrub.names(
        (
            facts.token_name,
            facts.operation,
            facts.model,
            row.group or facts.group,
            row.upstream_model,
            facts.peer,
            facts.client,
        )
    )
    line = Line(
        facts.created_ms,
        "request",
        facts.request_id,
        row.status,
        row.end,
        row.code,
        scrub.text(row.reason) if row.reason else "",
        facts.account_id,
        facts.token_id,
        token_name,
        operation,
        facts.dialect,
        model,
        facts.stream,
        group,
        row.channel_id,
        upstream_model,
        row.nanos,
        row.loss_nanos,
        row.exact,
        row.input_tokens,
        row.output_tokens,
        row.first_millis,
        row.total_millis,
        peer,
        client,
        _tries(row, scrub) if row.code or len(row.attempts) > 1 else (),
    )
    return _encode(line) + b"\n"


def _tries(row: Row, scrub: Redactor) -> tuple[Try, ...]:
    """Only where there is something to tell: a failure, or more than one attempt."""
    return tuple(
        Try(a.channel_id, a.key_id, a.outcome, a.status, scrub.text(a.reason), a.millis)
        for a in row.attempts
    )


class LineLog:
    """The sink. Not started, it keeps up to its bound and drops the rest.

    dropped: lines that found the queue full or the descriptor broken."""

    def __init__(
        self,
        descriptor: int = 1,
        *,
        bytes_max: int = QUEUE_BYTES_MAX,
        scrub: Redactor = redactor,
    ) -> None:
        self._descriptor = descriptor
        self._bytes_max = bytes_max
        self._scrub = scrub
        self._gathered: list[bytes] = []
        self._waiting: deque[list[bytes]] = deque()
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closing = False
        self._depth_bytes = 0
        self._done_bytes = 0
        self.dropped = 0

    @property
    def queue_depth_bytes(self) -> int:
        """Encoded and not yet with the operating system."""
        return self._depth_bytes - self._done_bytes

    def write(self, row: Row) -> None:
        """Queue the row's line; never blocks, never raises for a full queue."""
        line = line_of(row, self._scrub)
        # Two counters with one writer each: no lock on the request path.
        if self._depth_bytes - self._done_bytes + len(line) > self._bytes_max:
            self.dropped += 1
            return
        self._depth_bytes += len(line)
        self._gathered.append(line)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._thread = threading.Thread(target=self._run, name="log-lines", daemon=True)
        self._thread.start()
        self._timer = loop.call_later(FLUSH_SECONDS, self._tick, loop)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self.flush()
        self._timer = loop.call_later(FLUSH_SECONDS, self._tick, loop)

    def flush(self) -> None:
        """Hand what gathered to the writer."""
        if not self._gathered:
            return
        gathered, self._gathered = self._gathered, []
        with self._wake:
            self._waiting.append(gathered)
            self._wake.notify()

    def stop(self, seconds_max: float = 2.0) -> None:
        """Write out the rest, for at most so long."""
        if self._timer is not None:
            self._timer.cancel()
        self.flush()
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(seconds_max)

    def _run(self) -> None:
        atomic = _is_pipe(self._descriptor)
        while True:
            with self._wake:
                while not self._waiting and not self._closing:
                    self._wake.wait()
                if not self._waiting:
                    return
                gathered = self._waiting.popleft()
            self._put(gathered, atomic)

    def _put(self, gathered: list[bytes], atomic: bool) -> None:
        size = sum(map(len, gathered))
        try:
            data = b"".join(gathered)
            for piece in _pieces(data) if atomic else (data,):
                _write_all(self._descriptor, piece)
        except OSError:
            self.dropped += len(gathered)
        self._done_bytes += size


def _is_pipe(descriptor: int) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    except OSError:
        return False


def _pieces(data: bytes) -> list[bytes]:
    """Whole lines, together at most PIPE_BUF; a longer line stands alone."""
    pieces = []
    start = 0
    while start < len(data):
        end = data.rfind(b"\n", start, start + _PIPE_ATOMIC_BYTES) + 1
        if end == 0:
            end = data.find(b"\n", start) + 1 or len(data)
        pieces.append(data[start:end])
        start = end
    return pieces


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]

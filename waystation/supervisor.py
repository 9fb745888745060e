"""`waystation serve`: ledger, control and gateways as child processes.

What dies is started again, with growing pauses; what cannot be started at all ends the whole.
Stopping goes by stages: the gateways drain while ledger and control still answer them, the ledger
goes last. Children die with their supervisor, however it dies.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from waystation.lifeline import Lifeline

PAUSE_SECONDS_MIN = 0.1
PAUSE_SECONDS_MAX = 2.0
HEALTHY_SECONDS = 30.0
AT_ONCE_SECONDS = 5.0
START_TRIES_MAX = 5
STOP_MARGIN_SECONDS = 5.0
TAIL_SECONDS_MAX = 0.5
TAIL_BYTES_MAX = 4_096
TAIL_LINES_MAX = 20
_READ_BYTES = 64 * 1024

Report = Callable[[Mapping[str, object]], None]


@dataclass(frozen=True)
class ChildSpec:
    """stage: children of the lowest stage are stopped first, all of a stage together.
    environment: on top of the supervisor's. stop_seconds_max: from SIGTERM to SIGKILL."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    stage: int = 0
    stop_seconds_max: float = 10.0


def pause_seconds(failures: int) -> float:
    """Before the next life; doubled with each short life in a row."""
    return min(PAUSE_SECONDS_MIN * 2.0 ** min(max(0, failures - 1), 16), PAUSE_SECONDS_MAX)


class Child:
    """One child through all its lives."""

    def __init__(self, spec: ChildSpec, lifeline: Lifeline, report: Report) -> None:
        self.spec = spec
        self.starts = 0
        self.failures = 0
        """Lives in a row that were shorter than HEALTHY_SECONDS."""
        self.was_up = False
        """Some life was longer than AT_ONCE_SECONDS."""
        self.process: asyncio.subprocess.Process | None = None
        self._lifeline = lifeline
        self._report = report
        self._tail = b""
        self._stopping = asyncio.Event()
        self._last_signal = signal.SIGTERM

    @property
    def pid(self) -> int | None:
        process = self.process
        return process.pid if process is not None and process.returncode is None else None

    @property
    def last_lines(self) -> list[str]:
        """The end of what it wrote to stderr."""
        return self._tail.decode(errors="replace").splitlines()[-TAIL_LINES_MAX:]

    async def keep(self) -> bool:
        """Keep it running until it is to stop: True; False when it cannot be started."""
        while not self._stopping.is_set():
            began = time.monotonic()
            status = await self._live()
            seconds = time.monotonic() - began
            self._tell("exited", status=status, seconds=round(seconds, 3))
            if self._stopping.is_set():
                break
            self.was_up = self.was_up or seconds >= AT_ONCE_SECONDS
            self.failures = 0 if seconds >= HEALTHY_SECONDS else self.failures + 1
            if not self.was_up and self.failures >= START_TRIES_MAX:
                self._tell("cannot be started", last_lines=self.last_lines)
                return False
            await self._pause()
        return True

    def signal(self, number: int) -> None:
        """Send it a signal, if it lives."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(number)

    def stop(self) -> None:
        """SIGTERM, and no life after this one."""
        self._stopping.set()
        self.signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, and no life after this one."""
        self._last_signal = signal.SIGKILL
        self._stopping.set()
        self.signal(signal.SIGKILL)

    async def _live(self) -> int:
        """One life; its exit status, negative for a signal."""
        self.starts += 1
        self._tail = b""
        try:
            process = await asyncio.create_subprocess_exec(
                *self.spec.command,
                stdin=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env={**os.environ, **self.spec.environment, **self._lifeline.environment},
                pass_fds=self._lifeline.pass_fds,
                # Away from the terminal's Ctrl-C: who stops first is ours to say.
                start_new_session=True,
                preexec_fn=self._lifeline.bind,
            )
        except OSError as error:
            self._tail = str(error).encode()
            return 127
        self.process = process
        self._tell("started", pid=process.pid)
        if self._stopping.is_set():
            process.send_signal(self._last_signal)
        assert process.stderr is not None
        forwarding = asyncio.create_task(self._forward(process.stderr))
        status = await process.wait()
        # A grandchild may keep the pipe open; we do not wait for it.
        await asyncio.wait([forwarding], timeout=TAIL_SECONDS_MAX)
        forwarding.cancel()
        return status

    async def _forward(self, errors: asyncio.StreamReader) -> None:
        """Whole lines, so that those of several children do not mix."""
        begun = b""
        while piece := await errors.read(_READ_BYTES):
            self._tail = (self._tail + piece)[-TAIL_BYTES_MAX:]
            whole, newline, begun = (begun + piece).rpartition(b"\n")
            if newline:
                os.write(sys.stderr.fileno(), whole + newline)
            if len(begun) > _READ_BYTES:
                os.write(sys.stderr.fileno(), begun + b"\n")
                begun = b""
        if begun:
            os.write(sys.stderr.fileno(), begun + b"\n")

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), pause_seconds(self.failures))
        except TimeoutError:
            pass

    def _tell(self, event: str, **values: object) -> None:
        self._report({"event": event, "child": self.spec.name, **values})


class Supervisor:
    """Made and run inside a loop."""

    def __init__(self, specs: Sequence[ChildSpec], report: Report | None = None) -> None:
        self._report = report or report_line
        self._lifeline = Lifeline()
        self.children = [Child(spec, self._lifeline, self._report) for spec in specs]
        self._told = asyncio.Event()
        self._is_killing = False

    async def run(self) -> int:
        """Until told to stop; the exit status: 0, or 1 when a child cannot be started or a second
        signal cut the stopping short."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self.on_signal, number)
        keeping = {child: asyncio.create_task(child.keep()) for child in self.children}
        told = asyncio.create_task(self._told.wait())
        try:
            await asyncio.wait([told, *keeping.values()], return_when=asyncio.FIRST_COMPLETED)
            for stage in sorted({child.spec.stage for child in self.children}):
                await self._stop({c: t for c, t in keeping.items() if c.spec.stage == stage})
        finally:
            told.cancel()
            self._lifeline.close()
        whole = all(task.result() for task in keeping.values()) and not self._is_killing
        self._report({"event": "stopped", "status": 0 if whole else 1})
        return 0 if whole else 1

    def on_signal(self, number: int) -> None:
        """The first asks, the second kills."""
        self._report({"event": "signal", "signal": signal.Signals(number).name})
        if self._told.is_set():
            self._is_killing = True
            for child in self.children:
                child.kill()
        self._told.set()

    async def _stop(self, keeping: Mapping[Child, asyncio.Task[bool]]) -> None:
        for child in keeping:
            child.stop()
        patience = max(child.spec.stop_seconds_max for child in keeping)
        _, pending = await asyncio.wait(keeping.values(), timeout=patience)
        if pending:
            for child, task in keeping.items():
                if task in pending:
                    self._report({"event": "killed", "child": child.spec.name})
                    child.kill()
            await asyncio.wait(pending)


def report_line(values: Mapping[str, object]) -> None:
    """One JSON line on stderr, written whole."""
    line = json.dumps({"time": round(time.time(), 3), "logger": "waystation.supervisor", **values})
    os.write(sys.stderr.fileno(), line.encode() + b"\n")

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue

import pytest

from waystation.supervisor import ChildSpec, Supervisor, pause_seconds

WAIT = """
import signal, sys, time
def end(number, frame):
    with open(sys.argv[1], "a") as file:
        file.write(sys.argv[2] + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("up " + sys.argv[2], file=sys.stderr, flush=True)
while True:
    signal.pause()
"""
STUBBORN = """
import signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", file=sys.stderr, flush=True)
while True:
    signal.pause()
"""


class Supervised:
    """A running supervisor and what it says."""

    def __init__(self, children: list[dict], **constants: object) -> None:
        options = json.dumps({"children": children, "constants": constants})
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.supervisor.run_children", options],
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._queue: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stderr:
            self._queue.put(line.rstrip("\n"))

    def wait_line(self, matches: Callable[[str], bool], seconds_max: float = 20.0) -> str:
        deadline = time.monotonic() + seconds_max
        while True:
            try:
                line = self._queue.get(timeout=max(0.01, deadline - time.monotonic()))
            except Empty:
                raise AssertionError(f"not said: {self.lines}") from None
            self.lines.append(line)
            if matches(line):
                return line

    def wait_event(self, event: str, child: str | None = None) -> dict:
        def matches(line: str) -> bool:
            if not line.startswith("{"):
                return False
            said = json.loads(line)
            return said["event"] == event and child in (None, said.get("child"))

        return json.loads(self.wait_line(matches))

    def wait_up(self, *names: str) -> None:
        waiting = {f"up {name}" for name in names}
        while waiting:
            waiting.discard(self.wait_line(lambda line: line in waiting))

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        status = self.process.wait(20)
        self._reader.join(5)
        while not self._queue.empty():
            self.lines.append(self._queue.get())
        return status

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join(10)
        assert not self._reader.is_alive(), "a child outlived its supervisor"
        self.process.stderr.close()


@pytest.fixture
def supervise() -> Iterator[Callable[..., Supervised]]:
    made: list[Supervised] = []

    def make(*children: dict, **constants: object) -> Supervised:
        made.append(Supervised(list(children), **constants))
        return made[-1]

    yield make
    for one in made:
        one.close()


def waiter(name: str, journal: Path, **options: object) -> dict:
    return {"name": name, "command": [WAIT, str(journal), name], **options}


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_dead(pid: int) -> None:
    deadline = time.monotonic() + 10
    while is_alive(pid):
        assert time.monotonic() < deadline, f"{pid} lives on"
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_stage_by_stage_with_status_zero(supervise, tmp_path, number) -> None:
    journal = tmp_path / "journal"
    running = supervise(
        waiter("ledger", journal, stage=2),
        waiter("control", journal, stage=1),
        waiter("gateway-1", journal),
        waiter("gateway-2", journal),
    )
    running.wait_up("ledger", "control", "gateway-1", "gateway-2")
    running.signal(number)
    assert running.wait() == 0
    ended = journal.read_text().split()
    assert sorted(ended[:2]) == ["gateway-1", "gateway-2"]
    assert ended[2:] == ["control", "ledger"]


def test_what_dies_is_started_again(supervise, tmp_path) -> None:
    running = supervise(waiter("gateway", tmp_path / "j"))
    pids = set()
    for _ in range(3):
        pid = running.wait_event("started", "gateway")["pid"]
        running.wait_up("gateway")
        pids.add(pid)
        os.kill(pid, signal.SIGKILL)
        assert running.wait_event("exited")["status"] == -signal.SIGKILL
    assert len(pids) == 3
    running.wait_up("gateway")
    running.signal(signal.SIGTERM)
    assert running.wait() == 0


def test_children_die_with_their_supervisor(supervise, tmp_path) -> None:
    running = supervise(waiter("ledger", tmp_path / "j"), {"name": "deaf", "command": [STUBBORN]})
    pids = [running.wait_event("started")["pid"], running.wait_event("started")["pid"]]
    running.wait_line(lambda line: line.startswith("up"))
    running.signal(signal.SIGKILL)
    running.process.wait()
    for pid in pids:
        wait_dead(pid)
    assert not (tmp_path / "j").exists()


def test_what_cannot_be_started_ends_the_whole_with_its_last_words(supervise, tmp_path) -> None:
    journal = tmp_path / "journal"
    broken = "import sys; print('the port is taken', file=sys.stderr); sys.exit(3)"
    running = supervise(
        waiter("ledger", journal, stage=1),
        {"name": "gateway", "command": [broken]},
        PAUSE_SECONDS_MIN=0.01,
    )
    said = running.wait_event("cannot be started", "gateway")
    assert said["last_lines"] == ["the port is taken"]
    assert running.wait() == 1
    assert journal.read_text().split() == ["ledger"]
    exits = [line for line in running.lines if '"exited"' in line and '"gateway"' in line]
    assert len(exits) == 5


def test_whoever_has_once_been_up_is_tried_for_ever(supervise) -> None:
    running = supervise({"name": "x", "command": ["pass"]}, AT_ONCE_SECONDS=0, START_TRIES_MAX=1)
    for _ in range(3):
        running.wait_event("exited")
    running.signal(signal.SIGTERM)
    assert running.wait() == 0


async def test_a_command_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waystation.supervisor.PAUSE_SECONDS_MIN", 0.001)
    told: list[dict] = []
    supervisor = Supervisor([ChildSpec("x", ("/nowhere/at/all",))], told.append)
    assert await supervisor.run() == 1
    assert "No such file" in told[-2]["last_lines"][0]
    assert told[-1] == {"event": "stopped", "status": 1}


def test_who_does_not_stop_is_killed_in_its_time(supervise, tmp_path) -> None:
    journal = tmp_path / "journal"
    running = supervise(
        {"name": "deaf", "command": [STUBBORN], "stop_seconds_max": 0.3},
        waiter("ledger", journal, stage=1),
    )
    running.wait_event("started", "deaf")
    running.wait_line(lambda line: line == "up")
    running.wait_up("ledger") if "up ledger" not in running.lines else None
    running.signal(signal.SIGTERM)
    assert running.wait_event("killed")["child"] == "deaf"
    assert running.wait() == 0
    assert journal.read_text().split() == ["ledger"]


def test_a_second_signal_kills(supervise, tmp_path) -> None:
    running = supervise(
        {"name": "deaf", "command": [STUBBORN], "stop_seconds_max": 60},
        {"name": "late", "command": [STUBBORN], "stop_seconds_max": 60, "stage": 1},
    )
    running.wait_line(lambda line: line == "up")
    running.wait_line(lambda line: line == "up")
    running.signal(signal.SIGTERM)
    running.wait_event("signal")
    running.signal(signal.SIGTERM)
    assert running.wait() == 1


def test_the_ledger_is_restarted_while_gateways_drain(supervise, tmp_path) -> None:
    journal = tmp_path / "journal"
    running = supervise(
        waiter("ledger", journal, stage=1),
        {"name": "draining", "command": [STUBBORN], "stop_seconds_max": 2.0},
    )
    pid = running.wait_event("started", "ledger")["pid"]
    running.wait_line(lambda line: line == "up")
    if "up ledger" not in running.lines:
        running.wait_up("ledger")
    running.signal(signal.SIGTERM)
    running.wait_event("signal")
    os.kill(pid, signal.SIGKILL)
    running.wait_event("started", "ledger")
    assert running.wait() == 0
    assert journal.read_text().split() == ["ledger"]


def test_pauses_grow_to_two_seconds() -> None:
    assert [pause_seconds(count) for count in (0, 1, 2, 3, 4, 5, 6, 10_000)] == [
        0.1, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0,
    ]  # fmt: skip

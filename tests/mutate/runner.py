"""Sows each fault in a copy of the tree and runs the tests that must notice it.

Before that, all those tests must pass in a copy without any fault: a test that fails anyway kills
nothing. A fault counts as killed when a test fails or hangs; one after which the tests cannot even
be collected proves nothing, and counts as broken.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from tests.mutate.fault import ROOT, DoesNotApply, Fault

AT_ONCE = 2
TEST_SECONDS_MAX = 40
FAULT_SECONDS_MAX = 80
BASELINE_SECONDS_MAX = 420
FAILED, PASSED = 1, 0
LEFT_OUT = (
    ".*", "__pycache__", "node_modules", "bench", "data", "build", "dist", "*.db", "*.sock",
)  # fmt: skip

Outcome = Literal["killed", "survived", "broken"]


@dataclass(frozen=True)
class Verdict:
    """tail: of pytest's output, where it is worth reading."""

    fault: Fault
    outcome: Outcome
    seconds: float
    tail: str = ""


class TestsFailAnyway(Exception):
    """Without any fault. Carries the end of their output."""

    __test__ = False


def run(faults: Sequence[Fault]) -> Iterator[Verdict]:
    """In order of the list, as they come to be known. Raises TestsFailAnyway."""
    with TemporaryDirectory(prefix="waystation-mutate-") as folder:
        clean = Path(folder) / "clean"
        _copy_project(clean)
        _assert_passing(clean, faults)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            places = [Path(folder) / str(number) for number, _ in enumerate(faults)]
            yield from pool.map(_judge, faults, places, [clean] * len(faults))


def _copy_project(place: Path) -> None:
    """With the time stamps that compiled files go by, without what is made anew or by others."""
    shutil.copytree(ROOT, place, ignore=shutil.ignore_patterns(*LEFT_OUT))


def _assert_passing(place: Path, faults: Iterable[Fault]) -> None:
    """Leaves the compiled files behind, which the copies of this place then have."""
    tests = dict.fromkeys(test for fault in faults for test in fault.tests)
    status, output = _pytest(place, list(tests), BASELINE_SECONDS_MAX)
    if status != PASSED:
        raise TestsFailAnyway(_tail(output, 60))


def _judge(fault: Fault, place: Path, clean: Path) -> Verdict:
    began = time.monotonic()
    shutil.copytree(clean, place)
    try:
        text = fault.sown(place)
        (place / fault.file).write_text(text)
        status, output = _pytest(place, fault.tests, FAULT_SECONDS_MAX)
    except DoesNotApply as error:
        return Verdict(fault, "broken", time.monotonic() - began, str(error))
    finally:
        shutil.rmtree(place)
    seconds = time.monotonic() - began
    if status in (FAILED, None):
        return Verdict(fault, "killed", seconds)
    outcome: Outcome = "survived" if status == PASSED else "broken"
    return Verdict(fault, outcome, seconds, _tail(output, 15))


def _pytest(place: Path, tests: Sequence[str], seconds_max: float) -> tuple[int | None, str]:
    """(pytest's exit status, its output); None: it took too long, and all its processes are gone.

    The copy's modules come first, whatever else is installed."""
    fixtures = os.environ.get("WAYSTATION_WIRE_FIXTURES") or ROOT.parent / "shared/fixtures/wire"
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider",
         f"--timeout={TEST_SECONDS_MAX}", *tests],
        cwd=place,
        env={
            **os.environ,
            "PYTHONPATH": str(place),
            "WAYSTATION_WIRE_FIXTURES": str(fixtures),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        output, _ = process.communicate(timeout=seconds_max)
        return process.returncode, output.decode(errors="replace")
    except subprocess.TimeoutExpired:
        return None, ""
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """It and its children."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _tail(output: str, lines: int) -> str:
    return "\n".join(output.splitlines()[-lines:])

import os
import signal
import subprocess
import sys

import pytest

from waystation.lifeline import VARIABLE, Lifeline

HOLD = """
import signal, sys
from waystation import lifeline
lifeline.hold_on()
print("up", flush=True)
signal.pause()
"""


def test_a_process_ends_when_the_other_end_closes() -> None:
    lifeline = Lifeline()
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        env={**os.environ, **lifeline.environment},
        pass_fds=lifeline.pass_fds,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout.readline() == b"up\n"
        assert child.poll() is None
        lifeline.close()
        assert child.wait(10) == -signal.SIGKILL


@pytest.mark.parametrize("value", [None, "999"])
def test_without_a_supervisor_it_does_nothing(value: str | None) -> None:
    environment = {key: one for key, one in os.environ.items() if key != VARIABLE}
    if value is not None:
        environment[VARIABLE] = value
    script = HOLD.replace("signal.pause()", "")
    done = subprocess.run([sys.executable, "-c", script], env=environment, timeout=20)
    assert done.returncode == 0


def test_a_child_whose_supervisor_has_gone_already_does_not_start() -> None:
    lifeline = Lifeline()
    lifeline._supervisor = -1
    child = os.fork()
    if child == 0:
        lifeline.bind()
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    lifeline.close()

import os
import subprocess
import sys
import threading

from waystation.kernel.ids import ALPHABET, random_text, request_id


def test_ids_are_short_url_safe_and_grow() -> None:
    ids = [request_id() for _ in range(20_000)]
    assert {len(i) for i in ids} == {22}
    assert set("".join(ids)) <= set(ALPHABET)
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


def test_a_clock_set_back_does_not_repeat_or_undo_the_order(monkeypatch) -> None:
    before = request_id()
    monkeypatch.setattr("waystation.kernel.ids.time_ns", lambda: 1_000_000_000_000_000)
    assert request_id() > before


def test_threads_share_a_source_without_meeting() -> None:
    drawn: list[str] = []

    def draw() -> None:
        drawn.extend([request_id() for _ in range(5_000)])

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(drawn)) == 20_000


def test_a_fork_draws_its_own_salt() -> None:
    script = """
import os, sys
from waystation.kernel.ids import request_id
request_id()
read, write = os.pipe()
if os.fork() == 0:
    os.write(write, request_id().encode())
    os._exit(0)
os.wait()
child, parent = os.read(read, 22).decode(), request_id()
sys.exit(0 if child[12:] != parent[12:] and len(child) == 22 else 1)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, timeout=30, check=False)
    assert done.returncode == 0


def test_random_text_is_as_long_as_asked() -> None:
    assert len(random_text(32)) == 32
    assert random_text(32) != random_text(32)

"""The same JSON load with the books in PostgreSQL: one node, and two that share it. Reported."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import stack
from bench.rows import CHAT, Row, Run, rate


def rows(run: Run, bare_port: int) -> Iterator[Row]:
    with server() as dsn:
        proxy = rate(run.ports["proxy"], CHAT, 128, run.seconds)
        with stack.product(run.folder, run.ports, database=dsn) as one:
            alone = rate(one.port, CHAT, 128, run.seconds)
            yield Row("PostgreSQL, one node, 128 connections", _told(alone, proxy))
            with stack.product(run.folder, run.ports, database=dsn, join=one) as two:
                loads = [stack.wrk_start(node.port, CHAT, 64, run.seconds) for node in (one, two)]
                both = sum(stack.wrk_result(load)["rate"] for load in loads)
            yield Row("PostgreSQL, two nodes, 64 connections each", _told(both, proxy))


def _told(own: float, proxy: float) -> str:
    return f"{own:,.0f}/s = {own / proxy:.3f} of nginx ({proxy:,.0f})"


@contextmanager
def server() -> Iterator[str]:
    """A PostgreSQL of our own with fsync on; initdb refuses root, so `nobody` runs it then."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    programs = (
        found[-1] if found else Path(shutil.which("initdb") or stack.need("postgresql")).parent
    )
    folder = Path(tempfile.mkdtemp(prefix="waystation-bench-pg-"))
    port = stack.free_port()
    options: dict[str, Callable[[], None]] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        options["preexec_fn"] = lambda: (os.setgid(nobody.pw_gid), os.setuid(nobody.pw_uid))[0]
    data = str(folder / "data")
    initdb = [str(programs / "initdb"), "-D", data, "-U", "waystation", "-A", "trust", "-E", "UTF8"]
    subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=folder, **options)
    command = [str(programs / "postgres"), "-D", data, "-k", str(folder), "-p", str(port)]
    try:
        with open(folder / "log", "wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **options)
            try:
                yield _ready(programs, port)
            finally:
                process.terminate()
                process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ready(programs: Path, port: int) -> str:
    dsn = f"postgresql://waystation@127.0.0.1:{port}/postgres"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        asked = [str(programs / "psql"), "-X", "-q", "-c", "SELECT 1", dsn]
        if subprocess.run(asked, capture_output=True, check=False).returncode == 0:
            return dsn
        time.sleep(0.1)
    raise SystemExit("PostgreSQL does not start")

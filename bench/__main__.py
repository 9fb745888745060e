"""`make bench`: every row, a table on the screen and in bench/REPORT.md.

    python -m bench [--quick] [--only NAME …]

Needs nginx and wrk (installed by apt when it can). Exit status 1 when a judged row does not hold.
"""

import argparse
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench import growth, postgres, rows, stack, translated
from bench.rows import Row, Run

REPORT = stack.ROOT / "bench" / "REPORT.md"
ONE_WORKER = {32: 0.14, 128: 0.22}
TWO_WORKERS = {128: 0.26}


@contextmanager
def bare_face(run: Run) -> Iterator[int]:
    """Our HTTP/1.1 face with a handler that only reads and answers, for comparison."""
    port = stack.free_port()
    with stack.running([sys.executable, "-m", "bench.bare", str(port)], port):
        yield port


def sections(run: Run, bare_port: int) -> dict[str, Callable[[], Iterator[Row]]]:
    return {
        "machine": rows.machine,
        "throughput": lambda: rows.throughput(run, bare_port, 1, ONE_WORKER),
        "two-workers": lambda: rows.throughput(run, bare_port, 2, TWO_WORKERS),
        "latency": lambda: rows.latency(run),
        "streams": lambda: rows.streams(run),
        "memory": lambda: rows.memory(run),
        "growth": lambda: growth.rows(run),
        "postgres": lambda: postgres.rows(run, bare_port),
        "lanes": lambda: translated.rows(run),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--quick", action="store_true", help="short loads, for a first look")
    parser.add_argument("--only", nargs="*", default=None, help="sections to run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="waystation-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with stack.upstreams(folder) as ports:
            run = Run(folder, ports, 1 if options.quick else 2)
            with bare_face(run) as bare_port:
                made = measure(sections(run, bare_port), options.only)
    if options.only is None and not options.quick:
        REPORT.write_text(report(made), encoding="utf-8")
        print(f"written to {REPORT.relative_to(stack.ROOT)}")
    return 1 if any(row.holds is False for row in made) else 0


def measure(chosen: dict[str, Callable[[], Iterator[Row]]], only: list[str] | None) -> list[Row]:
    made = []
    for name, section in chosen.items():
        if only is not None and name not in only and name != "machine":
            continue
        for row in section():
            made.append(row)
            verdict = "" if row.holds is None else "ok  " if row.holds else "MISS"
            print(f"{verdict:5}{row.name}: {row.figure}  {row.target}", flush=True)
    return made


def report(made: list[Row]) -> str:
    lines = [
        "# Benchmark",
        "",
        "Written by `make bench`; each figure is of one run on one machine, beside nginx in that",
        "run. Only ratios and added figures are judged. Every relayed request is authenticated,",
        "limited, held durably (fsync), settled and logged.",
        "",
        f"* {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {_commit()}",
        f"* Python {platform.python_version()}, {platform.machine()}, {platform.system()}",
        "",
        "| row | figure | target | holds |",
        "|---|---|---|---|",
    ]
    for row in made:
        holds = "" if row.holds is None else "yes" if row.holds else "**no**"
        lines.append(f"| {row.name} | {row.figure} | {row.target} | {holds} |")
    return "\n".join(lines) + "\n"


def _commit() -> str:
    command = ["git", "-C", str(stack.ROOT), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    begun = time.monotonic()
    status = main()
    print(f"{time.monotonic() - begun:.0f} s")
    sys.exit(status)

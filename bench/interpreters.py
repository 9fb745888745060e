"""Which interpreters of one version this machine has, and how fast each is.

    python3 bench/interpreters.py            the table, the fastest first
    python3 bench/interpreters.py --best     the fastest one's path: make setup PYTHON=$(…)

How an interpreter was built (by a profile, with link-time optimisation, or neither) is felt in each
request, and not every builder says so in `sysconfig`. So it is measured, with what a relay does
most: calls, small objects, small bytes. It ranks them; a whole relay gains less than it shows, for
it is not made of calls alone. Needs nothing but the standard library.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROUNDS = 3
_ALSO = ("/usr/bin", "/usr/local/bin")
_PROBE_SECONDS_MAX = 30
_PROBE = """
import ensurepip, sqlite3, ssl, sys, time, venv
class Item:
    __slots__ = ("first", "second")
    def __init__(self, first, second):
        self.first = first
        self.second = second
    def sum(self, more):
        return self.first + more
def work(count):
    total, seen = 0, {}
    for number in range(count):
        item = Item(number, 1)
        total += item.sum(2)
        seen[number & 255] = (item, total)
        total ^= len((b"%d:%b" % (number, b"x")).split(b":"))
best = 9.0
for _ in range(7):
    begun = time.process_time()
    work(30_000)
    best = min(best, time.process_time() - begun)
print(sys.executable, "%d.%d.%d" % sys.version_info[:3], best, sep="\\n")
"""


class Interpreter(NamedTuple):
    path: str
    version: str
    seconds: float


def candidates() -> list[str]:
    """Paths that may be interpreters of this one's version; several may be the same."""
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    folders = [*os.environ.get("PATH", "").split(os.pathsep), *_ALSO]
    paths = [sys.executable, *(str(Path(folder) / name) for folder in folders if folder)]
    return [path for path in dict.fromkeys(paths) if os.access(path, os.X_OK)]


def probe(path: str) -> Interpreter | None:
    """None for one that cannot make a virtual environment, or is none at all."""
    command = [path, "-I", "-c", _PROBE]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_PROBE_SECONDS_MAX, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    executable, version, seconds = done.stdout.split("\n")[:3]
    return Interpreter(os.path.realpath(executable), version, float(seconds))


def measured() -> list[Interpreter]:
    """Each once, by its best of some rounds in turn, the fastest first."""
    best: dict[str, Interpreter] = {}
    paths = candidates()
    for _ in range(ROUNDS):
        for path in paths:
            found = probe(path)
            if found is not None:
                known = best.get(found.path)
                if known is None or found.seconds < known.seconds:
                    best[found.path] = found
    return sorted(best.values(), key=lambda found: found.seconds)


def main() -> None:
    found = measured()
    if "--best" in sys.argv[1:]:
        print(found[0].path)
        return
    for each in found:
        more = each.seconds / found[0].seconds - 1
        print(f"{each.path}  {each.version}  {each.seconds * 1000:.1f} ms  +{more:.0%}")


if __name__ == "__main__":
    main()

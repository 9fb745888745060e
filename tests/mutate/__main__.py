"""`make mutate`: sow the faults one by one; each must make a test fail.

python -m tests.mutate [words]      only the faults whose name or file has one of the words
"""

import sys
import time
from collections import Counter

from tests.mutate.faults import FAULTS
from tests.mutate.runner import TestsFailAnyway, run


def main(words: list[str]) -> int:
    """0 when every fault was killed."""
    chosen = [
        fault
        for fault in FAULTS
        if not words or any(word in fault.name or word in fault.file for word in words)
    ]
    began = time.monotonic()
    counts: Counter[str] = Counter()
    print(f"{len(chosen)} faults; first their tests must pass without any", flush=True)
    try:
        for verdict in run(chosen):
            counts[verdict.outcome] += 1
            fault = verdict.fault
            told = f"{verdict.outcome:8}  {verdict.seconds:5.1f} s  {fault.name}  ({fault.file})"
            print(told, flush=True)
            if verdict.tail:
                print(verdict.tail, flush=True)
    except TestsFailAnyway as failed:
        print(f"the tests fail without any fault:\n{failed}")
        return 1
    took = time.monotonic() - began
    print(", ".join(f"{number} {outcome}" for outcome, number in counts.items()), f"{took:.0f} s")
    return 0 if counts["killed"] == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

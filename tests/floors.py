"""No file of the core may be left untested: `python -m tests.floors` after a run under coverage.

Each file has its floor, so that one well-tested file cannot hide another.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

FILE_PERCENT_MIN = 75.0
ALL_PERCENT_MIN = 95.0


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        command = [sys.executable, "-m", "coverage", "json", "-q", "-o", str(report)]
        subprocess.run(command, check=True)
        told = json.loads(report.read_text())
    low = {
        name: entry["summary"]["percent_covered"]
        for name, entry in told["files"].items()
        if entry["summary"]["percent_covered"] < FILE_PERCENT_MIN
    }
    for name, percent in sorted(low.items(), key=lambda pair: pair[1]):
        print(f"{name}: {percent:.0f} % of its lines and branches, at least {FILE_PERCENT_MIN:.0f}")
    whole = told["totals"]["percent_covered"]
    print(f"coverage of the core: {whole:.1f} % of {len(told['files'])} files")
    return 1 if low or whole < ALL_PERCENT_MIN else 0


if __name__ == "__main__":
    sys.exit(main())

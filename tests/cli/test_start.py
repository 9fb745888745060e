"""What a command line loads before it knows what is wanted."""

import subprocess
import sys

_HEAVY = ("sqlalchemy", "alembic", "fastapi", "cryptography", "PIL", "genai_prices", "rich")
_PROBE = f"""
import sys
sys.argv = ["waystation", "--help"]
from waystation.cli import main
try:
    main()
except SystemExit:
    pass
print([name for name in {_HEAVY!r} if name in sys.modules], file=sys.stderr)
"""


def test_help_loads_nothing_that_only_commands_need() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROBE], capture_output=True, text=True, check=True
    )
    assert "doctor" in done.stdout
    assert done.stderr.strip() == "[]"

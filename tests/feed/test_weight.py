"""What a gateway imports for its configuration leaves the heavy things out."""

import subprocess
import sys

HEAVY = ("alembic", "fastapi", "genai_prices", "argon2", "typer", "rich", "tomllib")


def test_gateways_do_not_load_what_only_tools_need() -> None:
    code = (
        "import sys, waystation.configuration.feed, waystation.identity.authenticator;"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"

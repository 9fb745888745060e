"""The typed client of the console against the server's own document."""

import subprocess

from tests.console.conftest import WEB


def test_the_client_is_what_the_server_says(node: str) -> None:
    done = subprocess.run(
        [node, "schema.mjs", "--check"], cwd=WEB, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

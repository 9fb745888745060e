"""The official Node SDK: `tests/node/sdk.mjs`, run once for each store."""

import json
import os
import subprocess
from functools import cache

import pytest

from tests.conformance.conftest import NODE
from tests.conformance.serving import KEY, POOR_KEY, Server

pytestmark = pytest.mark.node
SECONDS_MAX = 90
CHECKS = (
    "chat",
    "chat_streamed",
    "stream_helper",
    "several_choices",
    "vision",
    "tools_run_to_their_end",
    "structured_output",
    "completions",
    "embeddings",
    "moderations",
    "speech",
    "transcriptions",
    "transcriptions_streamed",
    "translations",
    "sounds_refused",
    "models",
    "refusals",
    "a_stream_is_left",
    "foreign_chat",
    "foreign_tools",
    "foreign_embeddings",
    "foreign_failures",
)


@cache
def outcomes(node: str, server: Server) -> dict[str, str]:
    done = subprocess.run(
        [node, "sdk.mjs"],
        cwd=NODE,
        env=os.environ | {"BASE_URL": server.base, "KEY": KEY, "POOR_KEY": POOR_KEY},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    server.seen.update({identity: (status, key) for identity, status, key in told["seen"]})
    return dict(told["outcomes"])


def test_all_of_them_ran(node_packages: str, server: Server) -> None:
    assert tuple(outcomes(node_packages, server)) == CHECKS


@pytest.mark.parametrize("check", CHECKS)
def test_node(check: str, node_packages: str, server: Server) -> None:
    problem = outcomes(node_packages, server)[check]
    assert not problem, problem

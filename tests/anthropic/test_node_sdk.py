"""The official Node SDK: `tests/node/anthropic.mjs` against both lanes."""

import asyncio
import json
import os

import pytest

from tests.conformance.conftest import NODE, node_packages
from tests.lanes.upstream import answers
from tests.relay.conftest import Begin
from tests.support.gateway import KEY, MODEL, channel, document
from tests.support.rogue import Rogue

__all__ = ["node_packages"]

pytestmark = pytest.mark.node
SECONDS_MAX = 60


@pytest.mark.parametrize("vendor", ["anthropic", "openai-compatible"])
async def test_the_node_sdk(vendor: str, node_packages: str, begin: Begin, rogue: Rogue) -> None:
    rogue.answer(answers)
    station = await begin(document([channel("up", rogue.url, vendor=vendor)]))
    told = {"BASE_URL": f"http://127.0.0.1:{station.port}", "KEY": KEY, "MODEL": MODEL}
    process = await asyncio.create_subprocess_exec(
        node_packages,
        "anthropic.mjs",
        cwd=NODE,
        env=os.environ | told,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(SECONDS_MAX):
        out, problems = await process.communicate()
    assert process.returncode == 0, problems.decode()
    outcomes = json.loads(out)
    assert len(outcomes) == 7
    assert not any(outcomes.values()), outcomes

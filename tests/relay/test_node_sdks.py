"""The official Node SDKs: `tests/node/gemini.mjs` against both lanes."""

import asyncio
import json
import os

import pytest

from tests.conformance.conftest import NODE, node_packages
from tests.relay.conftest import Begin
from tests.relay.test_responses import DEMO
from tests.support.gateway import KEY, MODEL, document
from tests.support.speaking import speak_only

__all__ = ["node_packages"]

pytestmark = pytest.mark.node
SECONDS_MAX = 60


@pytest.mark.parametrize("operation", [None, "chat"], ids=["native", "translated"])
async def test_the_node_sdks(operation: str | None, node_packages: str, begin: Begin) -> None:
    station = await begin(document([DEMO]))
    if operation is not None:
        speak_only(station, operation)
    told = {"BASE_URL": f"http://127.0.0.1:{station.port}", "KEY": KEY, "MODEL": MODEL}
    process = await asyncio.create_subprocess_exec(
        node_packages,
        "gemini.mjs",
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

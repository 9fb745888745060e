"""The official SDKs, Python and Node, through the gateway to an upstream on a socket."""

import asyncio
import json
import os
from base64 import b64decode
from pathlib import Path

import openai
import pytest

from tests.conformance.conftest import NODE, node_packages
from tests.pictures.conftest import Begin
from tests.pictures.studio import KEY, Studio, b64, images, png
from tests.pictures.test_streams import DONE, PRICES, partial, script

pytestmark = pytest.mark.untraced

__all__ = ["node_packages"]

PNG = png()
ANSWER = images({"b64_json": b64(PNG), "revised_prompt": "as said"})
NODE_SECONDS_MAX = 60


def client(studio: Studio) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        api_key=KEY, base_url=f"http://127.0.0.1:{studio.port}/v1", max_retries=0
    )


async def test_python_generates_edits_and_varies(studio: Studio, tmp_path: Path) -> None:
    studio.near.answer(ANSWER)
    file = tmp_path / "a.png"
    file.write_bytes(PNG)
    async with client(studio) as sdk:
        linked = await sdk.images.generate(model="m", prompt="a boat", size="1024x1024", n=1)
        assert linked.data is not None
        assert linked.data[0].url is not None
        assert linked.data[0].revised_prompt == "as said"
        plain = await sdk.images.generate(model="m", prompt="x", response_format="b64_json")
        assert plain.data is not None
        assert b64decode(plain.data[0].b64_json or "") == PNG
        one = await sdk.images.edit(model="m", image=file, mask=file, prompt="a hat")
        two = await sdk.images.edit(model="m", image=[file, file], prompt="both")
        with pytest.warns(DeprecationWarning, match="deprecated"):
            varied = await sdk.images.create_variation(model="m", image=file)
        for reply in (one, two, varied):
            assert reply.data is not None
            assert reply.data[0].url is not None
        with pytest.raises(openai.BadRequestError) as refused:
            await sdk.images.generate(model="dall-e-3", prompt="x", size="256x256")
        assert refused.value.code == "invalid_size"
    assert studio.near.seen[3].body.count(PNG) == 2


async def test_python_streams(begin: Begin) -> None:
    studio = await begin(prices=PRICES)
    studio.near.answer(script(partial(0), DONE))
    async with client(studio) as sdk:
        stream = await sdk.images.generate(
            model="gpt-image-1", prompt="x", stream=True, partial_images=1
        )
        events = [event async for event in stream]
    assert [event.type for event in events] == [
        "image_generation.partial_image",
        "image_generation.completed",
    ]
    assert b64decode(events[1].b64_json) == PNG
    assert events[1].type == "image_generation.completed"
    assert events[1].usage.output_tokens == 1056


@pytest.mark.node
async def test_node(begin: Begin, node_packages: str, tmp_path: Path) -> None:
    studio = await begin(prices=PRICES)
    studio.near.answer(ANSWER)
    (tmp_path / "a.png").write_bytes(PNG)
    usual = os.environ | {"KEY": KEY, "BASE_URL": f"http://127.0.0.1:{studio.port}/v1"}
    process = await asyncio.create_subprocess_exec(
        node_packages,
        "images.mjs",
        str(tmp_path / "a.png"),
        cwd=NODE,
        env=usual,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), NODE_SECONDS_MAX)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, err.decode()
    told = json.loads(out)
    assert told["b64"] == b64(PNG)
    assert told["urls"] == [True, True, True, True]
    assert told["refused"] == "invalid_size"

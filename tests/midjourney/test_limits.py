"""Limits where many submit at one moment through several gateways: the rows decide, exactly."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp

from tests.midjourney.conftest import channel
from tests.midjourney.proxy import FakeProxy
from tests.support.gateway import KEY, document, token
from tests.support.serve import Serve, serving

COUNT = 24
BOBS = "sk-of-bob-0123456789abcdef"


async def test_two_gateways_keep_to_an_account_s_limit_and_to_a_queue(
    data_template: Path, tmp_path: Path, proxy: FakeProxy
) -> None:
    """Each submit has a connection of its own, which the kernel gives to one of the two."""
    busy = channel("mj", proxy.url, limits={"concurrency": 1})  # nothing of it ever ends
    tokens = [token(), token("bobs", BOBS, "bob@example.com")]
    accounts = [{"email": "bob@example.com", "credit": "10"}]
    what = document([busy], tokens=tokens, accounts=accounts)
    what["midjourney"] = {"queue": 5, "account_total": 4}
    begun = serving(data_template, tmp_path, what, workers=2)
    serve = await asyncio.to_thread(begun.__enter__)
    try:
        assert await codes(serve, KEY) == {1: 4, 4: COUNT - 4}
        assert await codes(serve, BOBS) == {1: 2, 23: COUNT - 2}
        report = await serve.audit()
        assert report["open_holds"] == 6
    finally:
        await asyncio.to_thread(begun.__exit__, None, None, None)


async def codes(serve: Serve, key: str) -> Counter[int]:
    """Of many submits at one moment."""
    told = await asyncio.gather(*(submit(serve, key, f"cat {n}") for n in range(COUNT)))
    return Counter(one["code"] for one in told)


async def submit(serve: Serve, key: str, prompt: str) -> dict[str, Any]:
    url = f"http://127.0.0.1:{serve.port}/mj/submit/imagine"
    headers = {"authorization": f"Bearer {key}"}
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session,
        session.post(url, json={"prompt": prompt}, headers=headers) as reply,
    ):
        assert reply.status == 200, await reply.text()
        told: dict[str, Any] = await reply.json()
        return told

"""One address for all: what the gateway answers itself, what it hands to the control process, and
what neither ever says aloud."""

import asyncio
import json
from pathlib import Path

from tests.support.gateway import CHAT, KEY, MODEL, UPSTREAM_KEY, body, channel, document
from tests.support.rogue import Rogue
from tests.support.script import chat_frames, echo_key, stream
from tests.support.serve import Serve, serving
from tests.support.wire import request

PROMPT = "a-prompt-that-is-nobodys-business"


async def test_one_address_and_no_secrets_in_its_logs(
    data_template: Path, tmp_path: Path, rogue: Rogue
) -> None:
    what = document([channel("up", rogue.url)])
    with serving(data_template, tmp_path, what, log_lines="stdout") as serve:
        await _pages(serve)
        await _canaries(serve, rogue)
        await _console_away(serve, rogue)


async def _console_is_up(serve: Serve) -> None:
    async with asyncio.timeout(60):
        while (await request(serve.port, "GET", "/api/pricing")).status != 200:
            await asyncio.sleep(0.05)


async def _pages(serve: Serve) -> None:
    await _console_is_up(serve)
    for method, path in (("HEAD", "/"), ("GET", "/"), ("HEAD", "/api/hello"), ("GET", "/livez")):
        assert (await request(serve.port, method, path)).status == 200, path
    priced = (await request(serve.port, "GET", "/api/pricing")).json()
    assert MODEL in {one["model_name"] for one in priced["data"]}
    assert (await request(serve.port, "GET", "/no/such/page")).status == 404


async def _console_away(serve: Serve, rogue: Rogue) -> None:
    """Without its control process a gateway relays on and stays ready."""
    serve.kill("control")
    rogue.answer(Rogue.chat())
    got = await request(serve.port, "POST", CHAT, body(), KEY)
    assert got.status == 200
    got = await request(serve.port, "GET", "/api/pricing")
    assert got.status in (200, 502, 503), "back already, or not yet"
    assert (await request(serve.port, "GET", "/readyz")).status == 200


async def _canaries(serve: Serve, rogue: Rogue) -> None:
    """Our keys, the caller's key and the words that were exchanged: in no line of any process."""
    answer = "an-answer-that-is-nobodys-business"
    said = [{"role": "user", "content": PROMPT}]
    scripts = (stream(chat_frames([answer])), echo_key(422), echo_key(400), rogue.chat(answer))
    for script in scripts:
        rogue.answer(script)
        await request(serve.port, "POST", CHAT, body(messages=said, stream=True), KEY)
        path = f"{CHAT}?key={KEY}"
        await request(serve.port, "POST", path, body(messages=said), None)
    await request(serve.port, "GET", f"/no/such?key={KEY}&token={KEY}")
    await request(serve.port, "POST", f"/v1/nothing?key={KEY}", body(messages=said))
    rows = 2 * len(scripts)
    await asyncio.to_thread(serve.wait, lambda: _lines(serve) >= rows, 15)
    text = serve.output.read_text()
    for secret in (UPSTREAM_KEY, KEY, PROMPT, answer):
        assert secret not in text


def _lines(serve: Serve) -> int:
    """Request lines so far."""
    found = 0
    for line in serve.output.read_text().splitlines():
        if line.startswith("{") and '"request_id"' in line:
            json.loads(line)
            found += 1
    return found

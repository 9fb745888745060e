"""Translated against native, end to end: one worker, real sockets, held and settled like any other
request. A stream here is 64 words in one piece: the relay's own pace, nobody else's."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bench import stack
from bench.rows import Row, Run
from bench.windows import Load, compared

LEAST = 0.5
"""Of the native lane's rate."""
CONNECTIONS = 32
_ASKED = [{"role": "user", "content": "Tell me of the harbour."}]
_VENDORS = {"chat": "openai-compatible", "messages": "anthropic", "generate": "gemini"}
_PATHS = {"chat": "/v1/chat/completions", "messages": "/v1/messages"}
_CONFIG = """
[[groups]]
name = "default"

{channels}
[[prices]]
model = "via-*"
input = "0.15"
output = "0.60"

[[accounts]]
email = "bench@example.com"
credit = "1000000"

[[tokens]]
account = "bench@example.com"
name = "bench"
groups = ["default"]
key = "{key}"
"""
_CHANNEL = """
[[channels]]
name = "{spoken}"
vendor = "{vendor}"
base_url = "http://127.0.0.1:{port}"
allow_private = true
keys = ["sk-upstream-of-the-bench"]
models = []
model_map = {{ "via-{spoken}" = "gpt-4o-mini" }}
groups = ["default"]
"""


class Pair(NamedTuple):
    """caller: a key of _PATHS. spoken: what the channel speaks, not the caller's own."""

    caller: str
    spoken: str


PAIRS = (Pair("chat", "messages"), Pair("chat", "generate"), Pair("messages", "chat"))


def rows(run: Run) -> Iterator[Row]:
    port = stack.free_port()
    with stack.running([sys.executable, "-m", "bench.spoken", str(port)], port):
        data = run.folder / f"lanes-{time.monotonic_ns()}"
        config = run.folder / "lanes.toml"
        channels = "".join(
            _CHANNEL.format(spoken=spoken, vendor=vendor, port=port)
            for spoken, vendor in _VENDORS.items()
        )
        config.write_text(_CONFIG.format(channels=channels, key=stack.KEY))
        with stack.again(run.folder, data, ["--workers", "1", "--config", str(config)]) as product:
            for pair in PAIRS:
                for streams in (False, True):
                    yield _row(product.port, pair, streams, run.seconds)


def _row(port: int, pair: Pair, streams: bool, seconds: int) -> Row:
    native = _load(port, pair.caller, pair.caller, streams)
    both = compared(_load(port, pair.caller, pair.spoken, streams), native, seconds)
    what = "streams of 64 words" if streams else "JSON requests"
    return Row(
        f"{what}/s, {pair.caller} translated to {pair.spoken}, 1 worker",
        f"{both.own:,.0f} = {both.ratio:.2f} of native ({both.other:,.0f})",
        f"≥ {LEAST} of native",
        both.ratio >= LEAST,
    )


def _load(port: int, caller: str, spoken: str, streams: bool) -> Load:
    body: Mapping[str, object] = {
        "model": f"via-{spoken}",
        "messages": _ASKED,
        "max_tokens": 100,
        "stream": streams,
    }
    return lambda seconds: _rate(port, _PATHS[caller], json.dumps(body), seconds)


def _rate(port: int, path: str, body: str, seconds: int) -> float:
    script = stack.ROOT / "bench" / "post_any.lua"
    command = [stack.need("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script)]
    command.append(f"http://127.0.0.1:{port}{path}")
    environment = {**os.environ, "BENCH_KEY": stack.KEY, "BENCH_BODY": body}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        result = stack.wrk_result(process)
    if result["bad"] or result["errors"]:
        raise SystemExit(f"{path}: replies that are not 200: {result}")
    return result["rate"]

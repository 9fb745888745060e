"""What others call us with: npm's `uniai`, and the curl of the guide, on a first start."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.conftest import NODE, node_packages
from tests.midjourney.pictures import png
from tests.midjourney_emulated.site import Site, opened
from tests.support.serve import Serve

__all__ = ["node_packages"]

SECONDS_MAX = 90
GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "en" / "midjourney.md"


class Heard(ThreadingHTTPServer):
    """A receiver of hooks. told: each task object, as it came."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), Hearing)

    def of(self, task_id: str) -> list[str]:
        """What a task was told to be, in order."""
        return [each["status"] for each in list(self.told) if each["id"] == task_id]


class Hearing(BaseHTTPRequestHandler):
    server: Heard

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.told.append(json.loads(body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def heard() -> Iterator[Heard]:
    with Heard() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, heard: Heard) -> Iterator[Serve]:
    """As `make run` starts it: an empty folder, no configuration; and a hook for all its tasks."""
    hook = {
        "hook_url": f"http://127.0.0.1:{heard.server_port}/hook",
        "egress_allow": "127.0.0.0/8",
    }
    serve = Serve(tmp_path_factory.mktemp("fresh"), 1, hook)
    try:
        serve.start()
        yield serve
    finally:
        serve.close()


@pytest.fixture
def key(fresh: Serve) -> str:
    """The first token, as it is told at the first start."""
    pattern = re.compile(r"\bsk-[A-Za-z0-9]{20,}")
    fresh.wait(lambda: pattern.search(fresh.said()))
    return pattern.findall(fresh.said())[0]


@pytest.mark.node
async def test_uniai_works_on_a_first_start(
    fresh: Serve, key: str, heard: Heard, node_packages: str, tmp_path: Path
) -> None:
    """It asks for a picture, changes it, polls both; and a hook hears of each."""
    told = {"BASE_URL": f"http://127.0.0.1:{fresh.port}", "KEY": key, "TMPDIR": str(tmp_path)}
    process = await asyncio.create_subprocess_exec(
        node_packages,
        str(NODE / "uniai.mjs"),
        cwd=tmp_path,
        env=os.environ | told,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(SECONDS_MAX):
        out, problems = await process.communicate()
    assert process.returncode == 0, problems.decode()
    assert json.loads(out.splitlines()[-1]) == {
        "grid": ["IMAGINE", 2912, 1456],
        "single": ["UPSCALE", 1456, 728],
        "listed": [[False, "UPSCALE", 100], [True, "IMAGINE", 100]],
    }
    listed = (await Site(fresh, key).get("/mj/task/list")).json()
    assert [task["action"] for task in listed] == ["UPSCALE", "IMAGINE"]
    fresh.wait(lambda: all(heard.of(task["id"])[-1:] == ["SUCCESS"] for task in listed))
    assert all(heard.of(task["id"]).count("SUCCESS") == 1 for task in listed)
    last = next(each for each in reversed(heard.told) if each["id"] == listed[1]["id"])
    assert last["progress"] == "100%"
    assert [button["label"] for button in last["buttons"]][:4] == ["U1", "U2", "U3", "U4"]


async def test_the_guide_s_lines_work(fresh: Serve, key: str) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    submit = re.search(r"(?s)^curl \{BASE_URL\}/mj/submit/imagine.*?'$", GUIDE.read_text(), re.M)
    assert submit is not None
    line = submit[0].replace("{BASE_URL}", f"http://127.0.0.1:{fresh.port}").replace("sk-…", key)
    done = await asyncio.to_thread(
        subprocess.run,
        ["sh", "-c", line.replace("curl ", "curl -sS --max-time 20 ", 1)],
        capture_output=True,
        check=True,
    )
    told = json.loads(done.stdout)
    assert (told["code"], len(told["result"])) == (1, 16)
    site = Site(fresh, key)
    shown = await site.done(told["result"])
    picture = opened(await site.load(shown["imageUrl"]))
    assert picture.width * 2 == picture.height * 3
    assert await site.spent() == 0, "the demo's group costs nothing"


async def test_faces_are_swapped_on_a_first_start(fresh: Serve, key: str) -> None:
    site = Site(fresh, key)
    face, target = (b64encode(png(one, (96, 96))).decode() for one in ("peru", "tan"))
    task_id = await site.begun("insight-face/swap", sourceBase64=face, targetBase64=target)
    shown = await site.done(task_id)
    assert (shown["action"], shown["botType"]) == ("SWAP_FACE", "INSIGHT_FACE")
    assert opened(await site.load(shown["imageUrl"])).size == (96, 96)

"""A served Waystation on each store, and the official SDK's clients against it.

When a store's tests are over, each request that they made is looked up: what was answered was
charged exactly once, what was refused was not charged, and the books balance.
"""

import fcntl
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import DefaultAsyncHttpxClient, DefaultHttpxClient

from tests.conformance.serving import KEY, ROOT, Server
from tests.support.postgres import postgres_server

__all__ = ["postgres_server"]

_OF_THE_WIRE = ("test_addresses", "test_bodies", "test_foreign_upstream")
"""How requests are read and upstreams understood before and beside the store; on PostgreSQL in the
soak, for time."""

HERE = Path(__file__).parent
NODE = ROOT / "tests" / "node"
NODE_MODULES_SECONDS_MAX = 300


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        on_postgres = item.get_closest_marker("postgres") is not None
        if on_postgres and item.path.stem in _OF_THE_WIRE and item.path.parent == HERE:
            item.add_marker(pytest.mark.soak)


@pytest.fixture(scope="session")
def node_packages() -> str:
    """The path of `node`, with the packages of tests/node in place."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node is not installed")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    parts = version.stdout.strip().lstrip("v").split(".")
    if (int(parts[0]), int(parts[1])) < (20, 15):
        pytest.skip(f"Node {version.stdout.strip()} is older than 20.15")
    problem = installed(npm)
    if problem:
        pytest.skip(f"the packages of tests/node cannot be installed: {problem}")
    return node


def installed(npm: str) -> str:
    """Why the packages are not in place, "" when they are. Only one process installs them."""
    with (NODE / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        in_place = NODE / "node_modules" / ".package-lock.json"
        if in_place.exists() and in_place.stat().st_mtime >= os.fstat(lock.fileno()).st_mtime:
            return ""
        done = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=NODE,
            capture_output=True,
            text=True,
            timeout=NODE_MODULES_SECONDS_MAX,
            check=False,
        )
    return done.stderr[-400:] or "npm ci failed" if done.returncode else ""


@pytest.fixture(scope="session")
def upstream(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of the foreign upstream, "" where Node is not there."""
    try:
        node = request.getfixturevalue("node_packages")
    except pytest.skip.Exception:
        yield ""
        return
    process = subprocess.Popen(
        [node, "upstream.mjs"],
        cwd=NODE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with closing(process.stdout), closing(process.stdin):
        try:
            address = process.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:"), address
            yield address
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.fixture(
    scope="session",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
)
def server(
    request: pytest.FixtureRequest, upstream: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    database = None
    if request.param == "postgresql":
        postgres = request.getfixturevalue("postgres_server")
        database = postgres.dsn(postgres.create_database())
    folder = tmp_path_factory.mktemp(f"conformance-{request.param}")
    made = Server(folder, request.param, database, upstream)
    try:
        made.wait_ready()
        yield made
        billed_exactly_once(made)
    finally:
        status = made.stop()
    assert status == 0, made.errors[-4000:]


def billed_exactly_once(server: Server) -> None:
    """Each hold was resolved once; what was charged is what the receipt says and what its usage
    costs; what was refused or failed costs nothing."""
    for identity, (status, key) in server.seen.items():
        if status == 401:
            continue  # nobody's
        receipt = server.receipt(identity, key)
        told = (server.store, status, receipt)
        kinds = [transfer["kind"] for transfer in receipt["transfers"]]
        posted = [int(one["nanos"]) for one in receipt["transfers"] if one["kind"] == "post"]
        cost = int(receipt["cost_nanos"])
        assert len(posted) <= 1, told
        assert sum(posted) == cost, told
        assert kinds == [] or kinds.count("post") + kinds.count("void") == 1, told
        if status == 200:
            assert posted, told
        else:
            assert not posted, told
        if receipt["usage"] and receipt["operation"] != "moderation":
            assert cost == nanos_of(receipt["usage"], receipt["operation"]), told
    audit = server.wait_for(lambda: audited(server))
    assert audit["clean"], audit


def audited(server: Server) -> dict[str, Any] | None:
    """The audit, once what clients left behind is resolved."""
    audit = server.audit()
    return None if audit["clean"] and audit["open_holds"] else audit


def nanos_of(usage: dict[str, Any], operation: str) -> int:
    """At 1 and 3 USD a million tokens, 0.00001 USD a character spoken, 0.0001 USD a second heard,
    and the group's rate of 2."""
    if operation == "speech":
        return 2 * 10_000 * int(usage["units"]["characters"])
    if operation in ("transcription", "translation"):
        return 2 * 100_000 * int(usage["units"]["seconds"])
    given = {name: count for name, count in usage.items() if name.startswith(("input", "output"))}
    output = sum(count for name, count in given.items() if name.startswith("output"))
    return 2 * ((sum(given.values()) - output) * 1000 + output * 3000)


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    with openai_client(server) as made:
        yield made


def openai_client(server: Server, **options: Any) -> openai.OpenAI:
    """The official client; what it asked for is remembered, to be looked up in the books."""

    def remember(reply: Any) -> None:
        if reply.request.method == "POST":
            server.saw(reply)

    http = DefaultHttpxClient(event_hooks={"response": [remember]})
    options = {"api_key": KEY, "base_url": f"{server.base}/v1", "max_retries": 0} | options
    return openai.OpenAI(http_client=http, **options)


@pytest.fixture
async def async_client(server: Server) -> AsyncIterator[openai.AsyncOpenAI]:
    async def remember(reply: Any) -> None:
        server.saw(reply)

    http = DefaultAsyncHttpxClient(event_hooks={"response": [remember]})
    async with openai.AsyncOpenAI(
        api_key=KEY, base_url=f"{server.base}/v1", max_retries=0, http_client=http
    ) as made:
        yield made

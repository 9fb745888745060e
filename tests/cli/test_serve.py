"""`waystation serve` as a user starts it: printed once, called as printed, stopped whole."""

import http.client
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest

from tests.cli.serving import ROOT, Serving, environment, free_port, told
from waystation.control.openapi import build_document
from waystation.edge.routing_table import routes
from waystation.settings import Settings

DOCUMENT = build_document()


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    made = Serving(tmp_path_factory.mktemp("serve"))
    try:
        made.wait_ready()
        made.wait_for(lambda: "curl" in made.out.read_text())
        yield made
    finally:
        made.stop()


@pytest.fixture
def key(serving: Serving) -> dict[str, str]:
    return {"authorization": f"Bearer {told(serving, 'A token')}"}


def test_the_printed_curl_line_works_as_it_is(serving: Serving) -> None:
    line = next(x for x in serving.out.read_text().splitlines() if x.strip().startswith("curl "))
    done = subprocess.run([*shlex.split(line), "-sS"], capture_output=True, check=True, timeout=30)
    reply = json.loads(done.stdout)
    assert reply["object"] == "chat.completion", done.stdout
    assert reply["choices"][0]["message"]["content"]


def test_the_printed_login_works(serving: Serving) -> None:
    status, body, _ = serving.call(
        "/api/v1/session",
        {"email": told(serving, "Operator login"), "password": told(serving, "Password")},
    )
    assert status == 201
    headers = {"authorization": f"Bearer {body['token']}"}
    assert serving.call("/metrics", headers=headers)[0] == 200
    assert serving.call("/metrics")[0] == 401


def schema_of(path: str, method: str, status: int, media: str) -> dict[str, Any]:
    node = DOCUMENT["paths"][path][method]["responses"][str(status)]
    while "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[1]
        node = DOCUMENT["components"]["responses"][name]
    return dict(node["content"][media]["schema"]) | {"components": DOCUMENT["components"]}


CHAT = {"model": "demo-chat", "messages": [{"role": "user", "content": "Hello"}]}

CALLS: list[tuple[str, str, Any, dict[str, str], int]] = [
    ("/livez", "get", None, {}, 200),
    ("/readyz", "get", None, {}, 200),
    ("/api/status", "get", None, {}, 200),
    ("/api/pricing", "get", None, {}, 200),
    ("/api/usage/token/", "get", None, {}, 200),
    ("/api/log/token", "get", None, {}, 200),
    ("/api/usage/token/", "get", None, {"authorization": "sk-nobody-0123456789abc"}, 401),
    ("/v1/models", "get", None, {}, 200),
    ("/v1/models", "get", None, {"anthropic-version": "2023-06-01"}, 200),
    ("/v1/models", "get", None, {"authorization": ""}, 401),
    ("/v1/dashboard/billing/subscription", "get", None, {}, 200),
    ("/v1/dashboard/billing/usage", "get", None, {}, 200),
    ("/v1/chat/completions", "post", CHAT, {}, 200),
    ("/v1/chat/completions", "post", {"model": "demo-chat"}, {}, 400),
    ("/v1/chat/completions", "post", CHAT, {"authorization": "Bearer sk-nobody-0123456"}, 401),
    ("/api/v1/artefacts", "get", None, {}, 401),
]


@pytest.mark.parametrize(("path", "method", "body", "headers", "status"), CALLS)
def test_replies_are_what_the_document_says(
    serving: Serving,
    key: dict[str, str],
    path: str,
    method: str,
    body: Any,
    headers: dict[str, str],
    status: int,
) -> None:
    got, reply, media = serving.call(path, body, key | headers)
    assert got == status, reply
    validator = jsonschema.Draft202012Validator(schema_of(path, method, status, media))
    assert not [error.message for error in validator.iter_errors(reply)], reply


def test_every_documented_address_is_served(serving: Serving) -> None:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            for address in (path, *operation.get("x-aliases", ())):
                request = urllib.request.Request(
                    serving.base + address.replace("{model}", "demo-chat"), method=method.upper()
                )
                try:
                    with urllib.request.urlopen(request, timeout=20) as reply:
                        text = reply.read().decode()
                except urllib.error.HTTPError as refused:
                    with refused:
                        text = refused.read().decode()
                for code in ("unknown_url", "method_not_allowed"):
                    assert f'"{code}"' not in text, (method, address)


UNDOCUMENTED = {"/api/hello", "/mj/notify/{task}/{secret}"}
"""A greeting that some clients ask for before anything else; and where upstreams call back, at an
address that they are told for each task."""


def test_every_relay_address_is_documented() -> None:
    site: Any = SimpleNamespace(settings=Settings())
    documented = {
        (method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item
    }
    documented |= {
        (method.upper(), alias)
        for item in DOCUMENT["paths"].values()
        for method, operation in item.items()
        for alias in operation.get("x-aliases", ())
    }
    for route in routes(site):
        pattern = route.pattern.replace("{model:rest}", "{model}")
        if pattern in UNDOCUMENTED or pattern.startswith(("/v1beta", "/v1alpha")):
            continue  # the same handlers, in the shape that the document gives by example
        assert (route.method, pattern) in documented


def test_a_receipt_is_what_the_document_says(serving: Serving, key: dict[str, str]) -> None:
    serving.call("/v1/chat/completions", CHAT, key)
    page = serving.call("/api/log/token", headers=key)[1]["data"]
    status, reply, _ = serving.call(f"/v1/generation?id={page[0]['request_id']}", headers=key)
    assert status == 200
    schema = schema_of("/v1/generation", "get", 200, "application/json")
    assert not list(jsonschema.Draft202012Validator(schema).iter_errors(reply)), reply


def test_audit_while_it_serves(serving: Serving, key: dict[str, str]) -> None:
    serving.call("/v1/chat/completions", CHAT, key)
    done = subprocess.run(
        [sys.executable, "-m", "waystation", "audit", "--json"],
        env=environment(WAYSTATION_DATA=str(serving.out.parent / "data")),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["posted"] >= 1


def test_log_lines_are_json_and_without_the_key(serving: Serving, key: dict[str, str]) -> None:
    serving.call("/v1/chat/completions", CHAT | {"model": "sk-canary0123456789"}, key)

    def lines() -> list[dict[str, Any]]:
        text = serving.out.read_text()
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    serving.wait_for(lambda: any(line.get("model") == "sk-***" for line in lines()))
    assert "canary" not in serving.out.read_text()


def test_a_second_control_process_is_refused(serving: Serving) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "waystation", "control"],
        env=environment(WAYSTATION_DATA=str(serving.out.parent / "data")),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "already running" in done.stderr.splitlines()[-1]


def control_pid(serving: Serving) -> int:
    events = [json.loads(x) for x in serving.err.read_text().splitlines() if x.startswith("{")]
    return int([e["pid"] for e in events if e.get("child") == "control" and "pid" in e][-1])


def test_a_killed_control_process_comes_back(serving: Serving, key: dict[str, str]) -> None:
    pid = control_pid(serving)
    os.kill(pid, signal.SIGKILL)
    assert serving.call("/v1/chat/completions", CHAT, key)[0] == 200  # the relay does not care
    serving.wait_for(lambda: control_pid(serving) != pid)
    serving.wait_for(lambda: serving.call("/api/status")[0] == 200)


def test_what_it_prints_is_printed_once_and_it_stops_whole(tmp_path: Path) -> None:
    relay = tmp_path / "relay.toml"
    relay.write_text('[[accounts]]\nemail = "ada@example.com"\n')
    first = Serving(tmp_path)
    first.wait_ready()
    first.wait_for(lambda: "curl" in first.out.read_text())
    assert first.stop() == 0
    data = tmp_path / "data"
    assert not list(data.glob("*.sock"))

    second = Serving(tmp_path, "--config", str(relay))
    second.wait_ready()
    assert "Password" not in second.out.read_text()
    assert "1 created" in second.err.read_text()
    assert second.stop(signal.SIGINT) == 0


def test_a_gateway_stays_small() -> None:
    """It never imports what only the control plane and people at terminals need."""
    code = (
        "import sys; sys.argv = ['waystation', 'gateway']; sys.modules['rich'] = None\n"
        "from waystation.cli.process import _target; _target('gateway')\n"
        "print(' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    for name in ("fastapi", "starlette", "uvicorn", "alembic", "genai_prices", "rich.console"):
        assert name not in loaded
    assert not {name for name in loaded if name.startswith("typer")}


def test_metrics_reach_the_page(serving: Serving, key: dict[str, str]) -> None:
    serving.call("/v1/chat/completions", CHAT, key)
    _, body, _ = serving.call(
        "/api/v1/session",
        {"email": told(serving, "Operator login"), "password": told(serving, "Password")},
    )
    headers = {"authorization": f"Bearer {body['token']}"}
    needle = 'waystation_requests_total{dialect="openai_chat",group="demo",model="demo-chat"'
    serving.wait_for(lambda: needle in serving.call("/metrics", headers=headers)[1])


NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {block}
}}
"""


@pytest.fixture
def nginx(serving: Serving, tmp_path: Path) -> Iterator[int]:
    """nginx with the very block of the operations guide; its port."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("nginx is not installed")
    guides = {
        (ROOT / f"docs/guides/{language}/operations.md").read_text() for language in ("en", "zh")
    }
    texts = [re.search(r"^```nginx\n(.*?)^```", guide, re.M | re.S) for guide in guides]
    # Comments are in the guide's language; what nginx reads is the same.
    blocks = {re.sub(r"\s*#.*", "", text[1]) for text in texts if text}
    (block,) = blocks
    port = free_port()
    block = block.replace("listen 80", f"listen 127.0.0.1:{port}")
    block = block.replace("127.0.0.1:8000", f"127.0.0.1:{serving.port}")
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(NGINX.format(folder=tmp_path, block=block))
    process = subprocess.Popen([program, "-p", str(tmp_path), "-c", str(configuration)])
    try:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            assert process.poll() is None, (tmp_path / "error.log").read_text()
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)


def test_streams_pass_nginx_frame_by_frame(
    serving: Serving, nginx: int, key: dict[str, str]
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", nginx, timeout=20)
    headers = key | {"content-type": "application/json", "x-forwarded-for": "203.0.113.9"}
    connection.request("POST", "/v1/chat/completions", json.dumps(CHAT | {"stream": True}), headers)
    reply = connection.getresponse()
    times = [time.monotonic() for line in reply if line.startswith(b"data: ")]
    connection.close()
    assert reply.status == 200
    assert len(times) > 5
    assert times[-1] - times[0] > 0.03  # in one lump all would come at once

    def peers() -> set[str]:
        lines = [x for x in serving.out.read_text().splitlines() if x.startswith("{")]
        return {json.loads(line).get("peer", "") for line in lines}

    serving.wait_for(lambda: "203.0.113.9" in peers())

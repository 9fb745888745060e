"""Each command on a real data folder: what it does, says, and how it ends."""

import json
import os
import socket
import sqlite3
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import RELAY, Cli
from waystation import __version__
from waystation.cli.program import run
from waystation.identity.keys import shape
from waystation.storage.master_key import MasterKey, write_master_key


def refused(outcome: Any, *words: str) -> None:
    """One line on stderr, nothing on stdout, exit status 2."""
    assert outcome.status == 2
    assert outcome.out == ""
    lines = [line for line in outcome.err.splitlines() if not line.endswith("…")]
    assert len(lines) == 1, outcome.err
    assert "Traceback" not in outcome.err
    for word in words:
        assert word in lines[0]


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"waystation {__version__}"


def test_init_tells_once_what_it_made(cli: Cli, data: Path) -> None:
    outcome = cli("init")
    assert outcome.status == 0
    assert "operator@localhost" in outcome.out
    assert "curl http://127.0.0.1:8000/v1/chat/completions" in outcome.out
    assert stat.S_IMODE((data / "master.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    again = cli("init")
    assert again.status == 0
    assert "already set up" in again.out
    assert "sk-" not in again.out


def test_init_for_scripts(first: Any, cli: Cli) -> None:
    assert shape(first.token) == "ours_valid"
    assert first.email == "operator@localhost"
    assert cli("init", "--json").json is None


def test_apply_an_empty_folder(cli: Cli, relay: Path) -> None:
    outcome = cli("apply", relay, "--json")
    assert outcome.status == 0, outcome.err
    told = outcome.json
    assert told["first_start"]["email"] == "operator@localhost"
    assert [minted["name"] for minted in told["minted"]] == ["laptop"]
    assert shape(told["minted"][0]["key"]) == "ours_valid"
    assert told["problems"] == []
    assert told["waiting"] == 0
    again = cli("apply", relay, "--json").json
    assert again["first_start"] is None
    assert again["minted"] == []
    assert {change["action"] for change in again["changes"]} == {"unchanged"}
    assert "canary" not in outcome.out


def test_apply_for_people(cli: Cli, relay: Path, first: Any) -> None:
    outcome = cli("apply", relay)
    assert outcome.status == 0
    assert "+ channel stub" in outcome.out
    assert "printed this once: sk-ws" in outcome.out
    assert outcome.out.rstrip().endswith("unchanged.")


def test_a_dry_run_changes_nothing(cli: Cli, relay: Path, data: Path) -> None:
    outcome = cli("apply", relay, "--dry-run", "--json")
    assert outcome.status == 0, outcome.err
    assert outcome.json["dry_run"] is True
    assert "stub" in {change["name"] for change in outcome.json["changes"]}
    assert not data.exists()
    cli("init")
    assert "Would be: " in cli("apply", relay, "--dry-run").out
    assert "+ channel stub" in cli("apply", relay, "--dry-run").out


def test_a_bad_file_is_refused_with_its_line(cli: Cli, tmp_path: Path, data: Path) -> None:
    path = tmp_path / "relay.toml"
    path.write_text('[[groups]]\nname = "default"\nrat = "1"\n')
    refused(cli("apply", path), "line 3", "rat")
    assert not data.exists()
    refused(cli("apply", tmp_path / "nowhere.toml"), "nowhere.toml", "No such file")


def test_audit(cli: Cli, first: Any) -> None:
    outcome = cli("audit", "--json")
    assert outcome.status == 0
    assert outcome.json["clean"] is True
    assert outcome.json["failures"] == []
    assert "The books are clean." in cli("audit").out


def test_audit_of_cooked_books(cli: Cli, applied: Path, data: Path) -> None:
    with sqlite3.connect(data / "ledger.db") as connection:
        connection.execute("UPDATE accounts SET balance_nanos = balance_nanos + 1")
    connection.close()
    outcome = cli("audit", "--json")
    assert outcome.status == 1
    assert outcome.json["clean"] is False
    assert outcome.json["failures"]
    assert "NOT clean" in cli("audit").out


def test_migrate(cli: Cli) -> None:
    made = cli("migrate", "--json").json
    assert made["before"] is None
    assert cli("migrate", "--json").json == {"before": made["after"], "after": made["after"]}
    assert "up to date" in cli("migrate").out
    older = "0013"
    back = cli("migrate", "--back-to", f"{older}/1", "--json").json
    assert back == {"before": made["after"], "after": older}
    refused(cli("migrate", "--back-to", "9999/1"), "no way back")
    refused(cli("migrate", "--back-to", older), "both versions")
    assert cli("migrate", "--json").json == {"before": older, "after": made["after"]}


def test_tokens(cli: Cli, applied: Path) -> None:
    made = cli("token", "create", "ada@example.com", "ci", "--group", "default", "--json").json
    assert shape(made["key"]) == "ours_valid"
    assert cli("token", "create", "ada@example.com", "plain").out.startswith("sk-ws")
    seen = cli("token", "list", "ada@example.com", "--json")
    assert made["key"] not in seen.out
    assert [token["name"] for token in seen.json] == ["laptop", "ci", "plain"]
    assert seen.json[1]["groups"] == ["default"]
    assert "laptop" in cli("token", "list", "ada@example.com").out

    disabled = cli("token", "disable", "ada@example.com", "ci", "--json").json
    assert disabled == {"account": "ada@example.com", "name": "ci", "changed": True}
    assert "already" in cli("token", "disable", "ada@example.com", "ci").out
    states = {
        t["name"]: t["enabled"] for t in cli("token", "list", "ada@example.com", "--json").json
    }
    assert states == {"laptop": True, "ci": False, "plain": True}


def test_what_the_ledger_knows_of_a_token(cli: Cli, applied: Path, data: Path) -> None:
    made = cli("token", "create", "ada@example.com", "ci", "--json").json
    query = f"SELECT enabled, version FROM tokens WHERE token_id = {made['id']}"
    for expected in ((1, 1), (0, 2)):
        with sqlite3.connect(data / "ledger.db") as connection:
            assert connection.execute(query).fetchone() == expected
        connection.close()
        cli("token", "disable", "ada@example.com", "ci")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("token", "create", "nobody@example.com", "x"), ("no account",)),
        (("token", "create", "ada@example.com", "laptop"), ("already",)),
        (("token", "create", "ada@example.com", "x" * 31), ("30",)),
        (("token", "create", "ada@example.com", "x", "--group", "nope"), ("no group 'nope'",)),
        (("token", "disable", "ada@example.com", "nope"), ("no token 'nope'",)),
        (("token", "disable", "ada@example.com", "laptop"), ("managed",)),
        (("token", "list", "' OR 1=1 --"), ("no account",)),
        (("channel", "test", "nope"), ("no usable channel 'nope'", "stub")),
    ],
)
def test_refusals(cli: Cli, applied: Path, arguments: tuple[str, ...], words: tuple[str]) -> None:
    refused(cli(*arguments), *words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nonsense",), ("nonsense",)),
        (("audit", "--nonsense"), ("--nonsense",)),
        (("apply",), ("file",)),
        (("gateway", "--port", "99999"), ("WAYSTATION_PORT", "65535")),
        (("gateway", "--face", "iis"), ("WAYSTATION_FACE", "http1")),
    ],
)
def test_a_wrong_command_line(cli: Cli, arguments: tuple[str, ...], words: tuple[str]) -> None:
    refused(cli(*arguments, with_data=False), *words)


def test_a_wrong_setting_of_the_environment_is_named(cli: Cli) -> None:
    os.environ["WAYSTATION_WORKERS"] = "many"
    refused(cli("audit"), "WAYSTATION_WORKERS")


def test_a_database_that_is_away(cli: Cli) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dsn = f"postgresql://nobody@127.0.0.1:{closed.getsockname()[1]}/none"
    os.environ["WAYSTATION_MASTER_KEY"] = MasterKey.new().encode()
    refused(cli("migrate", "--database", dsn), "database")


def test_a_wrong_master_key_is_refused(cli: Cli, first: Any, data: Path, relay: Path) -> None:
    write_master_key(data / "master.key", MasterKey.new(), replace=True)
    refused(cli("apply", relay), "wrong master key")


def test_rotate_keys(cli: Cli, applied: Path, relay: Path, data: Path) -> None:
    before = (data / "master.key").read_text()
    outcome = cli("rotate-keys", "--json")
    assert outcome.json["resealed"] >= 2
    assert (data / "master.key").read_text() != before
    assert not (data / "master.key.next").exists()
    assert stat.S_IMODE((data / "master.key").stat().st_mode) == 0o600
    assert cli("apply", relay, "--json").status == 0
    write_master_key(data / "master.key", MasterKey.decode(before, "test"), replace=True)
    refused(cli("apply", relay), "wrong master key")


def test_rotation_does_not_run_over_an_interrupted_one(cli: Cli, first: Any, data: Path) -> None:
    (data / "master.key.next").write_text("left over")
    refused(cli("rotate-keys"), "master.key.next")
    assert (data / "master.key.next").read_text() == "left over"


def test_rotation_refuses_a_wrong_key_and_leaves_no_trace(cli: Cli, first: Any, data: Path) -> None:
    write_master_key(data / "master.key", MasterKey.new(), replace=True)
    refused(cli("rotate-keys"), "wrong master key")
    assert not (data / "master.key.next").exists()


class Upstream(BaseHTTPRequestHandler):
    """Answers one chat request; echoes the key it got, as careless upstreams do."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append((self.path, asked))  # type: ignore[attr-defined]
        broken = asked["model"] == "broken"
        said = f"ready; you sent {self.headers['authorization']}"
        if broken:
            body = json.dumps({"error": {"message": f"bad key {self.headers['authorization']}"}})
        elif self.path == "/v1/messages":
            content = [{"type": "text", "text": f"ready; you sent {self.headers['x-api-key']}"}]
            body = json.dumps({"type": "message", "content": content, "stop_reason": "end_turn"})
        else:
            body = json.dumps({"choices": [{"message": {"content": said}}]})
        self.send_response(401 if broken else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def upstream() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Upstream)
    server.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_channel_test(cli: Cli, applied: Path, relay: Path, upstream: HTTPServer) -> None:
    relay.write_text(RELAY.format(base_url=f"http://127.0.0.1:{upstream.server_port}"))
    cli("apply", relay)
    outcome = cli("channel", "test", "stub", "--json")
    assert outcome.status == 0, outcome.err
    assert outcome.json["ok"] is True
    assert "ready" in outcome.json["told"]
    assert "canary" not in outcome.out
    assert "one request for gpt-4o-mini" in outcome.err
    path, asked = upstream.asked[0]  # type: ignore[attr-defined]
    assert path == "/v1/chat/completions"
    assert asked["max_tokens"] == 16

    failed = cli("channel", "test", "stub", "--model", "broken")
    assert failed.status == 1
    assert "FAILED (401" in failed.out
    assert "canary" not in failed.out


def test_channel_test_of_another_dialect(
    cli: Cli, applied: Path, relay: Path, upstream: HTTPServer
) -> None:
    made = RELAY.format(base_url=f"http://127.0.0.1:{upstream.server_port}")
    relay.write_text(made.replace('vendor = "openai"', 'vendor = "anthropic"'))
    cli("apply", relay)
    outcome = cli("channel", "test", "stub", "--json")
    assert outcome.status == 0, outcome.err
    assert outcome.json["told"].startswith("ready; you sent")
    assert "canary" not in outcome.out
    path, asked = upstream.asked[0]  # type: ignore[attr-defined]
    assert path == "/v1/messages"
    assert asked["max_tokens"] == 16


def test_channel_test_of_a_dead_upstream(cli: Cli, applied: Path) -> None:
    outcome = cli("channel", "test", "stub", "--json")
    assert outcome.status == 1
    assert outcome.json["status"] == 0
    assert "connect" in outcome.json["told"]


def test_the_demo_channel_answers(cli: Cli, first: Any) -> None:
    assert cli("channel", "test", "demo").status == 0


def test_a_channel_of_wildcards_wants_a_model(cli: Cli, first: Any, tmp_path: Path) -> None:
    path = tmp_path / "relay.toml"
    path.write_text('[[channels]]\nname = "any"\nvendor = "demo"\nmodels = ["gpt-*"]\n')
    cli("apply", path)
    refused(cli("channel", "test", "any"), "--model")


def test_doctor(cli: Cli, first: Any) -> None:
    outcome = cli("doctor", "--port", "0", "--json")
    assert outcome.status == 0, outcome.out
    assert outcome.json["ok"] is True
    names = [check["name"] for check in outcome.json["checks"]]
    assert names[0] == "master key"
    assert "channel demo" in names
    assert "ok   fsync" in cli("doctor", "--port", "0").out


def test_doctor_of_an_empty_folder(cli: Cli, data: Path) -> None:
    outcome = cli("doctor", "--port", "0", "--json")
    assert outcome.status == 1
    assert not outcome.json["ok"]
    assert "waystation init" in outcome.out
    assert not (data / "master.key").exists()


def test_doctor_names_a_channel_that_cannot_be_used(cli: Cli, applied: Path, data: Path) -> None:
    with sqlite3.connect(data / "main.db") as connection:
        connection.execute("UPDATE channel_keys SET sealed = 'v1.00000000.AAAA'")
    connection.close()
    outcome = cli("doctor", "--port", "0", "--json")
    assert outcome.status == 1
    checks = {check["name"]: check for check in outcome.json["checks"]}
    assert checks["channel stub"]["ok"] is False
    assert checks["channel demo"]["ok"] is True

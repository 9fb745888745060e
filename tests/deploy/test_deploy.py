"""What deploy/ says is what the program has; the wheel carries the console."""

import asyncio
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.serve import Serve
from tests.support.wire import request
from waystation.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
BUILT = ROOT / "waystation" / "control" / "built_console" / "built" / "index.html"
PROCESSES = {"init", "ledger", "control", "gateway"}
USER = "10001"


def documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text()))


def test_every_setting_that_a_deployment_names_exists() -> None:
    known = {f"WAYSTATION_{name.upper()}" for name in Settings.model_fields}
    known |= {"WAYSTATION_BOOT", "WAYSTATION_NAME", "WAYSTATION_PORT"}
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            named = set(re.findall(r"WAYSTATION_[A-Z_]+", path.read_text()))
            assert named <= known, path.name


def test_a_variable_that_is_empty_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose files write those that nobody set so."""
    for name in documents(DEPLOY / "compose.yaml")[0]["services"]["waystation"]["environment"]:
        if name != "WAYSTATION_WORKERS":
            monkeypatch.setenv(name, "")
    told = Settings()
    assert (told.database, told.public_url, told.trusted_proxies) == (None, None, ())


def test_the_compose_file_locks_its_container() -> None:
    (compose,) = documents(DEPLOY / "compose.yaml")
    service, database = compose["services"]["waystation"], compose["services"]["postgres"]
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "/tmp" in service["tmpfs"]
    assert database["profiles"] == ["postgres"]
    seconds = int(service["stop_grace_period"].removesuffix("s"))
    assert seconds > Settings().drain_notice_seconds + Settings().drain_seconds_max


def test_the_manifests_run_a_whole_node_and_stop_it_in_order() -> None:
    (stateful,) = documents(DEPLOY / "kubernetes" / "node.yaml")
    pod = stateful["spec"]["template"]["spec"]
    first, *beside = pod["initContainers"]
    containers = [first, *beside, *pod["containers"]]
    assert {one["args"][0] for one in containers} == PROCESSES
    # The gateway ends first, the ledger last: sidecars stop in the reverse order.
    assert [one["name"] for one in beside] == ["ledger", "control"]
    assert all(one["restartPolicy"] == "Always" for one in beside)
    assert pod["securityContext"]["runAsUser"] == int(USER)
    for one in containers:
        assert one["securityContext"]["readOnlyRootFilesystem"] is True
        assert {mount["mountPath"] for mount in one["volumeMounts"]} == {"/data", "/tmp"}
    drain = Settings().drain_notice_seconds + Settings().drain_seconds_max
    assert pod["terminationGracePeriodSeconds"] > drain + 10
    (kustomization,) = documents(DEPLOY / "kubernetes" / "kustomization.yaml")
    listed = {*kustomization["resources"], "kustomization.yaml"}
    assert listed == {path.name for path in KUBERNETES}


def test_kubectl_puts_the_manifests_together() -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    done = subprocess.run(
        [kubectl, "kustomize", DEPLOY / "kubernetes"], capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    kinds = {one["kind"] for one in yaml.safe_load_all(done.stdout)}
    assert {"StatefulSet", "Service", "Secret", "ConfigMap", "PodDisruptionBudget"} <= kinds


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    text = (DEPLOY / "waystation.service").read_text()
    unit = tmp_path / "waystation.service"
    # It must find a program; where ours will be is the operator's affair.
    unit.write_text(text.replace("/opt/waystation/bin/waystation serve", "/bin/true serve"))
    done = subprocess.run([analyze, "verify", unit], capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    assert "TimeoutStopSec=60" in text


def test_the_dockerfile_copies_what_is_there_and_drops_its_rights() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.M):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
    ignored = (ROOT / ".dockerignore").read_text()
    for name in ("requirements", "waystation", "web", "pyproject.toml", "README.md", "LICENSE"):
        assert f"!{name}" in ignored
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    for name in wheel["targets"]["wheel"]["force-include"]:
        copied = [part for part in Path(name).parents if f"\nCOPY {part}/ " in text]
        assert copied, f"the wheel needs {name}"
        assert f"!{copied[0]}" in ignored
    assert (ROOT / "web" / "explorer.mjs").is_file()
    last = text.split("\nFROM ")[-1]
    assert f"USER {USER}:{USER}" in last
    assert "HEALTHCHECK" in last
    assert "--require-hashes -r requirements/runtime.lock" in text


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not BUILT.is_file():
        pytest.skip("the console is not built: run make setup")
    place = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", place],
        cwd=ROOT, capture_output=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (made,) = place.glob("*.whl")
    return made


def test_the_wheel_has_all_that_a_server_needs(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "waystation/control/built_console/built/index.html" in names
    assert any(re.fullmatch(r".*/built/assets/.*\.js", name) for name in names)
    steps = {Path(name).name for name in names if "/migrations/versions/" in name}
    here = ROOT / "waystation" / "storage" / "migrations" / "versions"
    assert {path.name for path in here.glob("*.py")} <= steps
    assert not [name for name in names if name.startswith(("tests/", "web/"))]


WHERE = "import sys, waystation; print(waystation.__file__.startswith(sys.prefix))"


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment of its own with the wheel; what that depends on is taken
    from this one."""
    place = tmp_path_factory.mktemp("fresh")
    venv.create(place, with_pip=False)
    lib = next((place / "lib").glob("python*")) / "site-packages"
    zipfile.ZipFile(wheel).extractall(lib)
    libraries = [one for one in sys.path if Path(one).is_dir() and Path(one) != ROOT]
    (lib / "libraries.pth").write_text("\n".join(libraries))
    return place / "bin" / "python"


@pytest.mark.soak  # half a minute to build, install and start
def test_the_installed_wheel_serves_its_console(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONSAFEPATH", "1")  # not what lies where the tests run
    done = subprocess.run(
        [installed, "-c", WHERE], cwd=tmp_path, capture_output=True, timeout=60, env={}
    )
    assert done.stdout == b"True\n", done.stderr
    serve = Serve(tmp_path, 1, {})
    serve.python = str(installed)
    try:
        serve.start()
        page = asyncio.run(request(serve.port, "GET", "/", headers={"accept": "text/html"}))
        assert page.status == 200
        (script,) = re.findall(rb'src="(/assets/[^"]+\.js)"', page.body)
        assert asyncio.run(request(serve.port, "GET", script.decode())).status == 200
    finally:
        serve.close()

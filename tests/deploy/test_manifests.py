"""What compose.yaml, the manifests, the image and the unit say to each other and to the program:
ports, paths, commands, flags, settings, names."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from tests.relay.test_authority import TABLE
from waystation.cli.program import app, run
from waystation.control.routes import ROUTES
from waystation.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
PORT = 8000
COMPOSE_SERVICE = {
    "build", "image", "environment", "ports", "volumes", "depends_on", "read_only", "tmpfs",
    "cap_drop", "security_opt", "init", "stop_grace_period", "restart", "ulimits", "profiles",
    "healthcheck",
}  # fmt: skip
"""What Compose knows and we use; a misspelt word would be passed over in silence."""


def compose() -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return made


def manifests() -> list[dict[str, Any]]:
    files = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    return [each for path in files for each in yaml.safe_load_all(path.read_text())]


def one(kind: str, name: str = "waystation") -> dict[str, Any]:
    (found,) = [
        each
        for each in manifests()
        if each["kind"] == kind and each.get("metadata", {}).get("name") == name
    ]
    return found


def pod() -> dict[str, Any]:
    made: dict[str, Any] = one("StatefulSet")["spec"]["template"]["spec"]
    return made


def containers() -> list[dict[str, Any]]:
    return [*pod()["initContainers"], *pod()["containers"]]


def dockerfile(word: str) -> str:
    found = re.findall(rf"^{word} +(.*)$", (DEPLOY / "Dockerfile").read_text(), re.M)
    return str(found[-1])


# ---- ports -------------------------------------------------------------------------------------


def test_one_port_everywhere() -> None:
    assert Settings().port == PORT
    assert dockerfile("EXPOSE") == str(PORT)
    (published,) = compose()["services"]["waystation"]["ports"]
    assert published == f"127.0.0.1:${{WAYSTATION_PORT:-{PORT}}}:{PORT}"
    assert one("ConfigMap")["data"]["WAYSTATION_PORT"] == str(PORT)
    (gateway,) = pod()["containers"]
    assert gateway["ports"] == [{"name": "http", "containerPort": PORT}]
    template = one("StatefulSet")["spec"]["template"]
    assert template["metadata"]["annotations"]["prometheus.io/port"] == str(PORT)
    for service in ("waystation", "waystation-nodes"):
        (port,) = one("Service", service)["spec"]["ports"]
        assert port["targetPort"] == "http"
    assert one("Service", "waystation-nodes")["spec"]["ports"][0]["port"] == PORT


def test_it_listens_where_it_is_published() -> None:
    """127.0.0.1, the default, is not to be reached from outside of a container."""
    assert one("ConfigMap")["data"]["WAYSTATION_HOST"] == "0.0.0.0"
    assert "WAYSTATION_HOST=0.0.0.0" in (DEPLOY / "Dockerfile").read_text()


# ---- paths -------------------------------------------------------------------------------------


def _probed() -> Iterator[str]:
    (gateway,) = pod()["containers"]
    for probe in ("readinessProbe", "livenessProbe"):
        got = gateway[probe]["httpGet"]
        assert got["port"] == "http"
        yield got["path"]
    health = (DEPLOY / "Dockerfile").read_text().split("HEALTHCHECK")[1]
    (address,) = re.findall(r"http://127\.0\.0\.1:(\d+)(/\w+)", health)
    assert address[0] == str(PORT)
    yield address[1]


def test_probes_ask_for_what_the_gateway_answers() -> None:
    public = {path for (method, path), _ in TABLE.items() if method == "GET"}
    assert list(_probed()) == ["/readyz", "/livez", "/readyz"]
    assert set(_probed()) <= public


def test_prometheus_is_led_to_the_metrics() -> None:
    annotations = one("StatefulSet")["spec"]["template"]["metadata"]["annotations"]
    path = annotations["prometheus.io/path"]
    assert ("GET", path) in {(route.method, route.path) for route in ROUTES}


# ---- commands and settings ---------------------------------------------------------------------


def _commands() -> Iterator[list[str]]:
    for container in containers():
        yield container["args"]
    yield [re.sub(r'[\["\],]', "", word) for word in dockerfile("CMD").split()]
    unit = (DEPLOY / "waystation.service").read_text()
    (line,) = re.findall(r"^ExecStart=(.*)$", unit, re.M)
    yield shlex.split(line)[1:]


def test_every_command_and_flag_is_the_programs() -> None:
    run(["--help"])  # registers them
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for name, *flags in _commands():
        options = {word for option in known[name].params for word in option.opts}
        assert {flag for flag in flags if flag.startswith("--")} <= options, name
    assert dockerfile("ENTRYPOINT") == '["waystation"]'


def test_the_settings_of_the_manifests_are_accepted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    values = {**one("ConfigMap")["data"], **one("Secret")["stringData"]}
    values["WAYSTATION_DATA"] = str(tmp_path)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    told = Settings()
    assert told.port == PORT
    assert (told.database or "").startswith("postgresql://")
    assert told.trusted_proxies
    assert all(isinstance(value, str) for value in values.values()), "YAML makes numbers of them"


def test_what_a_compose_file_may_name_is_all_that_it_names() -> None:
    made = compose()
    assert set(made) == {"name", "services", "volumes"}
    for name, service in made["services"].items():
        assert set(service) <= COMPOSE_SERVICE, name
        for other, how in service.get("depends_on", {}).items():
            assert other in made["services"]
            assert how["condition"] == "service_healthy"
            assert "healthcheck" in made["services"][other]
        for volume in service.get("volumes", ()):
            assert volume.split(":")[0] in made["volumes"], volume
    asked = made["services"]["waystation"]["environment"]
    for name, value in asked.items():
        assert value.startswith(f"${{{name}:-"), "what is set outside goes in by the same name"


# ---- names of the manifests --------------------------------------------------------------------


def test_the_manifests_name_each_other() -> None:
    stateful = one("StatefulSet")
    labels = stateful["spec"]["template"]["metadata"]["labels"].items()
    selectors = [stateful["spec"]["selector"]["matchLabels"]]
    selectors += [one("Service", name)["spec"]["selector"] for name in ("waystation",)]
    selectors += [one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"]]
    assert all(selector.items() <= labels for selector in selectors)
    assert one("Service", stateful["spec"]["serviceName"])["spec"]["clusterIP"] == "None"
    claims = {each["metadata"]["name"] for each in stateful["spec"]["volumeClaimTemplates"]}
    volumes = claims | {each["name"] for each in pod()["volumes"]}
    for container in containers():
        assert {mount["name"] for mount in container["volumeMounts"]} == volumes
        named = [ref for each in container["envFrom"] for ref in each.items()]
        assert named == [
            ("configMapRef", {"name": "waystation"}),
            ("secretRef", {"name": "waystation"}),
        ]
    (kustomization,) = [each for each in manifests() if each["kind"] == "Kustomization"]
    assert {image["name"] for image in kustomization["images"]} == {
        container["image"] for container in containers()
    }


def test_a_pod_is_admitted_to_a_restricted_namespace() -> None:
    """By the rules of the pod security standard that the namespace enforces."""
    labels = one("Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    whole = pod()["securityContext"]
    assert whole["runAsNonRoot"] is True
    assert whole["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod())
    for container in containers():
        own = container["securityContext"]
        assert own["allowPrivilegeEscalation"] is False
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert "privileged" not in own
        assert not [port for port in container.get("ports", ()) if "hostPort" in port]
